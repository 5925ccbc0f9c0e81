"""The whole flow for one test: fresh topics on a real broker, the simulator and workers as processes, a small OMS.

A `World` has what every story needs: what the OMS writes, what is asked of Amazon and told it, what comes of it. The
words of one subject are functions of its own module beside this one, and take the world first.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka.admin import AdminClient

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka import topic_admin
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.schemas import single_object_header, text_of
from connector.kafka.homes import home_partition
from connector.kafka.topics import DEAD_LETTERS, INVENTORY, INVENTORY_RESULTS, TOPICS
from tests.kit.inventory.rows import update_record
from tests.kit.kafka.broker import Broker, eventually
from tests.kit.kafka.registry_server import RegistryServer
from tests.kit.processes import Process

Record = TypeVar("Record", bound=Mapping[str, Any])

PARTITIONS = 4
LOCATION = "EXSB"
EXMF = '[[merchants.locations]]\nlocation_id = "EXMF"\nprogram = "SELF_SHIP"\noms_locations = ["WH2"]\n'
"""The location that the failing inputs of tests/cases are about, whatever its merchant."""

BASE_MS = 1_700_000_000_000
# A busy machine lets a process stand still for a while, and calls arrive together that were sent apart: limits are
# judged by the times of sending (check_limits), and the simulator refuses only what is far too fast.
SIMULATOR_ARGS = ("--switch", "limit_tolerance_s=0.5")


@dataclass
class Seller:
    """A merchant of the merchants file. `extra` goes into its table, `limits` into its limits as they are (TOML)."""

    merchant_id: str
    batch_size: int = 1
    rate: float = 6
    extra: str = ""
    limits: str = ""
    locations: str = f'[[merchants.locations]]\nlocation_id = "{LOCATION}"\nprogram = "SELLER_FLEX"\n'

    def toml(self) -> str:
        return (
            f'[[merchants]]\nmerchant_id = "{self.merchant_id}"\nmarketplace_id = "A21TJRUUN4KGV"\n'
            f'refresh_token_env = "LWA_{self.merchant_id}"\ninventory_batch_size = {self.batch_size}\n{self.extra}\n'
            f"{self.locations}\n[merchants.limits]\ninventory = {{rate = {self.rate}, burst = 0}}\n{self.limits}\n"
        )


@dataclass
class World:
    broker: Broker
    directory: Path
    sellers: Sequence[Seller]
    session_timeout_s: float = 10
    simulator_args: Sequence[str] = ()  # after SIMULATOR_ARGS
    app_id: str = "connector"
    codec: AvroCodec = field(default_factory=AvroCodec)
    registry: RegistryServer | None = None  # the OMS registers its schemas there; else it writes single objects
    simulator: Process = field(init=False)
    workers: list[Process] = field(default_factory=list)
    written: list[InventoryUpdate] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self.write_merchants()
        merchants = [part for s in self.sellers for part in ("--merchant", f"{s.merchant_id}=token-{s.merchant_id}")]
        args = ["simulator", "--port", "0", *merchants, *SIMULATOR_ARGS, *self.simulator_args]
        self.simulator = Process(args, {}, self.directory / "simulator.log")
        self._make_topics()  # while it starts
        self.url = self.simulator.wait_for(r"BASE_URL=(\S+)").group(1)

    def write_merchants(self, *sellers: Seller) -> None:
        """All, where none are named."""
        text = "\n".join(seller.toml() for seller in sellers or self.sellers)
        (self.directory / "merchants.toml").write_text(text)

    @property
    def env(self) -> dict[str, str]:
        return {
            "CONNECTOR_APP_ID": self.app_id,
            "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "CONNECTOR_KAFKA__PARTITIONS": str(PARTITIONS),
            "CONNECTOR_KAFKA__SESSION_TIMEOUT_S": str(self.session_timeout_s),
            "CONNECTOR_SMARTCONNECT__BASE_URL": self.url,
            "CONNECTOR_SMARTCONNECT__TOKEN_URL": f"{self.url}/auth/o2/token",
            "CONNECTOR_SMARTCONNECT__CLIENT_ID": "client",
            "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "client-secret",
            "CONNECTOR_SMARTCONNECT__TIMEOUT_S": "8",
            "CONNECTOR_MERCHANTS_FILE": str(self.directory / "merchants.toml"),
            "CONNECTOR_DOCUMENTS__URL": f"file://{self.directory}/documents",
            "CONNECTOR_DATA_DIR": str(self.directory / "data"),
            "CONNECTOR_WEB__PORT": "0",
            **{f"LWA_{seller.merchant_id}": f"token-{seller.merchant_id}" for seller in self.sellers},
        }

    def start_worker(self, *, ready: bool = True, **env: str) -> Process:
        """`ready`: wait until it owns partitions."""
        name = f"worker-{next(self._numbers)}"
        worker = Process(["worker"], {**self.env, "CONNECTOR_INSTANCE": name, **env}, self.directory / f"{name}.log")
        self.workers.append(worker)
        if ready:
            worker.wait_for("partitions owned")
        return worker

    def close(self) -> None:
        for process in (*self.workers, self.simulator):
            if process.running:
                process.kill()

    def _make_topics(self) -> None:
        """Names are fixed, so every test makes them anew."""
        admin = AdminClient({**self.broker.config, "log_level": 0})
        wanted = topic_admin.wanted_topics(self.app_id, PARTITIONS, 1)
        forget_topics(self.broker, wanted)
        _, faults = topic_admin.create_topics(admin, wanted)
        assert not faults, faults

    # The OMS

    def update(
        self, merchant_id: str, sku: str, quantity: int, number: int, location: str = LOCATION
    ) -> InventoryUpdate:
        return InventoryUpdate(
            f"u-{merchant_id}-{sku}-{number}", merchant_id, location, sku, quantity, BASE_MS + number
        )

    def produce(self, updates: Iterable[InventoryUpdate], **config: Any) -> None:
        updates = list(updates)
        self.written += updates
        records = [(update.merchant_id, self.encoded(update)) for update in updates]
        self.broker.produce(INVENTORY.name, records, **({"partitioner": "murmur2_random"} | config))

    def encoded(self, update: InventoryUpdate) -> bytes:
        return self.written_as(INVENTORY.name, update_record(update))

    def written_as(self, topic: str, record: Mapping[str, Any]) -> bytes:
        """What the OMS writes."""
        value = self.codec.encode(topic, record)
        if self.registry is None:
            return value
        schema = _schema_of(topic)
        return b"\x00" + self.registry.register(schema).to_bytes(4) + value.removeprefix(single_object_header(schema))

    # Amazon

    def ask(self, path: str, **query: str) -> Any:
        return httpx.get(f"{self.url}/simulator/{path}", params=query, timeout=30).raise_for_status().json()

    def tell(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = httpx.request(method, f"{self.url}/simulator/{path}", json=body, timeout=30)
        return answer.raise_for_status().json()

    def calls(self, **query: str) -> list[dict[str, Any]]:
        """Those that Amazon has seen: `merchant`, `operation`, `after`."""
        calls: list[dict[str, Any]] = self.ask("calls", **query)
        return calls

    def wait_calls(self, count: int, **query: str) -> list[dict[str, Any]]:
        """At least so many."""

        def enough() -> list[dict[str, Any]] | None:
            return found if len(found := self.calls(**query)) >= count else None

        return eventually(f"{count} calls {query}", enough)

    def fault(self, text: str) -> None:
        self.tell("POST", "faults", {"fault": text})

    def stock(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(merchant, SKU) -> posted, sequence, history."""
        return {(item["merchant_id"], item["sku"]): item for item in self.ask("inventory")}

    def quantities(self) -> dict[tuple[str, str], int]:
        return {key: item["posted"] for key, item in self.stock().items()}

    # What comes of it

    def published(self, topic: str) -> list[dict[str, Any]]:
        """In Confluent's format too: what the connector wrote is of our own schema, whatever id a registry gave it."""
        return [self.decoded(topic, message.value() or b"") for message in self.broker.consume(topic)]

    def decoded(self, topic: str, value: bytes) -> dict[str, Any]:
        header = _header_of(topic)
        return self.codec.decode(topic, header + value[5:] if value[:1] == b"\x00" else value)

    def wait_events(self, topic: str, count: int, timeout_s: float = 30) -> list[dict[str, Any]]:
        """All of the topic, once there are `count`; one more is a fault.

        A worker that was killed had perhaps not committed what it told, so the next one tells it again: from then on
        each counts once, where it came first (G6).
        """

        def enough() -> list[dict[str, Any]] | None:
            found = self.published(topic)
            if any(worker.was_killed for worker in self.workers):
                found = once(found)
            return found if len(found) >= count else None

        events = eventually(f"{count} on {topic}", enough, timeout_s)
        assert len(events) == count, events
        return events

    def wait_results(self, count: int, timeout_s: float = 30) -> list[dict[str, Any]]:
        """Of inventory updates."""
        return self.wait_events(INVENTORY_RESULTS.name, count, timeout_s)

    def wait_dead_letters(self, count: int) -> list[dict[str, Any]]:
        return self.wait_events(DEAD_LETTERS.name, count)

    def wait_quantities(self, wanted: Mapping[tuple[str, str], int], timeout_s: float = 30) -> None:
        """Until Amazon has these of (merchant, SKU), and no other SKU."""
        eventually(f"{wanted} at Amazon", lambda: self.quantities() == wanted, timeout_s)

    def wait_settled(self, *merchants: str, timeout_s: float = 120) -> None:
        """Every SKU's newest quantity is at Amazon and every update named in a result: all, or those of `merchants`."""
        written = [update for update in self.written if not merchants or update.merchant_id in merchants]
        wanted = newest_quantities(written)
        eventually("the newest quantities at Amazon", lambda: wanted.items() <= self.quantities().items(), timeout_s)
        updates = {update.update_id for update in written}
        eventually("a result that names each update", lambda: updates <= self.settled_updates(), max(90, timeout_s))

    def settled_updates(self) -> set[str]:
        """Ids of those that a result names."""
        results = self.published(INVENTORY_RESULTS.name)
        overtaken = {update_id for result in results for update_id in result["superseded_update_ids"]}
        return overtaken | {result["update_id"] for result in results}


