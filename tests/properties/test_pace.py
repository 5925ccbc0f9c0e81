"""No second ever sees more calls than the limit plus its burst, and waiting work uses the limit (guarantee G3)."""

from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.lanes.pace import Learnt, Pace

RATES = st.sampled_from([0.5, 1.0, 2.5, 5.0, 6.0, 50.0])
RATES_OF_A_SECOND = [1.0, 2.5, 6.0, 50.0]
LATENESS_S = st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.004, 0.02, 0.3]), min_size=1, max_size=200)


def sends(pace: Pace, lateness_s: list[float], idle: set[int]) -> list[float]:
    now, times = 0.0, []
    for position, late_s in enumerate(lateness_s):
        now += 3.0 if position in idle else 0.0
        ready_at = now
        now += max(pace.wait_s(now), 0.0) + late_s
        slot = pace.take(now, ready_at)
        slot.at = now
        times.append(now)
    return times


def most_in(times: list[float], seconds: float) -> int:
    return max(sum(1 for other in times if start <= other < start + seconds) for start in times)


@settings(max_examples=200)
@given(RATES, st.integers(0, 3), LATENESS_S, st.sets(st.integers(0, 199), max_size=3))
def test_no_second_sees_more_than_limit_and_burst(
    rate: float, burst: int, lateness_s: list[float], idle: set[int]
) -> None:
    times = sends(Pace(rate, burst, 0.0), lateness_s, idle)
    assert most_in(times, 1.0) <= ceil(rate) + burst
    assert times[0] >= 1, "what another worker sent in this second is not known"


@settings(max_examples=100)
@given(RATES, st.integers(0, 3), LATENESS_S, LATENESS_S)
def test_a_handover_from_one_worker_to_another_keeps_the_limit(
    rate: float, burst: int, before: list[float], after: list[float]
) -> None:
    old = sends(Pace(rate, burst, 0.0), before, set())
    new = [old[-1] + at for at in sends(Pace(rate, burst, 0.0), after, set())]
    assert most_in([*old, *new], 1.0) <= ceil(rate) + burst


@given(RATES, st.lists(st.sampled_from([0.0, 0.001, 0.002]), min_size=300, max_size=300))
def test_waiting_work_uses_the_limit(rate: float, lateness_s: list[float]) -> None:
    times = sends(Pace(rate, 0, 0.0), lateness_s, set())
    assert (len(times) - 1) / (times[-1] - times[0]) >= 0.99 * rate


def test_one_late_call_costs_nothing() -> None:
    times = sends(Pace(6, 0, 0.0), [0.0] * 60 + [0.08] + [0.0] * 239, set())
    assert 299 / (times[-1] - times[0]) >= 0.995 * 6


def test_a_burst_comes_only_after_a_rest() -> None:
    pace = Pace(6, 2, 0.0)
    times = sends(pace, [0.0] * 12, set())
    assert most_in(times, 0.16) == 1
    later = times[-1] + 10.0
    together = 0
    while pace.wait_s(later) <= 0:
        pace.take(later, later)
        together += 1
    assert together == 3


def test_a_closed_pace_stays_closed_and_does_not_catch_up_after() -> None:
    pace = Pace(6, 0, 0.0)
    pace.close_until(30.0, 0.0)
    assert pace.wait_s(10.0) == 20.0
    pace.take(30.0, 0.0)
    assert pace.wait_s(30.0) > 0.16


def test_the_header_lowers_the_limit_and_lets_it_return() -> None:
    pace = Pace(6, 0, 0.0)
    pace.follow(2.0, 0.0)
    pace.take(10.0, 10.0)
    assert 0.5 <= pace.wait_s(10.0) < 0.51
    pace.follow(50.0, 10.0)
    assert pace.limit_per_s == 6
    assert pace.wait_s(10.0) < 0.17


@given(
    st.floats(min_value=1e-300, max_value=1e300),
    st.sampled_from([1 / 60, 0.1, 1.0, 6.0, 1000.0]),
    st.floats(min_value=0, max_value=1e9),
)
def test_a_stated_limit_is_bounded_and_recovers_within_the_hour(stated: float, rate: float, now: float) -> None:
    pace = Pace(rate, 0, now)
    pace.follow(stated, now)
    assert min(1 / 60, rate) <= pace.limit_per_s <= rate
    assert pace.wait_s(now) <= 61.5
    pace.wait_s(now + 3_599)
    assert pace.limit_per_s == rate


@given(st.sampled_from([0.0, -1.0, -1e300]))
def test_a_limit_that_is_none_is_not_followed(stated: float) -> None:
    pace = Pace(6, 0, 0.0)
    pace.follow(stated, 1.0)
    assert pace.limit_per_s == 6


LEARNT = st.builds(
    Learnt,
    st.floats(min_value=-1e6, max_value=1e9),
    st.none() | st.floats(min_value=1e-9, max_value=100),
    st.floats(min_value=-1e6, max_value=1e9),
)


@given(RATES, st.integers(0, 3), LEARNT, LEARNT, st.floats(min_value=0, max_value=1))
def test_what_was_learnt_holds_a_new_lane_back_but_for_an_hour_at_most(
    rate: float, burst: int, one: Learnt, other: Learnt, phase: float
) -> None:
    learnt = one.and_then(other)
    assert learnt == other.and_then(one) or one.stated_at == other.stated_at
    now = 1_000.0
    pace = Pace(rate, burst, now, phase=phase, learnt=learnt)
    assert now + pace.wait_s(now) >= min(learnt.closed_until, now + 3_600) - 1e-6
    assert pace.wait_s(now) <= 3_600 + 62
    assert pace.limit_per_s <= rate


@settings(max_examples=100, deadline=None)
@given(RATES, LATENESS_S, st.lists(st.tuples(st.integers(0, 199), st.sampled_from([0.2, 1.0, 3.0, 9.0])), max_size=4))
def test_a_limit_that_changes_meanwhile_is_kept_by_its_new_measure(
    rate: float, lateness_s: list[float], said: list[tuple[int, float]]
) -> None:
    pace, now, times = Pace(rate, 0, 0.0), 0.0, list[tuple[float, float]]()
    says = dict(said)
    for position, late_s in enumerate(lateness_s):
        if position in says:
            pace.follow(says[position], now)
        ready_at = now
        now += max(pace.wait_s(now), 0.0) + late_s
        pace.take(now, ready_at)
        times.append((now, pace.limit_per_s))
    assert most_in([at for at, _ in times], 1.0) <= ceil(rate)
    for (earlier, _), (later, limit) in pairwise(times):
        assert later - earlier >= 0.5 / limit


@settings(deadline=None)
@given(st.sampled_from([1.0, 2.5, 5.0, 6.0, 50.0]), LATENESS_S)
def test_what_is_late_is_caught_up_at_twice_the_rate_at_most(rate: float, lateness_s: list[float]) -> None:
    """Two calls of a lane never leave together, whatever held up the first."""
    times = sends(Pace(rate, 0, 0.0), lateness_s, set())
    assert all(later - earlier >= 0.5 / rate for earlier, later in pairwise(times))


@given(st.sampled_from(RATES_OF_A_SECOND), st.floats(min_value=0, max_value=0.999))
def test_lanes_that_start_together_call_apart(rate: float, phase: float) -> None:
    first_s = Pace(rate, 0, 0.0, phase=phase).wait_s(0.0) - Pace(rate, 0, 0.0).wait_s(0.0)
    assert first_s == pytest.approx(phase * min(1.005 / rate, 0.5))
