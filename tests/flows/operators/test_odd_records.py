"""What operators see of records that strangers wrote, and what comes back of them: byte for byte, and harmless."""

from typing import Any

import pytest
from confluent_kafka import Message, Producer

from tests.kit.cases import read_case
from tests.kit.flows.commands import Ran, dead_letter_ids, done, run
from tests.kit.flows.world import EXMF, NewWorld, Seller, World
from tests.kit.kafka.broker import eventually
from tests.kit.kafka.cases import case_record

pytestmark = pytest.mark.kafka

INVENTORY, LETTERS = "oms.inventory", "connector.dead-letters"
MERCHANT = "A2EXAMPLE"
SELLER = Seller(MERCHANT, locations=EXMF)
Headers = list[tuple[str, bytes | None]]
Record = tuple[bytes | None, bytes, Headers]


def record(name: str) -> Record:
    """(key, value, headers) of a failing input."""
    case = case_record(name)
    return case.key, case.value, [(header.decode(), value) for header, value in case.headers]


def write(world: World, topic: str, *records: Record, partition: int = -1, timestamp: int = 0) -> None:
    """`timestamp`: 0 for now."""
    config = {"bootstrap.servers": world.broker.bootstrap_servers, "message.max.bytes": 2_000_000}
    producer = Producer({**config, "partitioner": "murmur2_random"})
    for key, value, headers in records:
        sent: Any = headers  # None is a value that the package's stubs leave out
        producer.produce(topic, value, key, partition, timestamp=timestamp, headers=sent)
    assert producer.flush(30) == 0


def headers_of(message: Message) -> Headers:
    found: Any = message.headers() or []
    return list(found)


def shown_json(world: World) -> Any:
    return lambda letter_id: done(world, "dead-letters", "show", letter_id, "--json").json


def is_harmless(ran: Ran, ends: str = "\n") -> bool:
    """Nothing below 0x20 but what ends lines, and cells of a table in a pipe; nothing above 0x7f that controls."""
    return all(character in ends or character.isprintable() for character in ran.out + ran.err)


