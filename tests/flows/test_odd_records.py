"""Odd records of producers, each followed on its partition by a good one: the worker takes that, without a restart."""

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from connector.kafka.topics import COMMAND_RESULTS, DEAD_LETTERS, INVENTORY, INVENTORY_RESULTS, MAX_RECORD_BYTES
from tests.kit.flows.orders import FAST_SIMULATOR, locations, new_shipments, send, sequence, statuses
from tests.kit.flows.world import EXMF, PARTITIONS, NewWorld, Seller, World, home, wall_ms
from tests.kit.kafka.broker import eventually
from tests.kit.kafka.cases import CaseRecord, case_record
from tests.kit.kafka.engine.as_is import produce_as_is
from tests.kit.kafka.registry import RegistryUnavailableHere, running_registry
from tests.kit.missing import skip_unless_ci
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

A2 = "A2EXAMPLE"


def place(letter: Mapping[str, Any]) -> tuple[str, int, int]:
    """Where the record lay that it is about."""
    return letter["topic"], letter["partition"], letter["offset"]


class Stage:
    """One worker for all of a file's cases."""

    def __init__(self, world: World, worker: Process) -> None:
        self.world = world
        self.worker = worker
        self._letters: set[tuple[str, int, int]] = set()
        self._good = 0

    async def write(self, case: CaseRecord, partition: int) -> None:
        await produce_as_is(self.world.broker.bootstrap_servers, partition, [case])

    def letter(self) -> dict[str, Any]:
        """The one dead letter since the last time."""

        def found() -> list[dict[str, Any]]:
            letters = self.world.published(DEAD_LETTERS.name)
            return [each for each in letters if place(each) not in self._letters]

        eventually("a dead letter", found)
        (letter,) = found()
        self._letters.add(place(letter))
        return letter

    async def goes_on(self, partition: int) -> None:
        """The good update comes after the odd record."""
        self._good += 1
        update = self.world.update(A2, f"good-{self._good}", 5, self._good, "WH2")
        good = case_record("good-update")
        await self.write(CaseRecord(good.topic, good.key, self.world.encoded(update)), partition)
        eventually("the good update is accepted", lambda: update.sku in self.accepted())
        assert self.worker.running

    def accepted(self) -> set[str]:
        found = self.world.published(INVENTORY_RESULTS.name)
        return {result["sku"] for result in found if result["outcome"] == "ACCEPTED"}


@pytest.fixture
def stage(new_world: NewWorld) -> Stage:
    world = new_world([Seller(A2, locations=EXMF)])
    return Stage(world, world.start_worker())


async def test_odd_updates(stage: Stage) -> None:
    """The cases of tests/cases/records that are about oms.inventory, in one go: none ends the worker."""
    here = home(A2)
    away = (here + 1) % PARTITIONS
    for name, partition, reason, told in (
        ("undecodable-large", here, "UNDECODABLE", "1000002"),
        ("large-away-from-home", away, "INVALID", str(MAX_RECORD_BYTES)),
        ("long-update-id", here, "INVALID", "update_id: it has 20000 characters, more than 256"),
        ("header-number", here, "UNDECODABLE", ""),
        ("header-name-not-utf8", here, "UNDECODABLE", ""),
        ("number-too-long", here, "UNDECODABLE", "64 bits"),
        ("time-in-microseconds", here, "INVALID", "occurred_at"),
        ("null-header", here, "UNDECODABLE", ""),
        ("two-headers-of-one-name", here, "UNDECODABLE", ""),
        ("key-with-escape-sequence", None, "UNDECODABLE", ""),
    ):
        case = case_record(name)
        assert case.key is not None
        lies = home(case.key.decode()) if partition is None else partition
        await stage.write(case, lies)
        letter = stage.letter()
        assert (letter["reason"], letter["partition"], letter["topic"]) == (reason, lies, INVENTORY.name), name
        assert told in letter["message"], name
        assert letter["key"] == case.key
        if len(case.value) > MAX_RECORD_BYTES:
            assert letter["value_length"] == len(case.value)
            assert letter["value_sha256"] == hashlib.sha256(case.value).hexdigest()
            assert len(letter["value"]) < len(case.value)
        else:
            assert letter["value"] == case.value
        names = [name.decode(errors="backslashreplace") for name, _ in case.headers]
        assert [each["name"] for each in letter["headers"]] == names
        assert [each["value"] for each in letter["headers"]] == [content for _, content in case.headers]
        assert letter["first_partition"] is None
        await stage.goes_on(lies)
    assert [sku for _, sku in stage.world.stock() if not sku.startswith("good-")] == [], "no call for any of them"


async def test_a_time_that_was_refused_freezes_nothing(stage: Stage) -> None:
    case = case_record("time-in-microseconds")
    await stage.write(case, home(A2))
    fault = stage.letter()["message"]
    assert "milliseconds" in fault
    assert "ahead of the clock; these look like microseconds" in fault
    now = stage.world.codec.decode(INVENTORY.name, case.value) | {
        "quantity": 0,
        "occurred_at": wall_ms(),
        "update_id": "u-2",
    }
    value = stage.world.codec.encode(INVENTORY.name, now)
    await stage.write(CaseRecord(case.topic, case.key, value), home(A2))
    eventually("0 is accepted", lambda: "SKU-1" in stage.accepted())
    assert stage.world.quantities() == {(A2, "SKU-1"): 0}


