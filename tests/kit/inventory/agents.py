"""The inventory agents over a table and topics in memory, with an Amazon of a test's own; for virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.structs import ConsumerRecord

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.inventory.calls import InventoryApi, InventoryCalls, Levels
from connector.agents.inventory.commands import LedgerAction, LedgerCommands
from connector.agents.inventory.contested import ContestedSkus
from connector.agents.inventory.counting import Counting
from connector.agents.inventory.edits import LedgerEdits
from connector.agents.inventory.recounts import Recounts
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.inventory.updates import InventoryAgent
from connector.agents.inventory.wiring import InventoryParts
from connector.agents.issuer import Issuer, read_action
from connector.agents.merchants.controls import Controls
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.agents.merchants.suspensions import Suspensions
from connector.agents.outbox import Outbox
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.inventory.requests import InventoryRequest
from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord
from connector.kafka.topics import API_CALLS, INTERNAL_COMMANDS, INVENTORY
from connector.lanes.lanes import Lanes
from connector.lanes.terms import LaneTerms
from connector.merchants import Merchant, Merchants
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import departing
from connector.telemetry import Telemetry
from tests.kit.inventory.amazon import StockAmazon
from tests.kit.inventory.rows import update_record
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.virtual_time import run_virtual

PARTITION = 0
NOW_MS = 1_772_445_600_000
TOLERANCE_MS = 300_000


def merchant(merchant_id: str = "M1", **changes: Any) -> Merchant:
    facts = {
        "merchant_id": merchant_id,
        "marketplace_id": "A21TJRUUN4KGV",
        "refresh_token_env": "T",
        "locations": [{"location_id": "EXSB", "program": "SELF_SHIP", "oms_locations": ["WH1", "WH2"]}],
    }
    return Merchant.model_validate(facts | changes)


def location(*oms_locations: str, location_id: str = "EXSB", **changes: Any) -> dict[str, Any]:
    return {"location_id": location_id, "program": "SELF_SHIP", "oms_locations": oms_locations, **changes}


class LedgerInMemory(MemoryTable[LedgerRow]):
    """Nobody goes through all of its rows: there may be millions, and a merchant has few of them."""

    def rows(self, partition: int) -> Mapping[str, LedgerRow]:
        raise AssertionError(partition)


class SilentAmazon:
    """Not to be called."""

    async def batch_inventory(self, merchant_id: str, requests: Sequence[InventoryRequest]) -> CallReport[Levels]:
        raise AssertionError(f"{merchant_id}: {requests}")


@dataclass(frozen=True, kw_only=True)
class StockParts(InventoryParts):
    """Put together as connector/agents/inventory/wiring.py does."""

    calls: InventoryCalls
    alerts: Alerts


def inventory_agents(
    outbox: Outbox,
    ledger: MemoryTable[LedgerRow],
    lanes: Lanes,
    *,
    api: InventoryApi | None = None,
    incoming: Incoming | None = None,
    merchants: KnownMerchants,
    listings: Listings | None = None,
    controls: Controls | None = None,
    alerts: Alerts | None = None,
    now_ms: Callable[[], int],
) -> StockParts:
    listings, telemetry = Listings() if listings is None else listings, Telemetry()
    api_calls = ApiCalls(outbox, telemetry, worker="w", now_ms=now_ms, new_id=lambda: "c")
    issuer = Issuer(outbox, worker="w", now_ms=now_ms, new_id=lambda: "i")
    controls = Controls() if controls is None else controls
    counting = Counting(merchants, listings, controls.is_zeroed)
    calls = InventoryCalls(api or SilentAmazon(), ledger, api_calls, lanes=lanes, counting=counting, chance=lambda: 0.5)
    alerts = alerts or Alerts(outbox, 1, now_ms)
    contested = ContestedSkus(issuer, alerts)
    edits = LedgerEdits(ledger, outbox, calls, counting=counting, alerts=alerts, contested=contested)
    recounts = Recounts(ledger, calls, counting=counting, issuer=issuer)
    listings.on_change = controls.on_zero = recounts.look_at
    incoming = incoming or Incoming(AvroCodec(), partitions=1, telemetry=telemetry, now_ms=now_ms)
    return StockParts(
        ledger=ledger,
        calls=calls,
        edits=edits,
        contested=contested,
        recounts=recounts,
        agent=InventoryAgent(incoming, outbox, edits, merchants=merchants, tolerance_ms=TOLERANCE_MS),
        settlements=InventorySettlements(outbox, edits),
        commands=LedgerCommands(outbox, edits, merchants=merchants, contested=contested),
        alerts=alerts,
    )


class StockAgents:
    """One worker with one partition, and its Amazon. `calls`: (time in s, request), one per item asked.

    What the agents write for each other comes back to them at once. `settles` False: outcomes stay on the topic.
    """

    def __init__(
        self, *merchants: Merchant, amazon: StockAmazon | None = None, held: Mapping[str, LedgerRow] | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self.start_s = loop.time()
        self.file = {one.merchant_id: one for one in merchants or (merchant(),)}
        self.amazon = amazon or StockAmazon()
        self.answer_s = 0.05
        self.settles = True
        self.calls: list[tuple[float, InventoryRequest]] = []
        self.died: list[BaseException] = []
        self.topics = MemoryTopics(self._arrive)
        self.table = LedgerInMemory(held)
        self.listings, self.controls = Listings(), Controls()
        self._offset = 0
        known = KnownMerchants(lambda: Merchants(self.file))
        outbox = Outbox(self.topics.codec, self.topics, Naming(self.listings, known))
        alerts = Alerts(outbox, 1, self.now_ms)
        suspensions = Suspensions(alerts)
        terms = LaneTerms(loop.time, lambda: 0.5, lambda: True, suspensions.access_changed, suspensions.reach_changed)
        self.lanes = Lanes(terms, self.died.append)
        self.lanes.suspended_because = suspensions.because
        self.incoming = Incoming(self.topics.codec, partitions=1, telemetry=Telemetry(), now_ms=self.now_ms)
        self.parts = inventory_agents(
            outbox,
            self.table,
            self.lanes,
            api=self,
            incoming=self.incoming,
            merchants=known,
            listings=self.listings,
            controls=self.controls,
            alerts=alerts,
            now_ms=self.now_ms,
        )
        runs = (self.parts.recounts.run, self.parts.contested.run, self.parts.alerts.run)
        self._running = {asyncio.create_task(run()) for run in runs}

    def now_ms(self) -> int:
        return NOW_MS + round((asyncio.get_running_loop().time() - self.start_s) * 1000)

    def open(self) -> None:
        """The partition arrives, or the file is read again with the lanes closed."""
        for one in self.file.values():
            for part in (self.parts.alerts, self.parts.edits, self.parts.recounts):
                for _ in part.open(one, PARTITION):
                    pass

    async def edit_file(self, *merchants: Merchant) -> None:
        """As merchants/owned.py follows the file."""
        await self.lanes.close(1)
        self.file = {one.merchant_id: one for one in merchants}
        self.open()

    async def close(self) -> None:
        """The partition is given up."""
        await self.lanes.close(1)
        self.parts.alerts.close()
        self.parts.edits.close()
        self.parts.recounts.close()

    async def say(self, *updates: InventoryUpdate) -> None:
        """As new records of oms.inventory."""
        await self.deliver(*(self.record(update) for update in updates))

    def record(self, update: InventoryUpdate) -> ConsumerRecord[bytes, bytes]:
        self._offset += 1
        value = update_record(update)
        return _record(
            INVENTORY.name, self._offset, update.merchant_id.encode(), self.topics.codec.encode(INVENTORY.name, value)
        )

    async def deliver(self, *records: ConsumerRecord[bytes, bytes]) -> None:
        """Once more, perhaps."""
        await self.parts.agent.apply(PARTITION, records)

    async def ask(self, action: LedgerAction, merchant_id: str = "M1") -> None:
        await self.parts.commands.carry_out(PARTITION, merchant_id, action, self.now_ms())

    def row(self, sku: str, location_id: str = "EXSB", merchant_id: str = "M1") -> LedgerRow:
        return self.table.held[f"{merchant_id}|{location_id}|{sku}"]

    # Amazon

    async def batch_inventory(self, _: str, /, requests: Sequence[InventoryRequest]) -> CallReport[Levels]:
        loop = asyncio.get_running_loop()
        call = departing.get()
        assert call is not None
        call.left(loop.time())
        self.calls.extend((loop.time() - self.start_s, request) for request in requests)
        report = self.amazon.answer(requests)
        await asyncio.sleep(self.answer_s)
        return report

    def _arrive(self, sent: Sequence[OutRecord]) -> None:
        ours = [out for out in sent if out.topic in (API_CALLS.name, INTERNAL_COMMANDS.name)]
        if ours and self.settles:
            self._running.add(asyncio.create_task(self._settle(ours)))

    async def _settle(self, sent: Iterable[OutRecord]) -> None:
        for out in sent:
            value = self.topics.codec.decode(out.topic, out.value)
            if out.topic == API_CALLS.name:
                await self.parts.settlements.apply(PARTITION, [value], self.now_ms())
            else:
                action = read_action(value)
                assert isinstance(action, LedgerAction)
                await self.ask(action, value["merchant_id"])


Scenario = Callable[[StockAgents], Awaitable[None]]


def play(scenario: Scenario, here: Merchant | None = None) -> None:
    """In virtual time, from two seconds after the partition came. No lane dies in it."""

    async def run() -> None:
        agents = StockAgents(here or merchant())
        agents.open()
        await asyncio.sleep(2)
        await scenario(agents)
        assert not agents.died

    run_virtual(run())


def _record(topic: str, offset: int, key: bytes, value: bytes) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(topic, PARTITION, offset, 0, 0, key, value, None, 1, 1, ())
