"""The files hold each event once: whatever came twice, whichever spans the runs had, wherever they were cut off."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.cli.parquet import part
from connector.cli.parquet.intake import LogRecord
from connector.cli.parquet.layout import Layout
from connector.errors import ConnectorError
from connector.kafka.topics import ALERTS, DAY_MS, INVENTORY_RESULTS, ORDERS
from tests.kit.history import records
from tests.kit.parquet.runs import Killed, MemoryPlace, log_of, parts_in, rows_in, run_over

TOPIC = INVENTORY_RESULTS.name
APART = Layout("archive/", merchants_apart=True)

Copies = list[tuple[int, int, int]]
"""(merchant, event, day that this copy says)."""


def result(merchant: int, event: int, day: int = 0) -> dict[str, Any]:
    told = records.inventory_result(f"SKU-{event}", f"u{event}", settled_at=day * DAY_MS + event)
    return {**told, "merchant_id": f"M{merchant}"}


def held(place: MemoryPlace) -> Counter[tuple[str, str]]:
    return Counter((row["merchant_id"], row["result_id"]) for row in rows_in(place))


@given(
    copies=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 2)), max_size=25),
    runs=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25), st.none() | st.integers(0, 3)), max_size=4),
    one_a_file=st.booleans(),
)
@settings(max_examples=80)
def test_each_event_is_in_the_files_once(
    copies: Copies, runs: list[tuple[int, int, int | None]], one_a_file: bool
) -> None:
    """`runs`: (first offset, first no longer wanted, the write that kills it), then one over all that ends well."""
    log = log_of(TOPIC, (result(*copy) for copy in copies))
    place = MemoryPlace()
    with pytest.MonkeyPatch.context() as patch:
        if one_a_file:
            patch.setattr(part, "DECODED_EVENTS", 1)
            patch.setattr(part, "GROUP_BYTES", 1)
            patch.setattr(part, "PART_BYTES", 1)
        for first, stop, kill_at in runs:
            place.kill_at, place.writes = kill_at, 0
            with suppress(Killed):
                run_over(log[first:stop], place, TOPIC)
            assert set(held(place).values()) <= {1}
        place.kill_at = None
        run_over(log, place, TOPIC)
        before = dict(place.files)
        _, written = run_over(log, place, TOPIC)
    assert held(place) == Counter({(f"M{merchant}", f"of-u{event}") for merchant, event, _ in copies})
    assert (written.events, written.files, place.files) == (0, 0, before)
    if one_a_file:
        assert len(place.files) == len(held(place))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), max_size=12), st.integers(0, 3))
@settings(max_examples=30)
def test_in_an_archive_each_event_is_in_the_files_of_its_day_once(copies: list[tuple[int, int]], kill_at: int) -> None:
    log = log_of(TOPIC, (result(*copy) for copy in copies))
    place = MemoryPlace()
    for day in ("2026-01-01", "2026-01-02"):
        place.kill_at, place.writes = kill_at, 0
        for _ in range(2):
            with suppress(Killed):
                run_over(log, place, TOPIC, layout=APART, day=lambda *_, day=day: day)
            place.kill_at = None
    rows = Counter((row["day"], row["merchant_id"], row["result_id"]) for row in rows_in(place, APART))
    assert set(rows.values()) <= {1}
    assert len(rows) == 2 * len(set(copies))
    assert all(name.startswith(f"archive/{one.merchant_id}/{TOPIC}/day=") for name, one in _named(place))


def _named(place: MemoryPlace) -> list[tuple[str, Any]]:
    return [(one.name, one) for one in parts_in(place, APART)]


def test_the_first_of_its_copies_is_kept_whenever_it_says_that_it_happened() -> None:
    place = MemoryPlace()
    intake, written = run_over(log_of(TOPIC, [result(1, 7, day=3), result(1, 7, day=4), None]), place, TOPIC)
    assert (intake.read, intake.repeated, intake.tombstones, written.events) == (2, 1, 1, 1)
    run_over(log_of(TOPIC, [result(1, 7, day=5)]), place, TOPIC)
    assert [row["day"] for row in rows_in(place)] == ["1970-01-04"]


def test_one_id_of_two_merchants_is_two_events() -> None:
    place = MemoryPlace()
    run_over(log_of(TOPIC, [result(1, 7), result(2, 7)]), place, TOPIC)
    assert [row["merchant_id"] for row in rows_in(place)] == ["M1", "M2"]


def test_an_alert_is_raised_once_and_ended_once() -> None:
    place = MemoryPlace()
    log = log_of(ALERTS.name, [records.alert("S1"), records.alert("S1", ended_at=9), records.alert("S1", ended_at=9)])
    run_over(log, place, ALERTS.name)
    run_over(log, place, ALERTS.name)
    assert [row["ended_at"] for row in rows_in(place)] == [None, 9]


def test_events_of_a_shipment_stand_in_their_order() -> None:
    place = MemoryPlace()
    log = log_of(ORDERS.name, [records.order_event("S1", f"e{9 - n}") for n in range(9)])
    run_over(log, place, ORDERS.name)
    assert [row["event_id"] for row in rows_in(place)] == [f"e{9 - n}" for n in range(9)]
    assert [row["kafka_offset"] for row in rows_in(place)] == list(range(9))


def test_nothing_is_written_of_an_empty_topic() -> None:
    place = MemoryPlace()
    _, written = run_over([], place, TOPIC)
    assert (written.events, place.files) == (0, {})


def test_what_can_not_be_read_is_counted_with_its_place_and_costs_nothing_else() -> None:
    place = MemoryPlace()
    odd = {**result(1, 2), "merchant_id": "/" * 200}
    good, too_long = log_of(TOPIC, [result(1, 1), odd])
    intake, _ = run_over([LogRecord(3, 8, 0, b"\xc3\x01nonsense, as it comes"), good, too_long], place, TOPIC)
    assert (intake.unread, intake.first_unread) == (2, f"{TOPIC}/3/8")
    assert len(rows_in(place)) == 1


@pytest.mark.parametrize("merchant_id", ["", "A/B", "../x", "a=b", "50%", "ä", ".."])
def test_any_merchant_has_a_folder_of_its_own_below_the_root(merchant_id: str) -> None:
    place = MemoryPlace()
    run_over(log_of(TOPIC, [{**result(1, 1), "merchant_id": merchant_id}]), place, TOPIC)
    (name,) = place.files
    assert len(name.split("/")) == 4
    assert not {"..", "."} & set(name.split("/"))
    assert [row["merchant_id"] for row in rows_in(place)] == [merchant_id]


def test_a_file_that_is_no_parquet_is_named() -> None:
    place = MemoryPlace()
    run_over(log_of(TOPIC, [result(1, 1)]), place, TOPIC)
    (name,) = place.files
    place.files[name] = b"cut off"
    with pytest.raises(ConnectorError, match=f"{name}: it can't be read as Parquet"):
        run_over(log_of(TOPIC, [result(1, 2)]), place, TOPIC)


def test_what_others_keep_there_is_left_alone() -> None:
    others = {f"{TOPIC}/_SUCCESS": b"", f"{TOPIC}/day=2026-01-01/merchant_id=M1/of-spark.parquet": b"?"}
    place = MemoryPlace(dict(others))
    run_over(log_of(TOPIC, [result(1, 1)]), place, TOPIC)
    assert place.files.items() > others.items()
