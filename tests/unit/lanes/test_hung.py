"""Merchants that get no answers leave the others their pace: calls in flight are shared."""

import asyncio

import pytest

from connector.lanes.in_flight import InFlight
from connector.lanes.lanes import Lanes
from tests.kit.lanes import Amazon, calls_of, lane_in, lanes_on, most_in
from tests.kit.virtual_time import run_virtual


def opened(lanes: Lanes, merchant_id: str, amazon: Amazon, skus: int = 300) -> None:
    prepare = calls_of(amazon, lambda: lanes.lane(merchant_id, "inventory"))
    lane = lane_in(lanes, merchant_id, "inventory", prepare)
    for position in range(skus):
        lane.offer(f"{merchant_id}-{position}", (1, position))


@pytest.mark.parametrize("before_s", [0.0, 30.0], ids=["all at once", "the hung ones first"])
def test_four_hung_merchants_take_nothing_from_a_fifth(before_s: float) -> None:
    async def scenario() -> None:
        in_flight = InFlight(50)
        lanes = lanes_on(in_flight=in_flight)
        hung = {name: Amazon(answer_s=8.0) for name in ("H1", "H2", "H3", "H4")}
        for name, amazon in hung.items():
            opened(lanes, name, amazon)
            await asyncio.sleep(before_s / 4)
        well = Amazon(answer_s=0.05)
        opened(lanes, "A2EXAMPLE", well)
        held: list[int] = []
        while len(well.calls) < 300:
            await asyncio.sleep(0.1)
            held.append(max(in_flight.of(name) for name in hung))
        times = well.times()
        assert 299 / (times[-1] - times[0]) >= 0.99 * 6
        assert most_in(times) <= 6
        assert max(held) <= 50 // 5
        await lanes.close(10.0)
        assert [in_flight.of(name) for name in (*hung, "A2EXAMPLE")] == [0] * 5

    run_virtual(scenario())


def test_a_merchant_alone_uses_its_limit_though_answers_are_slow() -> None:
    async def scenario() -> None:
        lanes = lanes_on(in_flight=InFlight(300))
        slow = Amazon(answer_s=9.0)
        opened(lanes, "M1", slow)
        while len(slow.calls) < 300:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.1)
        times = slow.times()
        assert 299 / (times[-1] - times[0]) >= 0.99 * 6
        await lanes.close(10.0)

    run_virtual(scenario())


def test_lists_that_all_hang_leave_room_for_stock() -> None:
    """Those of a hundred merchants want more calls at once than a worker may have."""

    async def scenario() -> None:
        in_flight = InFlight(80)
        lanes = lanes_on(in_flight=in_flight)
        hung, well = Amazon(answer_s=1e6), Amazon()
        prepare = calls_of(hung, lambda: None)
        for number in range(100):
            lanes.open(f"M{number}", "list_shipments", lambda _operation: prepare, rate=5, burst=0, standing=True)
            polls = lanes.lane(f"M{number}", "list_shipments")
            assert polls is not None
            for status in range(10):
                polls.offer(f"M{number}-{status}", (1, status))
        await asyncio.sleep(60)
        assert len(hung.calls) == 60
        opened(lanes, "A2EXAMPLE", well, skus=60)
        await asyncio.sleep(12)
        assert len(well.calls) == 60
        began = asyncio.get_running_loop().time()
        await lanes.close(3.0)
        assert asyncio.get_running_loop().time() - began < 0.1, "nobody waits for a list at a stop"
        assert in_flight.room_for_polls == 60

    run_virtual(scenario())


def test_lists_that_waited_for_room_go_when_others_are_answered() -> None:
    async def scenario() -> None:
        lanes, slow = lanes_on(in_flight=InFlight(8)), Amazon(answer_s=5.0)
        prepare = calls_of(slow, lambda: None)
        for number in range(20):
            lanes.open(f"M{number}", "list_shipments", lambda _operation: prepare, rate=5, burst=0, standing=True)
            polls = lanes.lane(f"M{number}", "list_shipments")
            assert polls is not None
            polls.offer(f"M{number}", (1, number))
        await asyncio.sleep(25)
        assert len(slow.calls) == 20
        await lanes.close(0.0)

    run_virtual(scenario())


def test_the_more_of_them_hang_the_less_each_of_them_holds() -> None:
    in_flight = InFlight(100)
    held: list[int] = []
    for merchant in range(15):
        while in_flight.has_room(f"H{merchant}"):
            in_flight.begin(f"H{merchant}")
        held.append(in_flight.of(f"H{merchant}"))
    assert held[0] == 20
    assert held == sorted(held, reverse=True)
    assert in_flight.has_room("NEW")


def test_room_comes_back_when_a_call_is_abandoned() -> None:
    async def scenario() -> None:
        in_flight = InFlight(20)
        lanes = lanes_on(in_flight=in_flight)
        opened(lanes, "H1", Amazon(answer_s=1e6))
        await asyncio.sleep(10)
        assert in_flight.of("H1") == 4
        await lanes.close(0.0)
        assert in_flight.of("H1") == 0

    run_virtual(scenario())
