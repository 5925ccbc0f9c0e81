"""One odd answer of the schema registry stops nothing else: the worker, a real broker, a registry that is scripted."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import API_CALLS, CONTROL, DEAD_LETTERS, INVENTORY, INVENTORY_RESULTS
from tests.kit.flows.commands import done
from tests.kit.flows.world import BASE_MS, EXMF, NewWorld, Seller, World, home
from tests.kit.kafka.broker import eventually
from tests.kit.kafka.cases import CaseRecord, registry_case
from tests.kit.kafka.registry_server import RegistryServer, serving
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

SELLERS = [Seller(merchant_id, locations=EXMF) for merchant_id in ("A2EXAMPLE", "B2EXAMPLE", "C2EXAMPLE")]
FORBIDDEN = (403, {"content-type": "application/json"}, b'{"error_code": 40301, "message": "no"}')


@contextmanager
def running(new_world: NewWorld) -> Iterator[tuple[World, RegistryServer, str]]:
    registry = RegistryServer()
    with serving(registry) as url:
        yield new_world(SELLERS), registry, url


def write(world: World, *records: CaseRecord) -> None:
    for record in records:
        assert record.key is not None
        world.broker.produce(record.topic, [(record.key, record.value)], home(record.key.decode()))


def good(world: World, merchant_id: str, sku: str, number: int = 1) -> CaseRecord:
    """In single-object encoding, whose schema is always known."""
    update = world.update(merchant_id, sku, 5, number, "WH2")
    return CaseRecord(INVENTORY.name, merchant_id.encode(), world.encoded(update))


def good_of_three(world: World) -> list[CaseRecord]:
    return [good(world, f"{name.upper()}2EXAMPLE", name) for name in "abc"]


def framed(record: CaseRecord, number: int) -> CaseRecord:
    """The record of a case, which is SKU-1's, as another update."""
    sku = f"S{number:04}".encode()
    return CaseRecord(record.topic, record.key, record.value.replace(b"SKU-1", sku))


def accepted(world: World) -> set[str]:
    return {each["sku"] for each in world.published(INVENTORY_RESULTS.name) if each["outcome"] == "ACCEPTED"}


def letters(world: World) -> list[dict[str, Any]]:
    return world.published(DEAD_LETTERS.name)


def start(world: World, url: str) -> Process:
    return world.start_worker(CONNECTOR_SCHEMA_REGISTRY__URL=url)


def test_one_forbidden_id_holds_up_nobody(new_world: NewWorld) -> None:
    case = registry_case("id-forbidden")
    with running(new_world) as (world, registry, url):
        worker = start(world, url)
        registry.begin(case)
        write(
            world,
            case.record,
            *good_of_three(world),
        )
        eventually("three are accepted", lambda: accepted(world) == {"a", "b", "c"}, 5)
        (letter,) = eventually("a dead letter", lambda: letters(world), 20)
        assert (letter["reason"], letter["value"]) == ("UNKNOWN_SCHEMA", case.record.value)
        assert "40301" in letter["message"]
        assert "4294967295" in letter["message"]
        assert len(registry.asked_for(case.path)) == 5
        assert worker.running
        told = worker.log.read_text()
        assert "can't be reached" not in told
        assert "40301" in told


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"Bad Request"),
        (500, b'{"error_code": 50001, "message": "store"}'),
        (200, b"<html>log in</html>"),
        (302, b""),
    ],
    ids=["400", "500", "200-html", "302"],
)
def test_other_merchants_go_on_while_an_id_is_answered_oddly(new_world: NewWorld, status: int, body: bytes) -> None:
    case = registry_case("id-forbidden")
    case.answers[0] = (0, status, {"content-type": "text/html"}, body)
    with running(new_world) as (world, registry, url):
        start(world, url)
        registry.begin(case)
        write(
            world,
            case.record,
            *good_of_three(world),
        )
        eventually("the others are accepted", lambda: {"b", "c"} <= accepted(world), 5)
        (letter,) = eventually("a dead letter", lambda: letters(world), 40)
        assert letter["reason"] == "UNKNOWN_SCHEMA"
        if status != 200:
            assert str(status) in letter["message"]
        eventually("its own key goes on", lambda: "a" in accepted(world), 5)
        assert len(registry.asked_for(case.path)) == 5


def test_a_gateways_404_is_not_the_registrys(new_world: NewWorld) -> None:
    case = registry_case("id-404-of-a-gateway")
    with running(new_world) as (world, registry, url):
        start(world, url)
        registry.begin(case)
        write(world, framed(case.record, 1))
        eventually("it is asked for", lambda: registry.asked_for(case.path))
        eventually("9 s", partial(registry.is_past, 9))
        write(world, framed(case.record, 2))
        eventually("both are accepted", lambda: accepted(world) == {"S0001", "S0002"})
        assert letters(world) == []


def test_a_registrys_follower_that_lags(new_world: NewWorld) -> None:
    case = registry_case("id-known-2s-later")
    with running(new_world) as (world, registry, url):
        start(world, url)
        registry.begin(case)
        for number in range(38):
            eventually(f"{number} s", partial(registry.is_past, number))
            write(world, framed(case.record, number))
        eventually("each is settled", lambda: len(accepted(world)) + len(letters(world)) == 38)
        assert {f"S{number:04}" for number in range(5, 38)} <= accepted(world)
        assert len(letters(world)) <= 5


