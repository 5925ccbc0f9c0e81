"""Seeds at the worker: forward always, back where forced, unused and still what the operator saw; times forgotten."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from connector.agents.inventory.commands import previous_seeds
from connector.domain.inventory.commands import ForgetTimes, ResendStock, SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin, Phase
from connector.kafka.topics import INVENTORY_RESULTS
from tests.kit.inventory.agents import NOW_MS, StockAgents, merchant, play
from tests.kit.inventory.amazon import StockAmazon
from tests.kit.inventory.rows import update
from tests.kit.inventory.told import results, word
from tests.kit.virtual_time import run_virtual

SENDING = LedgerRow(
    counts={"WH1": LocationCount(7, 1, "u-1")}, sequence=5, quantity=7, phase=Phase.SEND, origin=Origin("u-1", 1)
)


def seed(sku: str, sequence: int, known: int, *, forced: bool = False) -> SeedSequences:
    return SeedSequences((SequenceSeed("EXSB", sku, sequence, known),), forced)


def seeded(row: LedgerRow | None, *seeds: SeedSequences) -> tuple[StockAgents, StockAmazon]:
    """The agents ten seconds later."""
    amazon = StockAmazon()

    async def run() -> StockAgents:
        agents = StockAgents(amazon=amazon, held={} if row is None else {"M1|EXSB|sku": row})
        agents.open()
        for each in seeds:
            await agents.ask(each)
        await asyncio.sleep(10)
        assert not agents.died
        return agents

    return run_virtual(run()), amazon


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        (seed("sku", 41, 5), 41),
        (seed("sku", 5, 5), 5),
        (seed("sku", 3, 5), 5),
        (seed("sku", 3, 5, forced=True), 3),
        (seed("sku", 1, 5, forced=True), 2),  # 2 was used
        (seed("sku", 3, 4, forced=True), 5),  # it moved on since the operator looked
    ],
)
def test_a_number_goes_back_only_where_forced_and_unused_and_nothing_came_between(
    asked: SeedSequences, then: int
) -> None:
    agents, _ = seeded(LedgerRow(sequence=5, used_sequence=2, quantity=7, accepted_quantity=7), asked)
    assert agents.row("sku").sequence == then


def test_a_seed_read_twice_takes_nothing_back() -> None:
    back = seed("sku", 41, 50, forced=True)
    agents, _ = seeded(LedgerRow(sequence=50, used_sequence=0), back, back)
    assert agents.row("sku").sequence == 41
    agents, _ = seeded(LedgerRow(sequence=42, used_sequence=0), back)
    assert agents.row("sku").sequence == 42, "an update went out meanwhile"


def test_what_waits_goes_out_with_the_number_after_the_seed() -> None:
    agents, amazon = seeded(SENDING, seed("sku", 41, 5), seed("new", 9, 0))
    assert amazon.sent == [("sku", 42, 7)], "the other has nothing to say"
    assert agents.row("new").sequence == 9


def test_a_forced_seed_below_a_number_in_flight_asks_amazon_first() -> None:
    async def run() -> None:
        amazon = StockAmazon()
        agents = StockAgents(amazon=amazon)
        agents.open()
        agents.answer_s, agents.settles = 0.05, False  # the answer never comes
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(3)
        assert amazon.sent == [("SKU", 1, 5)]
        await agents.say(update(0, NOW_MS + 2_000, "u-2"))
        agents.settles = True
        await agents.ask(seed("SKU", 0, 1, forced=True))
        await asyncio.sleep(5)
        assert amazon.sent == [("SKU", 1, 5), ("SKU", 2, 0)]
        told = [(one["update_id"], one["quantity"], one["sequence"]) for one in agents.topics.on(INVENTORY_RESULTS)]
        assert told == [("u-1", 5, 1), ("u-2", 0, 2)]

    run_virtual(run())


def frozen(sku: str) -> LedgerRow:
    """By an update that came before such times were refused."""
    return LedgerRow(
        counts={"WH1": LocationCount(9, NOW_MS * 1000, "u-0", 0, sku)},
        sequence=1,
        used_sequence=1,
        quantity=9,
        origin=Origin("u-0", 1),
        accepted_quantity=9,
        accepted_sequence=1,
    )


def test_a_sku_frozen_by_a_time_in_the_future_accepts_updates_again() -> None:
    async def run() -> None:
        amazon = StockAmazon({("EXSB", "sku"): (1, 9), ("EXSB", "other"): (1, 9)})
        agents = StockAgents(amazon=amazon, held={f"M1|EXSB|{sku}": frozen(sku) for sku in ("sku", "other")})
        agents.open()
        await agents.ask(ForgetTimes("EXSB", ("sku", "unknown")))
        await agents.say(*(replace(update(0, NOW_MS, f"u-{sku}"), sku=sku) for sku in ("sku", "other")))
        await asyncio.sleep(5)
        assert amazon.sent == [("sku", 2, 0)]
        outcomes = {one["sku"]: one["outcome"] for one in agents.topics.on(INVENTORY_RESULTS)}
        assert outcomes == {"sku": "ACCEPTED", "other": "SUPERSEDED"}

    run_virtual(run())


@pytest.mark.parametrize("forced", [False, True])
def test_seeds_of_version_0_1_are_still_read(forced: bool) -> None:
    items: Sequence[dict[str, object]] = [{"location_id": "EXSB", "sku": "A", "sequence": 9, "known_sequence": 4}]
    call = {"operation": "seed", "kind": "forced" if forced else "", "inventory_items": items}
    assert previous_seeds(call) == seed("A", 9, 4, forced=forced)
    assert previous_seeds({"operation": "inventory", "kind": "", "inventory_items": items}) is None


def test_what_is_sent_again_comes_after_fresh_updates() -> None:
    async def scenario(agents: StockAgents) -> None:
        await agents.say(*(word(5, 0, sku=f"s{n}") for n in range(8)))
        await asyncio.sleep(10)
        begin = len(agents.amazon.sent)
        await agents.ask(ResendStock("EXSB", tuple(f"s{n}" for n in range(8))))
        await agents.say(*(word(6, 20, sku=f"fresh{n}") for n in range(8)))
        await asyncio.sleep(20)
        again = agents.amazon.sent[begin:]
        assert sorted(again) == sorted([*((f"fresh{n}", 1, 6) for n in range(8)), *((f"s{n}", 1, 5) for n in range(8))])
        fresh = [position for position, (sku, *_) in enumerate(again) if sku.startswith("fresh")]
        assert fresh[-1] <= 11, "repeats have every fourth call while fresh ones wait"
        assert len(results(agents)) == 16, "nobody is told twice"

    play(scenario, merchant(limits={"inventory": {"rate": 1}}))