def once(records: Iterable[Record]) -> list[Record]:
    """Each where it came first: events by event_id (G6), others by all that they say."""
    first: dict[str, Record] = {}
    for record in records:
        first.setdefault(record.get("event_id") or repr(record), record)
    return list(first.values())


def newest_quantities(updates: Iterable[InventoryUpdate]) -> dict[tuple[str, str], int]:
    """(merchant, SKU) -> quantity. Of equal times the later record counts (G2)."""
    in_order = sorted(updates, key=lambda update: update.occurred_at_ms)
    return {(update.merchant_id, update.sku): update.quantity for update in in_order}


def _schema_of(topic: str) -> str:
    return text_of(next(known.schema for known in TOPICS if known.name == topic))


@cache
def _header_of(topic: str) -> bytes:
    """The fingerprint takes milliseconds: too long for each record that a test looks at."""
    return single_object_header(_schema_of(topic))


def forget_topics(broker: Broker, wanted: Iterable[topic_admin.WantedTopic]) -> None:
    """Returns when none of them is there any more."""
    admin = AdminClient({**broker.config, "log_level": 0})
    there = [topic.name for topic in wanted if topic.name in admin.list_topics(timeout=10).topics]
    if there:
        broker.delete_topics(*there)
        eventually("the old topics are gone", lambda: not set(there) & set(admin.list_topics(timeout=10).topics))


def home(merchant_id: str) -> int:
    return home_partition(merchant_id.encode(), PARTITIONS)


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


NewWorld = Callable[..., World]
