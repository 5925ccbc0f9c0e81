"""Which numbers may be bound to another quantity, and when calls are made: around revocations, pauses and trouble."""

import asyncio

from msgspec.structs import replace

from connector.domain.inventory.ledger import Phase
from connector.domain.inventory.requests import InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.outcomes import Accepted, Answer, Outcome, Refused, Throttled, Unavailable
from connector.kafka.topics import ALERTS, API_CALLS
from connector.smartconnect.caller import CallReport
from tests.kit.inventory.agents import NOW_MS, PARTITION, StockAgents, merchant, play
from tests.kit.inventory.amazon import Odd
from tests.kit.inventory.rows import update


def sent(agents: StockAgents) -> list[tuple[int, int]]:
    """What left, answered or not."""
    return [(asked.sequence, asked.quantity) for _, asked in agents.calls if isinstance(asked, UpdateInventory)]


def test_a_number_whose_answer_is_out_at_a_revocation_keeps_its_quantity() -> None:
    """The case timelines/answer-out-at-rebalance."""

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        agents.answer_s = 20
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(1)
        await agents.close()
        await agents.say(update(0, NOW_MS + 2_000, "u-2"))  # taken while the partition goes
        agents.answer_s = 0.05
        agents.open()
        await agents.say(update(3, NOW_MS + 3_000, "u-3"))
        await asyncio.sleep(20)
        assert sent(agents) == [(1, 5), (1, 5), (2, 3)]
        assert amazon.units("SKU") == 3

    play(scenario)


def test_a_number_bound_while_the_partition_was_away_is_not_bound_anew_when_it_is_back() -> None:
    """Whoever had it meanwhile may have sent it."""

    async def scenario(agents: StockAgents) -> None:
        await agents.close()
        await agents.say(update(5, NOW_MS, "u-1"))
        agents.open()
        assert agents.parts.calls.maybe_sent("M1|EXSB|SKU", agents.row("SKU"))
        await agents.say(update(0, NOW_MS + 2_000, "u-2"))
        await asyncio.sleep(5)
        assert sent(agents) == [(1, 5), (2, 0)]

    play(scenario)


def test_a_former_owners_late_outcome_sends_nothing_beside_the_call_under_way() -> None:
    async def scenario(agents: StockAgents) -> None:
        agents.settles = False
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(1)
        (late,) = agents.topics.on(API_CALLS)
        await agents.close()
        agents.settles, agents.answer_s = True, 20
        agents.open()
        await asyncio.sleep(3)
        assert sent(agents) == [(1, 5), (1, 5)]
        await agents.say(update(0, NOW_MS + 2_000, "u-2"))
        await agents.parts.settlements.apply(PARTITION, [late], agents.now_ms())
        assert agents.row("SKU").sequence == 2
        await asyncio.sleep(15)
        assert sent(agents) == [(1, 5), (1, 5)]
        await asyncio.sleep(30)
        assert sent(agents) == [(1, 5), (1, 5), (2, 0)]
        assert agents.row("SKU").phase is Phase.SETTLED

    play(scenario)


def test_a_paused_merchants_updates_wait_as_one_value() -> None:
    async def scenario(agents: StockAgents) -> None:
        await agents.edit_file(merchant(mode="observe"))
        for number in range(2_000):
            await agents.say(update(number % 2, NOW_MS + number, f"u-{number}"))
        assert not agents.calls
        row = agents.row("SKU")
        assert (row.sequence, row.origin.superseded_count, len(row.origin.superseded_update_ids)) == (1, 1_999, 100)
        await agents.edit_file(merchant())
        await asyncio.sleep(5)
        assert sent(agents) == [(1, 1)]

    play(scenario)


def test_a_call_that_failed_counts_as_sent() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.whole = lambda _: CallReport(Unavailable(Answer(), sent=False))
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(1)
        amazon.whole = lambda _: None
        await agents.say(update(0, NOW_MS + 1, "u-2"))
        await asyncio.sleep(60)
        assert set(sent(agents)) == {(1, 5), (2, 0)}

    play(scenario)