def test_headers_come_back_as_they_were(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    world.start_worker()
    null, two = record("null-header"), record("two-headers-of-one-name")
    write(world, INVENTORY, null, (two[0], two[1], [*two[2], ("empty", b""), ("x", b"\xff")]))
    eventually("two dead letters", lambda: len(world.published(LETTERS)) == 2)
    shown = [shown_json(world)(letter_id)["headers"] for letter_id in dead_letter_ids(world)]
    assert {"name": "traceparent", "value": None, "value_hex": None} in shown[0] + shown[1]
    assert max(shown, key=len) == [
        {"name": "x", "value": "1", "value_hex": "31"},
        {"name": "x", "value": "2", "value_hex": "32"},
        {"name": "empty", "value": "", "value_hex": ""},
        {"name": "x", "value": None, "value_hex": "ff"},
    ]
    assert len(done(world, "dead-letters", "retry", "--all", "--json").json["retried"]) == 2
    done(world, "replay", INVENTORY, "--from", "0")
    again: dict[int, list[Headers]] = {}
    for message in world.broker.consume(INVENTORY):
        ours = [header for header in headers_of(message) if not header[0].startswith("connector-")]
        again.setdefault(len(ours), []).append(ours)
    assert again[1] == [[("traceparent", None)]] * 4
    assert again[4] == [[("x", b"1"), ("x", b"2"), ("empty", b""), ("x", b"\xff")]] * 4


def test_no_data_drives_the_terminal(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    world.start_worker()
    key, value, _ = record("key-with-escape-sequence")
    bidi = "[red]\u202eA2\u2066:smile:\x9b31m".encode()
    write(world, INVENTORY, (key, value, [("\x1b[2J\r\n", b"\x1b[0m\t")]), (bidi, value, []))
    eventually("two dead letters", lambda: len(world.published(LETTERS)) == 2)
    for letter_id in dead_letter_ids(world):
        ran = done(world, "dead-letters", "show", letter_id)
        assert is_harmless(ran), ran
        assert r"key: \x1b]0;title\x07\x00" in ran.out or r"key: [red]\u202eA2\u2066:smile:\x9b31m" in ran.out
        told = done(world, "dead-letters", "show", letter_id, "--json")
        assert is_harmless(told), told
        assert bytes.fromhex(told.json["key_hex"]) in (key, bidi)
        assert told.json["key"].encode() in (key, bidi)
    table = done(world, "dead-letters", "list")
    assert is_harmless(table, "\n\t"), table
    assert {line.count("\t") for line in table.out.splitlines()} == {5}, "no cell has a tab"
    assert r"\x1b]0;title\x07\x00" in table.out
    assert r"[red]\u202eA2\u2066:smile:\x9b31m" in table.out
    for ran in (
        done(world, "dead-letters", "retry", "--all", "--dry-run"),
        done(world, "replay", INVENTORY, "--from", "0", "--dry-run"),
        done(world, "status"),
        run(world, "dead-letters", "show", "\x1b[2J"),
        run(world, "merchants", "pause", "\u202eA2"),
    ):
        assert is_harmless(ran, "\n\t"), ran


def test_a_record_too_large_to_be_sent_again_is_named_and_the_others_go_on(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    large, good = record("replay-too-large"), record("good-update")
    write(world, INVENTORY, good, large, good)
    before = world.broker.consume(INVENTORY)
    (place,) = (f"{INVENTORY}/{m.partition()}/{m.offset()}" for m in before if m.value() == large[1])
    ran = run(world, "replay", INVENTORY, "--from", "0")
    assert ran.code == 1
    (line,) = (line for line in ran.err.splitlines() if place in line)
    assert "too large" in line
    assert "bytes" in line
    assert "2 of 3 records" in ran.out
    told = run(world, "replay", INVENTORY, "--from", "0", "--to", "3", "--json")
    assert (told.code, [one["record"] for one in told.json["refused"]], told.json["replayed"]) == (1, [place], 2)
    again = world.broker.consume(INVENTORY)[len(before) :]
    assert [m.value() for m in again] == [good[1]] * 4


def test_a_letter_too_large_to_be_sent_again_stays_open(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    base = {"merchant_id": MERCHANT, "topic": INVENTORY, "partition": 0, "key": MERCHANT.encode(), "reason": "INVALID"}
    base |= {"message": "", "failed_at": 1, "headers": []}
    sized = [
        world.codec.encode(LETTERS, {**base, "offset": n, "value": b"x" * size}) for n, size in enumerate((9, 999_950))
    ]
    write(world, LETTERS, *((MERCHANT.encode(), value, []) for value in sized), partition=1)
    ran = run(world, "dead-letters", "retry", "--all", "--json")
    assert (ran.code, len(ran.json["retried"])) == (1, 1)
    (failed,) = ran.json["failed"]
    assert "too large" in failed["why"]
    assert failed["id"] in ran.err
    assert dead_letter_ids(world) == [failed["id"]]
    assert [m.value() for m in world.broker.consume(INVENTORY)] == [b"x" * 9]


def test_a_time_before_the_first_record_is_the_beginning(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    write(world, INVENTORY, record("good-update"), timestamp=-1)  # without a time, as old producers write
    write(world, INVENTORY, *[record("good-update")] * 2)
    told = read_case("files/replay-from-year-one")
    ran = done(world, *told["command"].split()[1:], "--json")
    assert ran.json["replayed"] == 3
    for since in ("1969-12-31T23:59:59.999", "1969-12-31T23:59:59.998", "0001-01-01T00:00+05:30"):
        assert (
            "3 records would be replayed"
            in done(world, "replay", INVENTORY, "--from", since, "--to", "3", "--dry-run").out
        )
    late = done(world, "replay", INVENTORY, "--from", "9999-12-31T23:59:59")
    assert "no record is that late" in late.err
    assert "0 of 0 records" in late.out
    assert "no record is that late" in done(world, "replay", INVENTORY, "--from", "99999999999999999999").err
    for wrong in ("-5", "10000-01-01", "0000-01-01", "someday"):
        refused = run(world, "replay", INVENTORY, "--from", wrong)
        assert (refused.code, len(refused.err.strip().splitlines())) == (2, 1), refused
    assert dead_letter_ids(world) == done(world, "dead-letters", "list", "--from", "0001-01-01", "--json").json == []


def test_what_cant_be_read_is_named_where_it_could_not_be_chosen(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    write(world, INVENTORY, record("null-header"), record("good-update"))
    ran = done(world, "replay", INVENTORY, "--from", "0", "--sku", "SKU-9")
    assert "1 of 2 records" in ran.out
    assert f"1 records can't be read and so name no SKU or shipment; the first: {INVENTORY}/" in ran.err


def test_rows_and_records_that_another_version_wrote_are_named(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    write(world, "connector.control", (MERCHANT.encode(), b"junk", []))
    ran = run(world, "status")
    assert ran.code == 1
    assert f"connector.control, key {MERCHANT}: the record can't be read: UNDECODABLE" in ran.err


def test_a_row_that_cant_be_read_names_its_field(new_world: NewWorld) -> None:
    world = new_world([SELLER])
    key = f"{MERCHANT}|EXMF|SKU-9".encode()
    write(world, f"{world.app_id}-ledger-changelog", (key, b'{"sequence": "many"}', []))
    ran = run(world, "status")
    assert ran.code == 1
    assert "connector-ledger-changelog, key A2EXAMPLE|EXMF|SKU-9: the row can't be read" in ran.err
    assert "$.sequence" in ran.err
