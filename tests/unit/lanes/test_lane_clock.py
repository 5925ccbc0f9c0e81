"""Lanes and the grain of the clock."""

import asyncio
from collections.abc import Sequence

from connector.lanes.access.access import Access
from connector.lanes.lane import CLOCK_GRAIN_S, Lane
from connector.lanes.pace import Pace
from connector.lanes.terms import LaneSpec
from tests.kit.lanes import terms_of
from tests.kit.virtual_time import run_virtual


def test_a_key_that_is_settled_a_moment_before_it_is_due_is_not_prepared() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        prepared: list[Sequence[tuple[str, int]]] = []

        def prepare(due: Sequence[tuple[str, int]]) -> None:
            prepared.append(due)

        terms = terms_of(lambda: now)
        spec = LaneSpec(merchant_id="M1", operation="inventory")
        lane = Lane(spec, Pace(6, 0, now - 10), Access(), prepare=prepare, terms=terms)
        lane.offer("sku", (1, 0), wait_s=5.0)
        lane.settle("sku", None)
        now += 5.0 - CLOCK_GRAIN_S / 2
        run = asyncio.create_task(lane.run())
        await asyncio.wait([run], timeout=1)
        run.cancel()
        assert prepared == []

    run_virtual(scenario())