async def test_headers_of_any_kind_on_their_way_home(stage: Stage) -> None:
    """A record is sent on with its headers, whatever they are, and they are in its dead letter then."""
    here = home(A2)
    away = (here + 1) % PARTITIONS
    headers = (
        (b"traceparent", None),
        (b"x", b"1"),
        (b"x", b"2"),
        (b"\xff", b"3"),
        (b"connector-first-offset", b"9" * 30),
    )
    await stage.write(CaseRecord(INVENTORY.name, A2.encode(), b"junk", headers), away)
    letter = stage.letter()
    assert (letter["partition"], letter["first_partition"], letter["first_offset"]) == (here, away, 0)
    told = [(each["name"], each["value"]) for each in letter["headers"]][: len(headers)]
    assert told == [(name.decode(errors="backslashreplace"), content) for name, content in headers]
    await stage.goes_on(away)


@pytest.fixture
def registry() -> Iterator[str]:
    try:
        with running_registry() as url:
            yield url
    except RegistryUnavailableHere as reason:
        skip_unless_ci(reason)


def registered(url: str, case: CaseRecord) -> CaseRecord:
    """The writer's schema at a real registry, and the value under the id it gave."""
    with SchemaRegistryClient({"url": url, "timeout": 20}) as client:
        client.set_compatibility(level="NONE")
        schema_id = client.register_schema(f"{case.topic}-of-a-case", Schema(case.schema, "AVRO"))
    return CaseRecord(case.topic, case.key, b"\x00" + schema_id.to_bytes(4) + case.value[5:], case.headers)


async def test_odd_writers_with_a_real_registry(new_world: NewWorld, registry: str) -> None:
    world = new_world([Seller(A2, locations=EXMF + locations())], simulator_args=FAST_SIMULATOR)
    stage = Stage(world, world.start_worker(CONNECTOR_SCHEMA_REGISTRY__URL=registry))
    for name, told in (
        ("decimal-plain-bytes", ["Length.value"]),
        ("time-as-date", ["occurred_at", "timestamp-millis"]),
        ("record-of-another-name", ["KsqlDataSourceSchema", "InventoryUpdate", "VALUE_AVRO_SCHEMA_FULL_NAME"]),
    ):
        await stage.write(registered(registry, case_record(name)), home(A2))
        letter = stage.letter()
        assert letter["reason"] == "INCOMPATIBLE_SCHEMA", letter
        for part in told:
            assert part in letter["message"], letter
    assert [call for call in world.ask("calls") if call["method"] != "GET" and "shipments" in call["path"]] == []

    packed, shipped = new_shipments(world, A2, "SELF_SHIP", 2, lines={"sku-1": 2})
    results: dict[str, dict[str, Any]] = {}

    def outcome(command_id: str) -> dict[str, Any] | None:
        results.update({result["command_id"]: result for result in world.published(COMMAND_RESULTS.name)})
        return results.get(command_id)

    def about(case: CaseRecord, shipment_id: str, command_id: bytes) -> CaseRecord:
        """S1 and its L1 as the simulator calls them."""
        (line,) = shipment_at_amazon(world, shipment_id)["lineItems"]
        value = case.value.replace(b"\x06c-1", b"\x06" + command_id).replace(b"\x04S1", text(shipment_id))
        return CaseRecord(
            case.topic, case.key, value.replace(b"\x04L1", text(line["shipmentLineItemId"])), case.headers
        )

    send(world, [*sequence(A2, packed, "Confirm"), *sequence(A2, shipped, "Confirm", "Pack")])
    await stage.write(about(registered(registry, case_record("decimal-scale-2")), packed, b"c-1"), home(A2))
    eventually("the packages are created", lambda: outcome("c-1"), 60)
    assert results["c-1"]["outcome"] == "DONE", results["c-1"]["message"]
    (package,) = shipment_at_amazon(world, packed)["packages"]
    sides = [Decimal(package["dimensions"][side]["value"]) for side in ("length", "width", "height")]
    assert sides == [30, 20, 10]
    assert {package["dimensions"][side]["dimensionUnit"] for side in ("length", "width", "height")} == {"CM"}
    assert (Decimal(package["weight"]["value"]), package["weight"]["weightUnit"]) == (Decimal("1.5"), "KG")

    await stage.write(about(registered(registry, case_record("action-no-union")), shipped, b"c-2"), home(A2))
    eventually("Ship has its result", lambda: outcome("c-2"), 60)
    assert results["c-2"]["outcome"] == "DONE", results["c-2"]["message"]
    assert statuses(world)[shipped] == "SHIPPED"
    assert stage.worker.running


def text(value: str) -> bytes:
    """As Avro writes it; shorter than 64 bytes."""
    return bytes([len(value) * 2]) + value.encode()


def shipment_at_amazon(world: World, shipment_id: str) -> dict[str, Any]:
    (shipment,) = [each for each in world.ask("shipments") if each["id"] == shipment_id]
    return dict(shipment)