def test_long_waits_are_spread() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(5)
        for number in (41, 81):
            amazon.posted["EXSB", "SKU"] = (number, 99)
            await agents.say(update(number, NOW_MS + number, f"u-{number}"))
            await asyncio.sleep(5)
        until_s = (agents.row("SKU").not_before_ms - NOW_MS) / 1000
        await asyncio.sleep(120)
        at_s = agents.calls[-1][0]
        assert 5 < at_s - until_s < 15, "half of a quarter of a minute, by this chance"

    play(scenario)


def kept_back() -> Odd:
    """Amazon keeps a buffer for SKUs that begin with C: it shows a unit less than was sent."""
    taken: dict[str, int] = {}

    def answer(request: InventoryRequest) -> Outcome[InventoryLevel] | None:
        if not request.sku.startswith("C"):
            return None
        if isinstance(request, UpdateInventory):
            taken[request.sku] = request.sequence
        return Accepted(Answer(), InventoryLevel(taken[request.sku], 9, 0))

    return answer


def test_what_is_healed_comes_after_what_is_fresh_and_is_told_once() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.odd = kept_back()
        await agents.say(*(replace(update(10, NOW_MS, f"c-{n}"), sku=f"C{n}") for n in range(100)))
        await asyncio.sleep(400)
        for number in range(10):
            begun = len(agents.calls)
            await agents.say(replace(update(7, NOW_MS, f"f-{number}"), sku=f"F{number}"))
            await asyncio.sleep(2)
            assert f"F{number}" in {request.sku for _, request in agents.calls[begun:]}
            await asyncio.sleep(8)
        assert [alert["subject"] for alert in agents.topics.on(ALERTS)] == ["C0"]
        assert len(set(agents.parts.contested)) == 100

    play(scenario)


def test_one_skus_429_closes_the_merchants_lane_until_amazons_time() -> None:
    """Though the call as a whole was a success, and nine others of it were taken."""

    async def scenario(agents: StockAgents) -> None:
        hot = [Throttled(Answer(http_status=429), 30.0)]
        agents.amazon.odd = lambda request: hot.pop() if request.sku == "S0" and hot else None
        await agents.say(*(replace(update(5, NOW_MS, f"u-{n}"), sku=f"S{n}") for n in range(40)))
        await asyncio.sleep(28)
        assert len(agents.calls) == 10
        assert agents.row("S9").phase is Phase.SETTLED
        await asyncio.sleep(10)
        assert {request.sku for _, request in agents.calls} == {f"S{n}" for n in range(40)}
        assert [request.sku for _, request in agents.calls].count("S0") == 2
        assert len(agents.calls) == 41

    play(scenario, merchant(inventory_batch_size=10))


def test_what_amazon_took_is_recorded_with_others_while_more_skus_wait_and_all_else_at_once() -> None:
    """A refusal's retry, a 429's wait and a merchant's last SKU are not to wait for anybody."""

    async def recorded_soon(agents: StockAgents, skus: int) -> bool:
        before = len(agents.topics.on(API_CALLS))
        said = update(5, agents.now_ms())
        await agents.say(*(replace(said, sku=f"{skus}-{number}") for number in range(skus)))
        await asyncio.sleep(agents.answer_s + 0.05)  # the first call leaves at once
        soon = len(agents.topics.on(API_CALLS)) > before
        await asyncio.sleep(20)
        assert len(agents.topics.on(API_CALLS)) - before >= skus
        return soon

    async def scenario(agents: StockAgents) -> None:
        assert not await recorded_soon(agents, skus=10)
        assert await recorded_soon(agents, skus=1)
        agents.amazon.whole = lambda _: CallReport(Refused(Answer(http_status=400)), sent_at=0.0)
        assert await recorded_soon(agents, skus=11)

    play(scenario)
