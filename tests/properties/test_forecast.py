"""The cut-off forecast: as the lanes do it, call by call; never better than the limits, never worse than one by one."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.orders.lateness.forecast import STEADY_MS, CutoffForecast, PendingShipment, forecast

NOW = 1_000_000
OPERATIONS = ("a", "b", "c")
RATES = st.fixed_dictionaries({operation: st.sampled_from([0.5, 1.0, 2.0, 5.0]) for operation in OPERATIONS})
DRAWN = st.tuples(
    st.sampled_from(["X", "Y"]),
    st.sampled_from([0, NOW + 1000, NOW + 5000, NOW + 20_000, NOW + 60_000]),
    st.sampled_from([None, NOW - 1, NOW + 2000, NOW + 10_000, NOW + 400_000]),
    st.dictionaries(st.sampled_from(OPERATIONS), st.integers(1, 3)),
)
PENDING = st.lists(DRAWN, max_size=25).map(
    lambda drawn: [
        PendingShipment(
            shipment_id=f"S{number}", location_id=location, ship_by_ms=ship_by, cutoff_ms=cutoff, calls=calls
        )
        for number, (location, ship_by, cutoff, calls) in enumerate(drawn)
    ]
)


def tick_by_tick(pending: list[PendingShipment], per_s: dict[str, float]) -> dict[str, int]:
    """The same told by a clock: at each millisecond each free lane takes the most urgent shipment that has come to it.
    All intervals are whole milliseconds."""
    left = {one.shipment_id: [name for name in per_s if name in one.calls] for one in pending}
    by_id = {one.shipment_id: (one, number) for number, one in enumerate(pending)}
    busy: dict[str, tuple[int, str]] = {}  # operation -> until when, with which
    done, at_ms = dict[str, int](), NOW
    while any(left.values()) or busy:
        for operation, (until_ms, shipment_id) in list(busy.items()):
            if until_ms == at_ms:
                del busy[operation]
                left[shipment_id].pop(0)
                done[shipment_id] = at_ms
        flying = {shipment_id for _, shipment_id in busy.values()}
        for operation in per_s:
            come = [key for key, names in left.items() if names and names[0] == operation and key not in flying]
            if operation not in busy and come:
                chosen = min(come, key=lambda key: (by_id[key][0].ship_by_ms, by_id[key][1]))
                calls = by_id[chosen][0].calls[operation]
                busy[operation] = at_ms + round(1000 / per_s[operation]) * calls, chosen
        at_ms = min((until_ms for until_ms, _ in busy.values()), default=at_ms)
    return done


@settings(max_examples=200)
@given(PENDING, RATES)
def test_it_is_what_the_lanes_come_to(pending: list[PendingShipment], per_s: dict[str, float]) -> None:
    assert forecast(pending, per_s, NOW).done_at_ms == tick_by_tick(pending, per_s)


@given(PENDING, RATES)
def test_no_lane_is_faster_than_its_limit_and_none_is_idle_for_nothing(
    pending: list[PendingShipment], per_s: dict[str, float]
) -> None:
    done = forecast(pending, per_s, NOW).done_at_ms
    work_ms = {name: sum(one.calls.get(name, 0) for one in pending) * 1000 / rate for name, rate in per_s.items()}
    last = max(done.values(), default=NOW) - NOW
    assert last >= max(work_ms.values(), default=0.0)
    assert last <= sum(work_ms.values())
    for one in pending:
        if one.calls:
            assert done[one.shipment_id] - NOW >= sum(calls * 1000 / per_s[name] for name, calls in one.calls.items())


@given(PENDING, RATES)
def test_who_is_at_risk_is_who_is_done_too_late(pending: list[PendingShipment], per_s: dict[str, float]) -> None:
    told = forecast(pending, per_s, NOW)
    late = [
        one
        for one in pending
        if one.calls and one.cutoff_ms is not None and NOW < one.cutoff_ms < told.done_at_ms[one.shipment_id]
    ]
    assert {risk.location_id: risk.count for risk in told.at_risk} == {
        place: count for place in ("X", "Y") if (count := sum(one.location_id == place for one in late))
    }
    for risk in told.at_risk:
        here = [one for one in late if one.location_id == risk.location_id]
        first = [one for one in here if one.cutoff_ms == risk.cutoff_ms]
        assert risk.cutoff_ms == min(one.cutoff_ms or 0 for one in here)
        assert risk.first_count == len(first)
        assert risk.done_at_ms == max(told.done_at_ms[one.shipment_id] for one in first)
        assert risk.location_id in told.near, "what is at risk is near, too"


@given(PENDING, RATES, st.integers(0, 24))
def test_with_one_lane_nobody_gains_by_more_work(
    pending: list[PendingShipment], per_s: dict[str, float], number: int
) -> None:
    one_lane = [replace(one, calls={"a": one.calls.get("a", 1)}) for one in pending]
    with_it = forecast(one_lane, per_s, NOW).done_at_ms
    without = forecast(one_lane[:number] + one_lane[number + 1 :], per_s, NOW).done_at_ms
    assert all(with_it[shipment_id] >= at_ms for shipment_id, at_ms in without.items())


def orders(count: int, cutoff_ms: int) -> list[PendingShipment]:
    return [
        PendingShipment(
            shipment_id=f"S{number}",
            location_id="EXSB",
            ship_by_ms=cutoff_ms,
            cutoff_ms=cutoff_ms,
            calls={"process_shipment": 1, "ship_labels": 1},
        )
        for number in range(count)
    ]


def told(count: int, cutoff_ms: int) -> CutoffForecast:
    return forecast(orders(count, cutoff_ms), {"process_shipment": 5, "ship_labels": 1}, NOW)


def test_thirty_seven_shipments_will_miss_four_o_clock() -> None:
    """A label a second, an hour left, 3,636 to do: the first label is made after a fifth of a second."""
    four = NOW + 3_600_000
    (risk,) = told(3636, four).at_risk
    assert (risk.location_id, risk.count, risk.first_count, risk.cutoff_ms) == ("EXSB", 37, 37, four)
    assert risk.done_at_ms == NOW + 3_636_200
    assert told(3599, four).at_risk == ()


def test_what_is_just_in_time_is_near_and_what_has_time_is_not() -> None:
    assert told(60, NOW + 60_200 + STEADY_MS - 1).near == {"EXSB"}
    assert told(60, NOW + 60_200 + STEADY_MS).near == frozenset()


def test_what_was_missed_already_is_no_forecast_and_takes_its_turn_all_the_same() -> None:
    late = [replace(one, shipment_id=f"late-{one.shipment_id}") for one in orders(100, NOW)]
    (risk,) = forecast([*late, *orders(1, NOW + 50_000)], {"process_shipment": 5, "ship_labels": 1}, NOW).at_risk
    assert (risk.count, risk.done_at_ms) == (1, NOW + 101_200)
