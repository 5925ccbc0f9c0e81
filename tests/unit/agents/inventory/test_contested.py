"""SKUs that another integrator posts too: one alert for a merchant's, counted until they are quiet."""

import asyncio

from msgspec.structs import replace

from connector.domain.alerts import AlertKind
from connector.domain.inventory.requests import InventoryRequest, UpdateInventory
from tests.kit.inventory.agents import StockAgents, merchant, play
from tests.kit.inventory.told import alerts, word


def test_many_contested_skus_are_one_alert_which_ends_with_the_last() -> None:
    skus = [f"SKU-{number}" for number in range(3)]

    async def scenario(agents: StockAgents) -> None:
        for quantity, number in ((5, 0), (41, 41), (81, 81)):
            await agents.say(*(replace(word(quantity, number), sku=sku) for sku in skus))
            await asyncio.sleep(5)
            for sku in skus:
                agents.amazon.posted["EXSB", sku] = (quantity + 200, 99)
        await asyncio.sleep(60)
        assert set(agents.parts.contested) == {f"M1|EXSB|{sku}" for sku in skus}
        ((kind, first, ended),) = alerts(agents)
        assert (kind, ended) == (AlertKind.SKU_CONTESTED, False)
        await agents.close()
        agents.open()
        assert agents.parts.contested.of("M1") == tuple(f"M1|EXSB|{sku}" for sku in skus)
        agents.amazon.posted.clear()
        begun = len(agents.calls)
        await agents.parts.commands.retry_contested(0, "M1", agents.now_ms())
        await asyncio.sleep(5)
        assert {request.sku for _, request in agents.calls[begun:]} == set(skus), "at once"
        await asyncio.sleep(1_500)
        assert set(agents.parts.contested) == set()
        assert alerts(agents) == [(kind, first, False), (kind, first, True)]

    play(scenario)


def test_contested_skus_are_told_once_and_counted_until_they_are_quiet() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        contested = agents.parts.contested
        await agents.say(word(5, 0))
        await asyncio.sleep(5)
        for number in (41, 81):
            amazon.posted["EXSB", "SKU"] = (number, 99)
            await agents.say(word(number, number))
            await asyncio.sleep(5)
        assert set(contested) == {"M1|EXSB|SKU"}
        amazon.posted["EXSB", "SKU"] = (121, 99)
        await asyncio.sleep(120)
        assert [kind for kind, *_ in alerts(agents)] == [AlertKind.SKU_CONTESTED], "raised once"
        await asyncio.sleep(900)
        assert set(contested) == set()
        assert alerts(agents) == [(AlertKind.SKU_CONTESTED, "SKU", False), (AlertKind.SKU_CONTESTED, "SKU", True)]
        assert amazon.units("SKU") == 81

    play(scenario)


def test_fresh_stock_waits_for_no_rounds_of_what_a_rival_posts_too() -> None:
    """Not for those either that tell one as contested: the first refusal, the fetch, the number above, the second."""

    async def scenario(agents: StockAgents) -> None:
        def overtake(request: InventoryRequest) -> None:
            if isinstance(request, UpdateInventory) and request.sku.startswith("rival"):
                agents.amazon.posted["EXSB", request.sku] = (request.sequence + 100, 77)

        agents.amazon.odd = overtake
        await agents.say(*(replace(word(5, 0), sku=f"rival-{number}") for number in range(400)))
        await asyncio.sleep(92)
        fresh = [f"fresh-{number}" for number in range(20)]
        await agents.say(*(replace(word(5, 92), sku=sku) for sku in fresh))
        await asyncio.sleep(7)
        assert [sku for sku in fresh if ("EXSB", sku) not in agents.amazon.posted] == []
        told = len(agents.calls)
        await asyncio.sleep(30)
        assert len(agents.calls) - told >= 6 * 29, "and what is asked again has the whole lane where nothing is fresh"

    play(scenario, merchant(inventory_batch_size=1))
