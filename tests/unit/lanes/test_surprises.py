"""A fault of ours in one call costs its keys, not the lane and not the worker; only what is fatal ends it."""

import asyncio
from collections.abc import Sequence

import pytest

from connector.lanes.access.access import Access
from connector.lanes.call import Call, Performed
from connector.lanes.lane import Lane
from connector.lanes.pace import Pace
from connector.lanes.terms import LaneSpec, LaneTerms
from connector.lanes.under_way import UnderWay
from tests.kit.lanes import DONE, idle, run_until, terms_of
from tests.kit.virtual_time import run_virtual


class KafkaAway(Exception):
    pass


def lane_that(
    raises: type[Exception] | None, *, in_prepare: bool, terms: LaneTerms, calls: list[str], tried: list[int]
) -> Lane:
    """`raises` for the key "bad"; takes three keys a call. `tried`: how often "bad" had been, each time it is."""

    def prepare(due: Sequence[tuple[str, int]]) -> Call:
        keys = tuple(key for key, _ in due)
        tried.extend(attempts for key, attempts in due if key == "bad")
        if in_prepare and raises is not None and "bad" in keys:
            raise raises("SECRET")

        async def perform(under_way: UnderWay) -> Performed:
            under_way.left(asyncio.get_running_loop().time())
            calls.extend(keys)
            if raises is not None and "bad" in keys:
                raise raises("SECRET")
            for key in keys:
                lane.settle(key, None)
            return Performed(DONE)

        return Call(keys, perform)

    spec = LaneSpec(merchant_id="M1", operation="inventory", batch_size=3 if in_prepare else 1)
    pace = Pace(6, 0, asyncio.get_running_loop().time())
    lane = Lane(spec, pace, Access(), prepare=prepare, terms=terms)
    return lane


@pytest.mark.parametrize("in_prepare", [True, False], ids=["preparing", "performing"])
def test_the_others_go_on_and_the_key_is_tried_at_a_slow_beat(
    in_prepare: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        calls: list[str] = []
        tried: list[int] = []
        lane = lane_that(ZeroDivisionError, in_prepare=in_prepare, terms=terms_of(), calls=calls, tried=tried)
        for number, key in enumerate(["a", "bad", "c", "d", "e", "f"]):
            lane.offer(key, (1, number))
        await run_until([lane], lambda: len(set(calls) - {"bad"}) == 5, 30)
        loop = asyncio.get_running_loop()
        end = loop.time() + 3_600
        await run_until([lane], lambda: loop.time() > end, 4_000, step_s=10)
        assert len(lane.scheduler) == 1
        assert calls.count("bad") <= 20
        assert max(tried) >= 10

    run_virtual(scenario())
    assert caplog.text.count("ZeroDivisionError in ") == 1, "told once"
    assert "SECRET" not in caplog.text


def test_what_is_fatal_ends_the_lane() -> None:
    async def scenario() -> None:
        lane = lane_that(KafkaAway, in_prepare=False, terms=terms_of(fatal=(KafkaAway,)), calls=[], tried=[])
        lane.offer("bad", (1, 0))
        with pytest.raises(KafkaAway):
            await run_until([lane], idle(lane), 10)

    run_virtual(scenario())


def test_a_fault_in_the_loop_itself_ends_the_lane() -> None:
    async def scenario() -> None:
        def clock() -> float:
            raise RuntimeError("no clock")

        terms = terms_of(clock)
        lane = lane_that(None, in_prepare=False, terms=terms, calls=[], tried=[])
        with pytest.raises(RuntimeError, match="no clock"):
            await lane.run()

    run_virtual(scenario())
