"""A lane and the limit that Amazon states with its answers."""

import asyncio

from tests.kit.lanes import Amazon, idle, lane_on, run_until
from tests.kit.virtual_time import run_virtual


def test_a_lane_that_waits_for_a_lowered_limit_goes_on_when_amazon_states_the_usual_one() -> None:
    async def scenario() -> None:
        stated = iter([0.02])
        amazon = Amazon(answer_s=0.5, states_limit=lambda _: next(stated, 6.0))
        lane = lane_on(amazon)
        for number in range(8):
            lane.offer(f"sku-{number}", (1, number))
        await run_until([lane], idle(lane), 90)
        assert amazon.times()[-1] - amazon.times()[0] < 10.0

    run_virtual(scenario())


def test_a_lower_limit_is_heeded_before_the_record_that_states_it_is_kept() -> None:
    async def scenario() -> None:
        amazon = Amazon(states_limit=lambda _number: 0.5, record_s=5.0)
        lane = lane_on(amazon)
        for number in range(100):
            lane.offer(f"sku-{number}", (1, number))
        end = asyncio.get_running_loop().time() + 5.0
        await run_until([lane], lambda: asyncio.get_running_loop().time() > end, 10)
        assert 1 <= len(amazon.calls) <= 4

    run_virtual(scenario())
