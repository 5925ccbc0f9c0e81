"""Polls of orders rest for long only while every change had its notification, and never after one had none (G8)."""

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.polling.intervals import (
    LATE_S,
    PROOF_LASTS_S,
    UNPROVEN,
    Proof,
    count_told,
    interval_s,
    take_notification,
    take_untold,
)

OFTEN_S, SLOWEST_S = 5.0, 60.0

seconds = st.one_of(st.floats(0, 2 * LATE_S), st.floats(0, 3 * PROOF_LASTS_S))
shipments = st.sampled_from(["S1", "S2", "S3"])
# (what happens, to which shipment, how long after what was before)
stories = st.lists(st.tuples(st.sampled_from(["told", "notified", "untold"]), shipments, seconds), max_size=30)


def after(story: list[tuple[str, str, float]], proof: Proof = UNPROVEN, now: float = 0.0) -> tuple[Proof, float]:
    for what, shipment_id, wait_s in story:
        now += wait_s
        if what == "told":
            proof = count_told(proof, now)
        elif what == "notified":
            proof = take_notification(proof, shipment_id, "ACCEPTED", now)
        else:
            proof = take_untold(proof, shipment_id, "ACCEPTED", now)
    return proof, now


def interval(proof: Proof, now: float) -> float:
    return interval_s(proof, now, OFTEN_S, SLOWEST_S)


@given(stories, seconds, st.floats(1, 3600), st.floats(1, 3600))
def test_it_stays_between_the_merchants_and_the_slowest(
    story: list[tuple[str, str, float]], wait_s: float, often_s: float, slowest_s: float
) -> None:
    proof, now = after(story)
    assert often_s <= interval_s(proof, now + wait_s, often_s, slowest_s) <= max(often_s, slowest_s)


@given(stories, seconds)
def test_nothing_is_proven_without_a_notification(story: list[tuple[str, str, float]], wait_s: float) -> None:
    proof, now = after([event for event in story if event[0] == "untold"])
    assert interval(proof, now + wait_s) == OFTEN_S


@given(stories, stories, st.floats(0, LATE_S - 0.001))
def test_an_untold_change_ends_it_at_once_and_until_its_notification(
    before: list[tuple[str, str, float]], meanwhile: list[tuple[str, str, float]], late_s: float
) -> None:
    proof, shown_at = after(before)
    proof = take_untold(proof, "S9", "ACCEPTED", shown_at)
    assert interval(proof, shown_at) == OFTEN_S
    if not proof.untold:
        return  # so many were untold that nothing is proven any more
    at_once = [(what, shipment_id, 0.0) for what, shipment_id, _ in meanwhile if what != "untold"]
    proof, _ = after(at_once, proof, shown_at + late_s)
    assert interval(proof, shown_at + late_s) == OFTEN_S
    told = take_notification(proof, "S9", "ACCEPTED", shown_at + late_s)
    assert told.told > 0
    assert all(each.shipment_id != "S9" for each in told.untold)


@given(stories, seconds)
def test_a_notification_that_never_came_voids_all_proof(story: list[tuple[str, str, float]], wait_s: float) -> None:
    proof, shown_at = after(story)
    proof = take_untold(proof, "S9", "ACCEPTED", shown_at)
    later = shown_at + LATE_S + 1 + wait_s
    assert interval(proof, later) == OFTEN_S
    too_late = take_notification(proof, "S9", "ACCEPTED", later)
    assert interval(too_late, later) == OFTEN_S
    assert interval(count_told(proof, later), later) == 2 * OFTEN_S


@given(stories)
def test_silence_ends_it(story: list[tuple[str, str, float]]) -> None:
    proof, now = after(story)
    assert interval(proof, now + PROOF_LASTS_S + 1) == OFTEN_S


@given(st.integers(1, 200), st.floats(0, PROOF_LASTS_S / 200))
def test_each_change_that_was_told_doubles_it(count: int, wait_s: float) -> None:
    proof, now = after([("told", "S1", wait_s)] * count)
    assert interval(proof, now) == min(SLOWEST_S, OFTEN_S * 2**count)


def test_another_states_notification_proves_nothing() -> None:
    proof = take_untold(UNPROVEN, "S1", "ACCEPTED", 0.0)
    assert take_notification(proof, "S1", "CREATED", 1.0) == proof
    assert take_notification(UNPROVEN, "S1", "ACCEPTED", 1.0) == UNPROVEN


def test_a_crowd_of_untold_changes_is_no_lag() -> None:
    proof = count_told(UNPROVEN, 0.0)
    for number in range(200):
        proof = take_untold(proof, f"S{number}", "ACCEPTED", 1.0)
        assert len(proof.untold) <= 100
    assert interval(proof, 1.0) == OFTEN_S
    assert proof.told == 0
