"""What calls came to is settled together where SKUs wait for the limit, but a SKU that goes to zero waits for no other.

Each time sixty others wait, ten seconds' worth, and the call in question is the first.
"""

import asyncio

from connector.agents.api_calls import TOGETHER_S
from connector.domain.inventory.requests import UpdateInventory
from connector.kafka.topics import API_CALLS
from tests.kit.inventory.agents import StockAgents, play
from tests.kit.inventory.told import word

NEXT_CALLS_S = 0.4  # two of them, and the answer


async def sold_out_after(agents: StockAgents, seconds: float) -> float:
    """When Amazon is told that the first SKU is sold out, in seconds from when the OMS says it, which it does `seconds`
    after the SKU's call left."""
    await agents.say(word(5, 0, sku="first"))
    await agents.say(*(word(5, 1, sku=f"s{number}") for number in range(60)))
    await asyncio.sleep(seconds)
    assert agents.calls[0][1].sku == "first"
    said_at = asyncio.get_running_loop().time() - agents.start_s
    await agents.say(word(0, 2, sku="first"))
    await asyncio.sleep(5)
    zeros = (at for at, asked in agents.calls if isinstance(asked, UpdateInventory) and not asked.quantity)
    return next(zeros) - said_at


def test_results_come_together() -> None:
    async def scenario(agents: StockAgents) -> None:
        await agents.say(*(word(5, 0, sku=f"s{number}") for number in range(60)))
        counts = set()
        while len(agents.calls) < 30:
            counts.add(len(agents.topics.on(API_CALLS)))
            await asyncio.sleep(0.02)
        assert max(counts) > 20
        assert len(counts) <= 30 / (6 * TOGETHER_S) + 1

    play(scenario)


def test_one_that_sells_out_while_its_outcome_waits_for_others() -> None:
    async def scenario(agents: StockAgents) -> None:
        assert await sold_out_after(agents, agents.answer_s + 0.1) < NEXT_CALLS_S

    play(scenario)


def test_one_that_sells_out_while_its_call_is_under_way() -> None:
    async def scenario(agents: StockAgents) -> None:
        agents.answer_s = 0.6
        assert await sold_out_after(agents, 0.3) < 0.3 + NEXT_CALLS_S

    play(scenario)
