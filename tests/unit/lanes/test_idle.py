"""A lane that has nothing to do: it takes next to nothing, and its next call goes when a running one's would."""

import asyncio

import pytest

from connector.domain.outcomes import Answer, Throttled
from connector.lanes.call import Call, Performed
from connector.lanes.idle import IdleLane
from connector.lanes.lane import IDLE_AFTER_S, Lane
from connector.lanes.lanes import Lanes
from connector.lanes.pace import Learnt
from connector.lanes.under_way import UnderWay
from tests.kit.lanes import Amazon, calls_of, lanes_on, terms_of
from tests.kit.virtual_time import run_virtual


def first_call_at(idle_s: float) -> float:
    """Seconds after it was opened, of a lane that has its first key after `idle_s`."""
    amazon = Amazon()

    async def scenario() -> float:
        opened_at, lanes = asyncio.get_running_loop().time(), lanes_on()
        prepare = calls_of(amazon, lambda: lanes.lane("M1", "inventory"))
        lanes.open("M1", "inventory", lambda _operation: prepare, rate=6, burst=0)
        await asyncio.sleep(idle_s)
        lane = lanes.lane("M1", "inventory")
        assert lane is not None
        lane.offer("sku", (1, 0))
        await asyncio.sleep(5)
        await lanes.close(0)
        return amazon.times()[0] - opened_at

    return run_virtual(scenario())


def test_nothing_runs_for_it_and_what_is_told_of_it_is_what_is_told_of_one_that_runs() -> None:
    async def scenario() -> None:
        lanes = lanes_on()
        for operation in ("inventory", "get_shipment"):
            lanes.open("M1", operation, lambda _operation: lambda _due: None, rate=5, burst=1)
        await asyncio.sleep(10)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        running = lanes.lane("M1", "inventory")
        assert lanes.lane("M1", "inventory") is running
        assert told(lanes, "inventory") == told(lanes, "get_shipment") == (0, None, 5, 0.0)
        assert [lane.operation for lane in lanes.of("M1")] == ["inventory", "get_shipment"]
        await lanes.close(0)
        assert list(lanes) == []

    run_virtual(scenario())


def told(lanes: Lanes, operation: str) -> tuple[object, ...]:
    lane = lanes.told("M1", operation)
    assert lane is not None
    used = lane.used_share(asyncio.get_running_loop().time())
    return lane.backlog, lane.oldest_since_ms, lane.limit_per_s, used


def test_the_window_that_another_worker_may_have_used_ends_a_second_after_it_was_opened() -> None:
    """Not after it was first asked for something; and a call that comes by itself has nothing to wait for then."""
    assert first_call_at(idle_s=0.5) == first_call_at(idle_s=0.0) >= 1.0
    assert first_call_at(idle_s=60.0) < 60.01


def first_call_of_assigned(recovery_s: float, *, reopened: bool = False) -> float:
    """Seconds after the assignment, of a lane that is opened `recovery_s` later and has keys at once."""
    amazon = Amazon()

    async def scenario() -> float:
        assigned_at, lanes = asyncio.get_running_loop().time(), lanes_on()
        await lanes.expect(frozenset({0}))
        await asyncio.sleep(recovery_s)
        if reopened:
            await lanes.close(0, "M1")
        prepare = calls_of(amazon, lambda: lanes.lane("M1", "inventory"))
        lanes.open("M1", "inventory", lambda _operation: prepare, rate=6, burst=0)
        for number in range(30):
            offer(lanes, f"sku-{number}")
        await asyncio.sleep(4)
        await lanes.close(0)
        return amazon.times()[0] - assigned_at

    return run_virtual(scenario())


def test_the_window_that_another_worker_may_have_used_runs_while_tables_are_recovered() -> None:
    """Nobody else calls since the partitions were assigned."""
    assert first_call_of_assigned(recovery_s=0.0) == first_call_of_assigned(recovery_s=0.9) >= 1.0
    assert first_call_of_assigned(recovery_s=5.0) < 5.01


def test_a_lane_that_was_closed_and_is_opened_again_waits_a_window_from_then() -> None:
    """Its own last call may have gone just now."""
    assert first_call_of_assigned(recovery_s=5.0, reopened=True) >= 6.0


def test_one_that_amazon_closed_or_slowed_down_is_told_so_before_anything_is_asked_of_it() -> None:
    async def scenario() -> None:
        lanes = lanes_on()
        now = asyncio.get_running_loop().time()
        lanes.recall = lambda _merchant, _operation: Learnt(limit_per_s=0.5, stated_at=now)
        lanes.open("M1", "inventory", lambda _operation: lambda _due: None, rate=6, burst=0)
        lane = lanes.told("M1", "inventory")
        assert lane is not None
        assert lane.limit_per_s == 0.5
        await lanes.close(0)

    run_virtual(scenario())


def called_lanes(amazon: Amazon, rate: float = 6) -> Lanes:
    """With a lane of M1's that was opened long ago, and has a key now."""
    lanes = lanes_on()
    prepare = calls_of(amazon, lambda: lanes.lane("M1", "inventory"))
    lanes.open("M1", "inventory", lambda _operation: prepare, rate=rate, burst=0)
    offer(lanes, "first")
    return lanes


def offer(lanes: Lanes, key: str) -> None:
    lane = lanes.lane("M1", "inventory")
    assert lane is not None
    lane.offer(key, (1, 0))


