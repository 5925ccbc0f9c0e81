"""The guard before every agent: what is opened, what is sent home, what is a dead letter."""

from typing import Any

import pytest

from connector.agents.dead_letters import FIRST_OFFSET, FIRST_PARTITION
from connector.agents.incoming import Incoming, IncomingBatch
from connector.domain.unread import UnreadFact
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import RegisteredSchema
from connector.kafka.avro.schemas import text_of
from connector.kafka.homes import home_partition
from connector.kafka.topics import API_CALLS, DEAD_LETTERS, INVENTORY, MAX_RECORD_BYTES
from connector.telemetry import Telemetry
from tests.kit.kafka.cases import case_record
from tests.kit.kafka.records import consumed, consumed_case
from tests.kit.kafka.registries import FakeRegistry

PARTITIONS = 4
HOME = home_partition(b"A2EXAMPLE", PARTITIONS)
AWAY = (HOME + 1) % PARTITIONS
CODEC = AvroCodec()


def incoming(codec: AvroCodec = CODEC, *, told: list[str] | None = None) -> Incoming:
    """`told`: takes the reason of each record that could not be used."""
    reasons = [] if told is None else told
    return Incoming(
        codec,
        partitions=PARTITIONS,
        telemetry=Telemetry(),
        now_ms=lambda: 1_772_445_600_000,
        on_dead_letter=lambda _, bad: reasons.append(bad.reason),
    )


def opened(record: Any, partition: int = HOME, topic: str = INVENTORY.name) -> IncomingBatch:
    return incoming().open(topic, partition, [record])


def letter_in(batch: IncomingBatch) -> dict[str, Any]:
    assert not batch.good
    (out,) = batch.aside
    assert out.topic == DEAD_LETTERS.name
    assert len(out.value or b"") < MAX_RECORD_BYTES
    return CODEC.decode(out.topic, out.value)


def test_a_good_record_at_home() -> None:
    batch = opened(consumed_case(case_record("good-update"), partition=HOME))
    assert batch.good[0].value["update_id"] == "u-next"
    assert batch.aside == []


def test_a_record_elsewhere_is_sent_on_as_it_is_and_tells_where_it_lay() -> None:
    headers = (("x", b"1"), ("x", b"2"), ("null", None))
    (out,) = opened(consumed(b"\xffany", b"A2EXAMPLE", headers, partition=AWAY, offset=7), AWAY).aside
    assert (out.topic, out.partition, out.key, out.value) == (INVENTORY.name, HOME, b"A2EXAMPLE", b"\xffany")
    assert out.headers == (*headers, (FIRST_PARTITION, b"%d" % AWAY), (FIRST_OFFSET, b"7"))


def test_headers_that_tell_no_place_don_t_hide_it() -> None:
    headers = ((FIRST_PARTITION, b"99999999999"), (FIRST_OFFSET, b"junk"))
    (out,) = opened(consumed(b"any", b"A2EXAMPLE", headers, partition=AWAY, offset=7), AWAY).aside
    assert out.headers == (*headers, (FIRST_PARTITION, b"%d" % AWAY), (FIRST_OFFSET, b"7"))
    again = consumed(b"any", b"A2EXAMPLE", out.headers, partition=HOME, offset=70)
    letter = letter_in(opened(again))
    assert (letter["first_partition"], letter["first_offset"]) == (AWAY, 7)


@pytest.mark.parametrize(("key", "reason"), [(None, "WRONG_KEY"), (b"", "WRONG_KEY"), (b"\xff\x00", "WRONG_KEY")])
def test_keys_that_are_no_merchants(key: bytes | None, reason: str) -> None:
    partition = 0 if key is None else home_partition(key, PARTITIONS)
    record = consumed(case_record("good-update").value, key, partition=partition)
    letter = letter_in(opened(record, partition))
    assert (letter["reason"], letter["key"]) == (reason, key)


