"""No second ever sees more calls than the limit plus its burst, and waiting work uses the limit (guarantee G3)."""

from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.lanes.pace import Pace

RATES = st.sampled_from([0.5, 1.0, 2.5, 5.0, 6.0, 50.0])
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
    pace.close_until(30.0)
    assert pace.wait_s(10.0) == 20.0
    pace.take(30.0, 0.0)
    assert pace.wait_s(30.0) > 0.16


def test_the_header_lowers_the_limit_and_lets_it_return() -> None:
    pace = Pace(6, 0, 0.0)
    pace.follow(2.0)
    pace.take(10.0, 10.0)
    assert 0.5 <= pace.wait_s(10.0) < 0.51
    pace.follow(50.0)
    assert pace.limit_per_s == 6