def test_one_that_has_had_nothing_to_do_for_long_is_idle_again_and_tells_what_it_told() -> None:
    async def scenario() -> None:
        lanes = called_lanes(Amazon())
        await asyncio.sleep(5)
        before = told(lanes, "inventory")
        (running,) = lanes.running()
        assert lanes.told("M1", "inventory") is running
        assert isinstance(lanes.told("M1", "inventory"), Lane)
        await asyncio.sleep(3 * IDLE_AFTER_S)
        assert isinstance(lanes.told("M1", "inventory"), IdleLane)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert told(lanes, "inventory") == before
        assert lanes.running() == []
        offer(lanes, "second")
        assert [lane.operation for lane in lanes.running()] == ["inventory"]
        await lanes.close(0)
        assert lanes.running() == []

    run_virtual(scenario())


def test_the_first_call_after_a_rest_has_nothing_to_wait_for() -> None:
    amazon = Amazon()

    async def scenario() -> float:
        lanes = called_lanes(amazon)
        await asyncio.sleep(3 * IDLE_AFTER_S)
        now = asyncio.get_running_loop().time()
        offer(lanes, "second")
        await asyncio.sleep(1)
        await lanes.close(0)
        return amazon.times("second")[0] - now

    assert run_virtual(scenario()) < 0.01


def test_a_call_counts_against_the_limit_though_its_lane_was_idle_meanwhile() -> None:
    """Of a merchant that may make a call every two hundred seconds."""
    amazon = Amazon()

    async def scenario() -> None:
        lanes = called_lanes(amazon, rate=0.005)
        await asyncio.sleep(205)  # the first call waits a whole window
        assert amazon.times("first")
        await asyncio.sleep(2 * IDLE_AFTER_S)
        offer(lanes, "second")
        await asyncio.sleep(300)
        await lanes.close(0)

    run_virtual(scenario())
    assert amazon.times("second")[0] - amazon.times("first")[0] >= 200


def test_one_that_amazon_slowed_down_is_not_idle_before_it_is_as_fast_as_ever() -> None:
    async def scenario() -> None:
        lanes = called_lanes(Amazon(states_limit=lambda _number: 0.5))
        for limit, minutes in ((0.5, 2), (1, 2), (2, 4), (4, 3)):
            await asyncio.sleep(60 * minutes)
            lane = lanes.told("M1", "inventory")
            assert isinstance(lane, Lane)
            assert lane.limit_per_s == limit
        await asyncio.sleep(240)
        assert isinstance(lanes.told("M1", "inventory"), IdleLane)
        await lanes.close(0)

    run_virtual(scenario())


def test_one_that_amazon_told_to_wait_runs_until_a_call_tells_that_it_need_not() -> None:
    throttled = Throttled(Answer(http_status=429), retry_after_s=600)

    async def scenario() -> None:
        lanes = called_lanes(Amazon(says=lambda _key, _count: throttled))
        await asyncio.sleep(5)
        lane = lanes.lane("M1", "inventory")
        assert lane is not None
        lane.settle("first", None)  # in another way
        for seconds in (300, 600):
            await asyncio.sleep(seconds)
            assert lanes.told("M1", "inventory") is lane
        await lanes.close(0)

    run_virtual(scenario())


def test_one_that_another_worker_heard_is_closed_runs_until_it_is_open() -> None:
    """Nothing was told to a call of its own."""
    amazon, heard = Amazon(), list[float]()

    async def scenario() -> None:
        lanes = called_lanes(amazon)
        await asyncio.sleep(5)
        lane = lanes.lane("M1", "inventory")
        assert lane is not None
        heard.append(asyncio.get_running_loop().time())
        lane.recall(Learnt(closed_until=heard[0] + 10 * IDLE_AFTER_S))
        await asyncio.sleep(5 * IDLE_AFTER_S)
        assert lanes.told("M1", "inventory") is lane
        offer(lanes, "second")
        await asyncio.sleep(20 * IDLE_AFTER_S)
        assert isinstance(lanes.told("M1", "inventory"), IdleLane)
        await lanes.close(0)

    run_virtual(scenario())
    assert amazon.times("second")[0] >= heard[0] + 10 * IDLE_AFTER_S


def test_a_fault_that_a_call_brings_home_after_long_ends_the_lane_with_it() -> None:
    async def perform(under_way: UnderWay) -> Performed:
        under_way.left(asyncio.get_running_loop().time())
        await asyncio.sleep(2 * IDLE_AFTER_S)
        raise ConnectionError

    async def scenario() -> list[BaseException]:
        deaths: list[BaseException] = []
        lanes = Lanes(terms_of(fatal=(ConnectionError,)), deaths.append)
        lanes.open(
            "M1", "inventory", lambda _: lambda due: Call(tuple(key for key, _ in due), perform), rate=6, burst=0
        )
        offer(lanes, "first")
        await asyncio.sleep(IDLE_AFTER_S)
        lane = lanes.lane("M1", "inventory")
        assert lane is not None
        lane.settle("first", None)  # in another way
        await asyncio.sleep(3 * IDLE_AFTER_S)
        return deaths

    assert [type(death) for death in run_virtual(scenario())] == [ConnectionError]


def test_what_comes_in_a_lanes_last_moment_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    amazon, run, ended = Amazon(), Lane.run, list[Lane]()

    async def run_until_more_comes(lane: Lane) -> None:
        await run(lane)
        if not ended:
            lane.offer("late", (1, 0))
        ended.append(lane)

    async def scenario() -> None:
        lanes = called_lanes(amazon)
        await asyncio.sleep(3 * IDLE_AFTER_S)
        assert isinstance(lanes.told("M1", "inventory"), IdleLane)
        await lanes.close(0)

    monkeypatch.setattr(Lane, "run", run_until_more_comes)
    run_virtual(scenario())
    assert amazon.times("late")
    assert len(ended) == 2