def test_a_registry_that_is_down_holds_up_only_what_needs_it_and_costs_nothing(new_world: NewWorld) -> None:
    """A kill meanwhile loses nothing either."""
    case = registry_case("id-known-2s-later")
    with running(new_world) as (world, registry, url):
        worker = start(world, url)
        case.answers[:] = [(0, *FORBIDDEN)]
        registry.begin(case)
        registry.fault = FORBIDDEN
        write(world, framed(case.record, 1), good(world, "A2EXAMPLE", "a"), good(world, "B2EXAMPLE", "b"))
        eventually("others go on", lambda: "b" in accepted(world), 10)
        eventually("it is asked for ever", lambda: len(registry.asked_for(case.path)) >= 8, 40)
        assert letters(world) == []
        assert world.broker.committed("connector").get((INVENTORY.name, home("A2EXAMPLE")), 0) <= 0
        worker.kill()
        registry.fault, case.answers[:] = None, registry_case("id-known-2s-later").answers[1:]
        case.answers[0] = (0, *case.answers[0][1:])
        start(world, url)
        eventually("nothing was lost", lambda: accepted(world) >= {"S0001", "a", "b"}, 60)
        assert letters(world) == []


class TestIdsGivenAnew:
    """The registry lost its schemas and gave their ids to others: the case registry/ids-given-anew."""

    OTHERS = {number: f'{{"type": "enum", "name": "E{number - 1}", "symbols": ["A"]}}' for number in (1, 2, 3)}  # noqa: RUF012

    def test_a_pause_stays_and_nothing_of_ours_becomes_a_dead_letter(self, new_world: NewWorld) -> None:
        with running(new_world) as (world, registry, url):
            env = {"CONNECTOR_SCHEMA_REGISTRY__URL": url}
            worker = start(world, url)
            done(world, "merchants", "pause", "A2EXAMPLE", "--reason", "stocktaking", **env)
            worker.wait_for("a pause begins")
            write(world, good(world, "A2EXAMPLE", "a"), good(world, "B2EXAMPLE", "b"))
            eventually("the other goes on", lambda: accepted(world) == {"b"})
            worker.kill()
            registry.schemas = dict(self.OTHERS)
            start(world, url)
            write(world, good(world, "B2EXAMPLE", "b2", 2))
            eventually("the other goes on", lambda: ("B2EXAMPLE", "b2") in world.stock())
            assert [merchant for merchant, _ in world.stock()] == ["B2EXAMPLE"] * 2
            assert letters(world) == []

    def test_a_pause_in_the_lost_registrys_format_stops_the_start(self, new_world: NewWorld) -> None:
        """As it was written before such topics were in single-object encoding."""
        with running(new_world) as (world, registry, url):
            registry.schemas = {1: text_of(API_CALLS.schema), 2: '"string"', 3: text_of(CONTROL.schema)}
            pause = {"merchant_id": "A2EXAMPLE", "paused": True, "by": "me", "at": BASE_MS, "reason": "stocktaking"}
            value = b"\x00\x00\x00\x00\x03" + AvroCodec().encode(CONTROL.name, pause)[10:]
            world.broker.produce(CONTROL.name, [("A2EXAMPLE", value)], home("A2EXAMPLE"))
            write(world, good(world, "A2EXAMPLE", "a"), good(world, "B2EXAMPLE", "b"))
            worker = start(world, url)
            eventually("it is read while the registry knows its id", lambda: accepted(world) == {"b"})
            worker.kill()
            registry.schemas = dict(self.OTHERS)
            refused = world.start_worker(ready=False, CONNECTOR_SCHEMA_REGISTRY__URL=url)
            eventually("it ends", lambda: not refused.running, 60)
            assert refused.stop() == 1
            told = refused.log.read_text()
            assert "Traceback" not in told
            for part in (
                CONTROL.name,
                f"/{home('A2EXAMPLE')}/0",
                "A2EXAMPLE",
                "schema 3",
                "restore the registry's schemas",
            ):
                assert part in told, told
            assert [merchant for merchant, _ in world.stock()] == ["B2EXAMPLE"]
            assert letters(world) == []
            done(world, "merchants", "pause", "A2EXAMPLE", CONNECTOR_SCHEMA_REGISTRY__URL=url)
            start(world, url).wait_for("a pause begins|partitions owned")

    def test_old_outcomes_of_ours_are_read_all_the_same(self, new_world: NewWorld) -> None:
        with running(new_world) as (world, registry, url):
            worker = start(world, url)
            write(world, good(world, "B2EXAMPLE", "b"))
            eventually("it is accepted", lambda: accepted(world) == {"b"})
            worker.kill()
            calls = world.broker.consume(API_CALLS.name)
            assert all((call.value() or b"")[:2] == b"\xc3\x01" for call in calls)
            mine = [call.value() or b"" for call in calls if call.key() == b"B2EXAMPLE"]
            old = [(b"B2EXAMPLE", b"\x00\x00\x00\x00\x01" + value[10:]) for value in mine]
            world.broker.produce(API_CALLS.name, old, home("B2EXAMPLE"))
            registry.schemas = dict(self.OTHERS)
            start(world, url)
            write(world, good(world, "B2EXAMPLE", "b2", 2))
            eventually("the other goes on", lambda: ("B2EXAMPLE", "b2") in world.stock())
            assert letters(world) == []


def test_an_operator_can_pause_while_the_registry_is_away(new_world: NewWorld) -> None:
    world = new_world(SELLERS)
    done(world, "merchants", "pause", "A2EXAMPLE", CONNECTOR_SCHEMA_REGISTRY__URL="http://127.0.0.1:9")
    assert [record["paused"] for record in world.published(CONTROL.name)] == [True]
