"""Inventory updates at the door: what can't be kept, named or believed is bad input, naming the field."""

from typing import Any

import pytest

from connector.agents.inventory.records import read_update
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.topics import INVENTORY
from tests.kit.cases import CASE_NOW_MS as NOW_MS
from tests.kit.kafka.cases import case_record

TOLERANCE_MS = 300_000
CODEC = AvroCodec()
GOOD = CODEC.decode(INVENTORY.name, case_record("good-update").value)


def fault_in(value: dict[str, Any]) -> str:
    with pytest.raises(BadRecord) as caught:
        read_update(value, offset=0, now_ms=NOW_MS, tolerance_ms=TOLERANCE_MS)
    assert caught.value.reason == "INVALID"
    return caught.value.message


def test_a_good_one() -> None:
    update = read_update(GOOD, offset=0, now_ms=NOW_MS, tolerance_ms=TOLERANCE_MS)
    assert (update.update_id, update.sku, update.quantity, update.occurred_at_ms) == (
        "u-next",
        "SKU-9",
        5,
        NOW_MS - 1000,
    )


@pytest.mark.parametrize("field", ["update_id", "merchant_id", "location_id", "sku"])
def test_an_id_that_is_too_long(field: str) -> None:
    assert fault_in(GOOD | {field: "x" * 257}) == f"{field}: it has 257 characters, more than 256; shorten it"
    assert read_update(GOOD | {field: "x" * 256}, offset=0, now_ms=NOW_MS, tolerance_ms=TOLERANCE_MS)


def test_the_long_update_id_of_the_cases() -> None:
    value = CODEC.decode(INVENTORY.name, case_record("long-update-id").value)
    assert fault_in(value).startswith("update_id: it has 20000 characters, more than 256")


class TestTimes:
    """A time ahead of the clock would keep out all that is counted until then."""

    def test_microseconds_taken_for_milliseconds(self) -> None:
        value = CODEC.decode(INVENTORY.name, case_record("time-in-microseconds").value)
        fault = fault_in(value)
        assert fault.startswith("occurred_at: ")
        assert "ahead of the clock; these look like microseconds: send milliseconds" in fault

    @pytest.mark.parametrize("ahead_ms", [TOLERANCE_MS + 1, 86_400_000, 2**63 - 1 - NOW_MS])
    def test_ahead_of_the_clock(self, ahead_ms: int) -> None:
        assert fault_in(GOOD | {"occurred_at": NOW_MS + ahead_ms}).startswith("occurred_at: ")

    def test_a_little_ahead_is_let_pass(self) -> None:
        assert read_update(
            GOOD | {"occurred_at": NOW_MS + TOLERANCE_MS}, offset=0, now_ms=NOW_MS, tolerance_ms=TOLERANCE_MS
        )

    @pytest.mark.parametrize("time_ms", [0, -1, -(2**63)])
    def test_none_at_all(self, time_ms: int) -> None:
        assert "milliseconds" in fault_in(GOOD | {"occurred_at": time_ms})
