"""What decides a campaign of faults, without one: plans, how workers' ends are judged, the table."""

import asyncio
import json
from itertools import pairwise

import pytest

from connector.errors import ConnectorError
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.producer import ProduceFailed
from connector.surprises import told_trace
from tests.kit.chaos.arrivals import throttled_by_worker
from tests.kit.chaos.ends import LISTED, last_word, listed_as
from tests.kit.chaos.plan import KINDS, SHORT, Part, draw, possible
from tests.kit.chaos.verdict import Verdict, table
from tests.kit.chaos.workers import End
from tests.kit.examples import ROOT

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_makes_one_plan_whose_faults_of_a_part_never_overlap(seed: int) -> None:
    plan = draw(seed, 25)
    assert plan == draw(seed, 25)
    assert len(plan.faults) == 25
    for part in Part:
        of_part = [fault for fault in plan.faults if part in fault.parts]
        assert all(one.ends_s <= other.at_s for one, other in pairwise(of_part))


def test_every_kind_comes_up_and_some_faults_are_at_the_same_time() -> None:
    plans = [draw(seed, 10) for seed in SEEDS]
    assert {fault.kind for plan in plans for fault in plan.faults} == set(KINDS)
    assert any(one.ends_s > other.at_s for plan in plans for one, other in pairwise(plan.faults))


def test_one_at_a_time_is_one_at_a_time() -> None:
    for seed in SEEDS:
        plan = draw(seed, len(SHORT), SHORT, one_at_a_time=True)
        assert all(one.ends_s < other.at_s for one, other in pairwise(plan.faults))
        assert {fault.kind for fault in plan.faults} == set(SHORT)


def test_what_the_machine_lacks_is_left_out() -> None:
    kinds = possible({Part.FIRST_CLOCK: "no libfaketime", Part.BROKER: "not ours"})
    assert kinds
    assert all({Part.FIRST_CLOCK, Part.BROKER}.isdisjoint(parts) for kind in kinds for parts in kind.parts)


def test_the_ends_are_those_of_the_operators_page() -> None:
    page = " ".join((ROOT / "docs" / "operations.md").read_text().partition("### What ends a worker")[2].split())
    assert [end.listed for end in LISTED if end.listed not in page] == []


def log(*events: str, **last: str) -> str:
    lines = [{"event": event, "level": "info"} for event in events] + [{"level": "critical", **last}]
    return "\n".join(map(json.dumps, lines))


*_, TIMED_OUT = told_trace(ProduceFailed("1 of 1 records not acknowledged, first reason _MSG_TIMED_OUT")).splitlines()
"""As a worker's log has it."""


@pytest.mark.parametrize(
    ("said", "disturbed", "listed"),
    [
        (log("x", event="Kafka at h:1: nobody answers"), {Part.BROKER}, "Kafka can't be reached at the start"),
        (log("x", event="Kafka at h:1: nobody answers"), {Part.AMAZON}, None),
        (
            log("x", event="a surprise", exception=f"Traceback:\n  {TIMED_OUT}x\n{TIMED_OUT}"),
            {Part.BROKER},
            "Kafka away for long",
        ),
        (log("x", event="a surprise", exception=f"Traceback:\n{TIMED_OUT}"), {Part.AMAZON, Part.QUEUE}, None),
        (log("x", event="a surprise", exception=f"{TIMED_OUT}"), {Part.SECOND}, "a worker that stood still as long"),
        (log("x", event="a surprise", exception=f"{TIMED_OUT}\nduring which came\nKeyError: 'x'"), set(Part), None),
        (log("Kafka at h:1: nobody answers", event="another worker runs under the same name"), set(Part), None),
        ("Segmentation fault", set(Part), None),
        ("", set(Part), None),
    ],
)
def test_an_end_is_listed_only_by_its_last_word_and_where_its_cause_was_made(
    said: str, disturbed: set[Part], listed: str | None
) -> None:
    assert listed_as(last_word(said), disturbed) == listed


def test_what_a_worker_says_of_a_broker_that_is_away_is_listed() -> None:
    """By its own words: they may be put in another way, and then no pattern of theirs would find them."""
    writers = PartitionWriters({"bootstrap.servers": "127.0.0.1:1"}, "app", lambda: True, timeout_s=0.2)
    with pytest.raises(ConnectorError) as raised:
        asyncio.run(writers.claim(frozenset({0})))
    writers.close()
    said = log(event=str(raised.value))
    assert listed_as(last_word(said), {Part.BROKER}) == "Kafka does not answer while partitions are taken over"


def test_whatever_was_found_is_in_the_table_and_in_the_total() -> None:
    end = End(12.0, Part.FIRST, 1, "KeyError: 'x'", "worker-3.log", None)
    listed = End(13.0, Part.SECOND, 1, "Kafka at h:1: nobody", "worker-4.log", "Kafka can't be reached at the start")
    good, bad = draw(1, 10), draw(2, 5)
    verdicts = [
        Verdict(good, [], [], [], [], [listed], 100),
        Verdict(bad, ["l"], ["d", "d"], ["s", "s", "s"], ["m"] * 4, [end, end, listed], 50),
    ]
    assert verdicts[0].faults == []
    assert len(verdicts[1].faults) == 1 + 2 + 3 + 4 + 2
    _, first, second, total = table(verdicts).splitlines()
    assert first.split() == ["1", "10", "0", "0", "0", "0", "0", "1", "100"]
    assert second.split() == ["2", "5", "1", "2", "3", "4", "2", "1", "50"]
    assert total.split() == ["all", "15", "1", "2", "3", "4", "2", "2", "150"]


def seen(number: int, at: float, *, throttled: bool = False, merchant_id: str = "M1") -> dict[str, object]:
    """A call as Amazon saw it, which took it a hundredth of a second."""
    return {
        "request_id": f"r{number}",
        "merchant_id": merchant_id,
        "operation": "inventory",
        "at": at,
        "answered_at": at + 0.01,
        "throttled": throttled,
    }


def recorded(number: int, latency_s: float) -> dict[str, object]:
    return {"request_id": f"r{number}", "latency_ms": round(latency_s * 1000)}


def test_a_throttled_call_is_its_workers_fault_unless_calls_were_held_up_on_their_way() -> None:
    calls = [seen(1, 10.0), seen(2, 10.001), seen(3, 10.5, throttled=True)]
    at_once = [recorded(number, 0.012) for number in (1, 2, 3)]
    assert [call["request_id"] for call in throttled_by_worker(calls, at_once)] == ["r3"]
    assert list(throttled_by_worker(calls, [recorded(1, 0.7), *at_once[1:]])) == []
    assert [call["request_id"] for call in throttled_by_worker(calls, [])] == ["r3"], "nothing is known of their ways"


def test_another_merchants_way_and_one_of_long_ago_excuse_nobody() -> None:
    calls = [seen(1, 8.0), seen(2, 10.0, merchant_id="M2"), seen(3, 10.5, throttled=True)]
    records = [recorded(1, 0.9), recorded(2, 0.9), recorded(3, 0.012)]
    assert [call["request_id"] for call in throttled_by_worker(calls, records)] == ["r3"]
