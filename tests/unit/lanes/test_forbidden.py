"""A 403 with a good token belongs to what was asked for; the merchant is suspended when nothing works any more (G9)."""

import asyncio
from collections.abc import Callable

from connector.domain.outcomes import Answer, Forbidden, Outcome
from connector.lanes.access.access import Access
from connector.lanes.lane import Lane
from connector.lanes.scheduler import Kind
from tests.kit.lanes import DONE, Amazon, lane_on, run_until, terms_of
from tests.kit.virtual_time import run_virtual

NOT_YOURS: Outcome[None] = Forbidden(Answer(http_status=403, message="not yours"))


def settled_strangely(lane: Lane, amazon: Amazon, waits: Callable[[int], float]) -> Callable[[], None]:
    """As the settlements do it: what was forbidden is offered again, to heal, later each time."""
    done: set[int] = set()

    def settle() -> None:
        for number, (_, (key,)) in enumerate(amazon.calls):
            if number not in done and not amazon.flying[key]:
                done.add(number)
                if isinstance(amazon.says(key, amazon.tries[key]), Forbidden):
                    lane.settle(key, (1, 0), waits(amazon.tries[key]), kind=Kind.HEALING)
                else:
                    lane.settle(key, None)

    return settle


def parked(tries: int) -> float:
    return 2.0**tries if tries < 5 else 300.0


def test_one_forbidden_shipment_suspends_nobody_and_slows_nothing() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        access, changes = Access(), list[tuple[str, bool, str]]()
        terms = terms_of(changes=changes)
        shipments = Amazon(says=lambda _key, _count: NOT_YOURS)
        stock = Amazon()
        reading = lane_on(shipments, access=access, operation="get_shipment", terms=terms, settles=False)
        updating = lane_on(stock, access=access, terms=terms)
        settle = settled_strangely(reading, shipments, parked)
        reading.offer("S-NOT-OURS", (0, 0))
        for number in range(3_600):
            updating.offer(f"sku-{number}", (1, number))
        end = loop.time() + 600

        def over() -> bool:
            settle()
            return loop.time() > end

        await run_until([reading, updating], over, 700, step_s=0.1)
        assert changes == []
        assert 5 <= len(shipments.calls) <= 8
        times = stock.times()
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.99 * 6

    run_virtual(scenario())


def test_one_forbidden_operation_suspends_nobody_though_nothing_else_is_asked() -> None:
    async def scenario() -> None:
        changes = list[tuple[str, bool, str]]()
        amazon = Amazon(says=lambda _key, _count: NOT_YOURS)
        lane = lane_on(amazon, terms=terms_of(changes=changes), settles=False)
        settle = settled_strangely(lane, amazon, lambda _tries: 1.0)
        for number in range(20):
            lane.offer(f"sku-{number}", (1, number))

        def over() -> bool:
            settle()
            return len(amazon.calls) > 300

        await run_until([lane], over, 400, step_s=0.1)
        assert changes == []

    run_virtual(scenario())


def test_several_forbidden_operations_and_nothing_that_works_suspend_it_until_a_probe_is_taken() -> None:
    """The forbidden key does not win every probe: what was refused comes later than the others."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        back_at = loop.time() + 200
        access, changes = Access(), list[tuple[str, bool, str]]()
        terms = terms_of(changes=changes)

        def says(key: str, _count: int) -> Outcome[None]:
            return DONE if loop.time() >= back_at and key != "sku-0" else NOT_YOURS

        amazons = [Amazon(says=says), Amazon(says=says)]
        lanes = [
            lane_on(amazon, access=access, operation=operation, terms=terms, settles=False)
            for amazon, operation in zip(amazons, ("inventory", "get_shipment"), strict=True)
        ]
        settles = [settled_strangely(lane, amazon, parked) for lane, amazon in zip(lanes, amazons, strict=True)]
        for lane in lanes:
            for number in range(300):
                lane.offer(f"sku-{number}", (1, number))

        def over() -> bool:
            for settle in settles:
                settle()
            return loop.time() > back_at + 120

        await run_until(lanes, over, 400, step_s=0.1)
        assert [change[1] for change in changes] == [True, False]
        suspended_at = sorted(at for amazon in amazons for at in amazon.times() if at > back_at - 100)
        probes = [at for at in suspended_at if at < back_at]
        assert 1 <= len(probes) <= 10
        assert len([at for at in suspended_at if at > back_at + 70]) > 120, "healing calls have a quarter of each lane"

    run_virtual(scenario())