class TestLarge:
    def test_away_from_home_it_is_not_sent_on(self) -> None:
        case = case_record("large-away-from-home")
        letter = letter_in(opened(consumed_case(case, partition=AWAY, offset=5), AWAY))
        size = len(case.value) + len(b"A2EXAMPLE")
        assert letter["reason"] == "INVALID"
        assert str(size) in letter["message"]
        assert (letter["partition"], letter["offset"]) == (AWAY, 5)
        assert letter["value_length"] == len(case.value)

    def test_at_home_what_can_t_be_read_is_told_first(self) -> None:
        letter = letter_in(opened(consumed_case(case_record("undecodable-large"), partition=HOME)))
        assert (letter["reason"], letter["value_length"]) == ("UNDECODABLE", 1_000_002)

    def test_at_home_what_can_be_read_is_too_large_all_the_same(self) -> None:
        letter = letter_in(opened(consumed_case(case_record("large-away-from-home"), partition=HOME)))
        assert letter["reason"] == "INVALID"
        assert str(MAX_RECORD_BYTES) in letter["message"]

    def test_headers_count(self) -> None:
        headers = tuple((f"h{n}", bytes(10_000)) for n in range(100))
        record = consumed(case_record("good-update").value, b"A2EXAMPLE", headers, partition=AWAY)
        assert letter_in(opened(record, AWAY))["reason"] == "INVALID"

    def test_the_largest_that_is_sent_on_fits_with_its_new_headers(self) -> None:
        record = consumed(bytes(MAX_RECORD_BYTES - 9), b"A2EXAMPLE", partition=AWAY, offset=2**62)
        (out,) = opened(record, AWAY).aside
        assert out.topic == INVENTORY.name
        size = len(out.value or b"") + len(out.key or b"") + sum(len(n) + len(c or b"") for n, c in out.headers)
        assert size < 1_000_000


class TestWaiting:
    """Only a record that is opened here, and whose schema nobody knows yet, waits."""

    def codec(self) -> AvroCodec:
        return AvroCodec(FakeRegistry({77: RegisteredSchema((text_of("inventory_update"),))}))

    async def test_for_its_schema(self) -> None:
        guard, record = incoming(self.codec()), consumed(b"\x00\x00\x00\x00\x4dx", b"A2EXAMPLE", partition=HOME)
        wait = guard.waits_for(INVENTORY.name, HOME, record)
        assert wait is not None
        await wait
        assert guard.waits_for(INVENTORY.name, HOME, record) is None

    @pytest.mark.parametrize(
        ("value", "key", "partition"),
        [
            (b"\x00\x00\x00\x00\x4dx", b"A2EXAMPLE", AWAY),
            (b"\x00\x00\x00\x00\x4dx", None, HOME),
            (b"\x00\x00", b"A2EXAMPLE", HOME),
            (b"\xc3\x01", b"A2EXAMPLE", HOME),
            (None, b"A2EXAMPLE", HOME),
        ],
    )
    async def test_nothing_else(self, value: bytes | None, key: bytes | None, partition: int) -> None:
        guard = incoming(self.codec())
        assert guard.waits_for(INVENTORY.name, partition, consumed(value, key, partition=partition)) is None

    async def test_nothing_without_a_registry(self) -> None:
        record = consumed(b"\x00\x00\x00\x00\x4dx", b"A2EXAMPLE", partition=HOME)
        assert incoming().waits_for(API_CALLS.name, HOME, record) is None


def test_only_a_record_that_could_not_be_used_is_told_of() -> None:
    """What is kept of Amazon's unreadable facts is a dead letter that nothing waits for."""
    told = list[str]()
    guard = incoming(told=told)
    record = consumed(b"\xffany", b"A2EXAMPLE", partition=HOME)
    guard.unread_letter(record, {"shipment S1": [UnreadFact("shipTo.city", "is not text", "[1]")]})
    assert told == []
    guard.open(INVENTORY.name, HOME, [record])
    assert told == ["UNDECODABLE"]


def raised() -> Exception:
    try:
        int("Jane Doe")
    except ValueError as fault:
        return fault
    raise AssertionError


def test_what_ended_the_worker_again_and_again_is_told_by_its_place_and_not_its_text() -> None:
    heard: list[str] = []
    guard = incoming(told=heard)
    out = guard.unexpected(consumed(b"value", b"A2EXAMPLE", partition=HOME), raised())
    letter = CODEC.decode(DEAD_LETTERS.name, out.value)
    assert letter["reason"] == "UNEXPECTED"
    assert "ValueError in raised" in letter["message"]
    assert "Jane" not in letter["message"]
    assert (letter["value"], heard) == (b"value", ["UNEXPECTED"])
