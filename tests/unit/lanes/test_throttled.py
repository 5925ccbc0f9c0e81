"""A 429 closes the whole lane; what Amazon asks for is obeyed, within bounds, and is not forgotten (guarantee G3)."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from connector.domain.outcomes import Accepted, Answer, Outcome, Throttled
from connector.lanes.access.access import Access
from connector.lanes.call import Call, Performed
from connector.lanes.lane import Lane
from connector.lanes.lanes import Lanes
from connector.lanes.pace import Learnt, Pace
from connector.lanes.terms import LaneSpec
from connector.lanes.under_way import UnderWay
from tests.kit.lanes import BUSY, DONE, Amazon, calls_of, idle, lane_in, lane_on, lanes_on, most_in, run_until, terms_of
from tests.kit.virtual_time import run_virtual

SLOW_DOWN: Outcome[None] = Throttled(Answer(http_status=429))


def times_of(amazon: Amazon, seconds: float, *, skus: int = 2_000) -> list[float]:
    """Of the calls of so long, from the first on."""

    async def scenario() -> None:
        lane = lane_on(amazon)
        for position in range(skus):
            lane.offer(f"sku-{position}", (1, position))
        end = asyncio.get_running_loop().time() + seconds + 2
        await run_until([lane], lambda: asyncio.get_running_loop().time() > end, seconds + 10, step_s=1)

    run_virtual(scenario())
    return [at - amazon.times()[0] for at in amazon.times() if at - amazon.times()[0] < seconds]


@pytest.mark.parametrize(("asked_s", "least_s"), [(20.0, 20.0), (None, 0.75)])
def test_a_429_closes_the_whole_lane(asked_s: float | None, least_s: float) -> None:
    async def scenario() -> None:
        amazon = Amazon(says=lambda key, count: Throttled(Answer(), asked_s) if key == "a" and count == 1 else DONE)
        lane = lane_on(amazon)
        for position, key in enumerate("abcdef"):
            lane.offer(key, (1, position))
        await run_until([lane], idle(lane), 60)
        before = [at for at in amazon.times() if at <= amazon.times("a")[0] + amazon.answer_s]
        after = amazon.times()[len(before)]
        assert after - amazon.times("a")[0] >= least_s
        assert len(amazon.times("a")) == 2

    run_virtual(scenario())


def test_a_call_that_waits_for_its_token_does_not_leave_while_the_lane_is_closed() -> None:
    async def scenario() -> None:
        amazon = Amazon(
            says=lambda key, count: Throttled(Answer(), 20.0) if key == "a" and count == 1 else DONE,
            held_up_s=lambda number: 5.0 if number == 1 else 0.0,
            answer_s=1.0,
        )
        lane = lane_on(amazon)
        lane.offer("a", (1, 0))
        lane.offer("b", (1, 1))
        await run_until([lane], idle(lane), 90)
        waited_s = amazon.times("b")[0] - amazon.times("a")[0]
        assert 20.0 <= waited_s < 27.1

    run_virtual(scenario())


def test_what_was_held_back_has_not_failed() -> None:
    """However often it was throttled before, it goes as soon as the lane opens."""

    async def scenario() -> None:
        calls: list[str] = []
        loop = asyncio.get_running_loop()
        reopened_at = 0.0

        def prepare(due: Sequence[tuple[str, int]]) -> Call:
            ((key, attempts),) = due

            async def perform(under_way: UnderWay) -> Performed:
                nonlocal reopened_at
                if attempts == 6:
                    lane.recall(Learnt(closed_until=loop.time() + 5.0))
                    reopened_at = loop.time() + 5.0
                if not under_way.may_leave():
                    return Performed(BUSY)
                under_way.left(loop.time())
                calls.append(key)
                if attempts < 6:
                    return Performed(Throttled(Answer(), 1.0))
                lane.settle(key, None)
                return Performed(DONE)

            return Call((key,), perform)

        pace = Pace(6, 0, loop.time())
        spec = LaneSpec(merchant_id="M1", operation="inventory")
        lane = Lane(spec, pace, Access(), prepare=prepare, terms=terms_of())
        lane.offer("a", (1, 0))
        await run_until([lane], idle(lane), 60)
        assert len(calls) == 7
        assert 0 <= loop.time() - reopened_at < 1.0

    run_virtual(scenario())


def test_a_429_closes_the_lane_before_its_record_is_kept() -> None:
    """Kafka may take its time."""

    def says(key: str, count: int) -> Outcome[None]:
        return Throttled(Answer(), 20.0) if key == "sku-0" and count == 1 else DONE

    times = times_of(Amazon(says=says, record_s=5.0), 60)
    assert len([at for at in times if at <= 20.0]) == 1
    assert times[1] < 21.0, "closed once, not once more when it was recorded"


@pytest.mark.parametrize("answer_s", [0.05, 0.5, 1.0])
def test_pauses_grow_to_a_minute_whatever_was_in_flight(answer_s: float) -> None:
    """Also for a 429 inside a 207, or with Retry-After 0: the outcome is the same."""
    times = times_of(Amazon(says=lambda _key, _count: SLOW_DOWN, answer_s=answer_s), 600)
    assert len([at for at in times if at < 30]) <= 10
    assert 10 <= len(times) <= 30
    assert 55 <= times[-1] - times[-2] <= 65


def test_then_the_work_goes_on_at_full_pace() -> None:
    loop_time: list[float] = []

    def says(_key: str, _count: int) -> Outcome[None]:
        loop_time.append(asyncio.get_running_loop().time())
        return SLOW_DOWN if loop_time[-1] - loop_time[0] < 60 else DONE

    times = times_of(Amazon(says=says), 300)
    assert most_in(times) <= 6
    late = [at for at in times if at > 200]
    assert len(late) / (late[-1] - late[0]) >= 0.98 * 6


def test_after_a_429_a_single_call_tells_whether_the_lane_is_open() -> None:
    def says(_key: str, count: int) -> Outcome[None]:
        return SLOW_DOWN if count == 1 else DONE

    amazon = Amazon(says=says, answer_s=2.0)
    times = times_of(amazon, 20)
    after = [at for at in times if at > 4]
    assert after[1] - after[0] >= amazon.answer_s


def test_one_key_that_is_throttled_closes_the_lane_and_is_asked_again_with_the_others_done() -> None:
    """A 429 inside a 207."""

    async def scenario() -> None:
        calls: list[tuple[str, ...]] = []

        def prepare(due: Sequence[tuple[str, int]]) -> Call:
            keys = tuple(key for key, _ in due)

            async def perform(under_way: UnderWay) -> Performed:
                under_way.left(asyncio.get_running_loop().time())
                calls.append(keys)
                again = frozenset({"b"} & set(keys)) if len(calls) == 1 else frozenset()
                for key in set(keys) - again:
                    lane.settle(key, None)
                return Performed(SLOW_DOWN if again else DONE, again)

            return Call(keys, perform)

        spec = LaneSpec(merchant_id="M1", operation="inventory", batch_size=3)
        pace = Pace(6, 0, asyncio.get_running_loop().time())
        lane = Lane(spec, pace, Access(), prepare=prepare, terms=terms_of())
        for key in "abc":
            lane.offer(key, (1, 0))
        await run_until([lane], idle(lane), 10)
        assert calls == [("a", "b", "c"), ("b",)]

    run_virtual(scenario())


def test_a_stated_limit_never_stops_a_lane_and_is_forgotten_within_the_hour() -> None:
    """A limit of 0.0055 calls a second, said once."""
    amazon = Amazon(states_limit=lambda number: 0.0055 if number == 1 else None)
    times = times_of(amazon, 1_900, skus=6_000)
    assert len([at for at in times if at < 600]) >= 10
    late = [at for at in times if at > 1_700]
    assert (len(late) - 1) / (late[-1] - late[0]) >= 0.99 * 6
    assert most_in(times[:2_000]) <= 6


def test_a_limit_that_is_said_again_holds() -> None:
    times = times_of(Amazon(states_limit=lambda _number: 0.5), 1_200)
    assert 590 <= len(times) <= 610


async def closed_by_amazon(lanes: Lanes, amazon: Amazon) -> float:
    """The time at which a lane was told to wait ten minutes."""
    lane = lane_in(lanes, "M1", "inventory", prepare_on(lanes, amazon))
    for position in range(50):
        lane.offer(f"sku-{position}", (1, position))
    while not amazon.calls:  # noqa: ASYNC110 - virtual time
        await asyncio.sleep(0.1)
    await asyncio.sleep(10)
    return amazon.calls[0][0]


def prepare_on(lanes: Lanes, amazon: Amazon) -> Callable[[Sequence[tuple[str, int]]], Call | None]:
    return calls_of(amazon, lambda: lanes.lane("M1", "inventory"))


def wait_ten_minutes(_key: str, count: int) -> Outcome[None]:
    return Throttled(Answer(http_status=429), 600.0) if count == 1 else DONE


def test_a_lane_that_is_opened_anew_still_waits() -> None:
    """A pause and its end, an edit of the merchants file, a rebalance that comes back."""

    async def scenario() -> None:
        amazon = Amazon(says=wait_ten_minutes)
        lanes = lanes_on()
        closed_at = await closed_by_amazon(lanes, amazon)
        sent = len(amazon.calls)
        await lanes.close(1.0, "M1")
        lane = lane_in(lanes, "M1", "inventory", prepare_on(lanes, amazon))
        lane.offer("sku-0", (1, 0))
        await lanes.close(1.0)
        lane = lane_in(lanes, "M1", "inventory", prepare_on(lanes, amazon))
        lane.offer("sku-0", (1, 0))
        while len(amazon.calls) == sent:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(1)
        assert 600 <= amazon.calls[-1][0] - closed_at <= 605
        await lanes.close(1.0)

    run_virtual(scenario())


def test_a_new_owner_knows_what_another_was_told() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        amazon = Amazon()
        lanes = lanes_on()
        lanes.recall = lambda _merchant, _operation: Learnt(loop.time() + 540, 1.0, loop.time() - 60)
        lane = lane_in(lanes, "M1", "inventory", prepare_on(lanes, amazon))
        for position in range(50):
            lane.offer(f"sku-{position}", (1, position))
        opened_at = loop.time()
        while len(amazon.calls) < 11:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(1)
        times = amazon.times()
        assert 540 <= times[0] - opened_at <= 545
        await lanes.close(1.0)

    run_virtual(scenario())


def test_a_late_word_of_another_worker_reaches_the_open_lane() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        amazon = Amazon()
        lanes = lanes_on()
        lane = lane_in(lanes, "M1", "inventory", prepare_on(lanes, amazon))
        lane.offer("sku", (1, 0))
        told_at = loop.time()
        lane.recall(Learnt(told_at + 300))
        while not amazon.calls:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(1)
        assert amazon.times()[0] - told_at >= 300
        await lanes.close(1.0)

    run_virtual(scenario())


def test_no_wait_is_longer_than_an_hour() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        amazon = Amazon()
        lanes = lanes_on()
        lanes.recall = lambda _merchant, _operation: Learnt(loop.time() + 9e9)  # somebody's clock was wrong
        lane = lane_in(lanes, "M1", "inventory", prepare_on(lanes, amazon))
        lane.offer("sku", (1, 0))
        opened_at = loop.time()
        while not amazon.calls:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(1)
        assert amazon.times()[0] - opened_at <= 3_605
        await lanes.close(1.0)

    run_virtual(scenario())


def test_an_accepted_call_ends_the_growing_of_pauses() -> None:
    def says(_key: str, _count: int) -> Outcome[None]:
        number = len(amazon.calls)
        return SLOW_DOWN if number in (1, 2, 3, 10) else DONE

    amazon = Amazon(says=says)
    times = times_of(amazon, 60)
    assert isinstance(DONE, Accepted)
    assert times[10] - times[9] < 2.5
