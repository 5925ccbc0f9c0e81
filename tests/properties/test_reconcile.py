"""Planted drifts, and nothing else: in any order, of any kind, while stock moves."""

import random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from connector.cli.reconcile.rounds import Comparison, Found
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.facts.lifecycle import LIFECYCLE
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import ShipmentRow
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.reconcile.stock import compare_stock, on_its_way
from connector.domain.reconcile.trade import TradeTerms, compare_order
from connector.domain.reconcile.verdicts import Agrees, Drift, Verdict
from tests.kit.inventory.model import FATES, AmazonSku, SkuModel
from tests.kit.inventory.moving import PLANTED, Level, MovingStock, drifted, shown, stocked
from tests.kit.orders.shipments import known, shipment
from tests.kit.virtual_time import run_virtual

KINDS = st.sampled_from(PLANTED)
REPEAT = st.sampled_from(["accept", "conflict", "ignore", "ignore-echo"])
SAY = st.tuples(st.just("say"), st.integers(0, 9))
CALL = st.tuples(st.just("call"), st.sampled_from(FATES))
OTHER = st.tuples(st.sampled_from(["crash", "zero", "restore", "resend", "free", "again"]), st.just(0))
STEPS = st.lists(st.one_of(SAY, SAY, CALL, CALL, CALL, OTHER), max_size=30)


@settings(max_examples=400)
@given(repeat=REPEAT, steps=STEPS, reserved=st.integers(0, 4))
def test_whatever_becomes_of_a_sku_that_nobody_else_posts_is_no_drift(
    repeat: str, steps: list[tuple[str, object]], reserved: int
) -> None:
    """But for a quantity that Amazon refused."""
    sku = SkuModel(AmazonSku("conflict", repeat))
    for number, (what, argument) in enumerate(steps):
        match what, argument:
            case "say", int(units):
                sku.say("WH1", units, 1_000 + number)
            case "call", str(fate):
                sku.call(fate)
            case "crash", _:
                sku.crash()
            case (("zero" | "restore"), _):
                sku.zeroed = what == "zero"
                sku.recount()
            case "resend", _:
                sku.resend()
            case "free", _:
                sku.free()
            case _ if sku.log:
                sku.deliver(len(sku.log) - 1)
        if sku.row is not None:
            verdict = compare_stock(sku.row, shown(sku, reserved))
            event(type(verdict).__name__)
            if isinstance(verdict, Drift):
                assert (verdict.kind, sku.row.refusal is None) == (DriftKind.NOT_TAKEN, False)


@given(
    kinds=st.lists(st.none() | KINDS, min_size=1, max_size=30),
    values=st.integers(2, 5),
    reserved=st.integers(0, 6),
    order=st.randoms(use_true_random=False),
)
def test_each_drift_is_told_as_what_it_is(
    kinds: list[DriftKind | None], values: int, reserved: int, order: random.Random
) -> None:
    levels: dict[int, tuple[LedgerRow, Level]] = {}
    for number, kind in enumerate(kinds):
        sku = stocked(values)
        level = shown(sku, reserved)
        assert sku.row is not None
        levels[number] = (sku.row, level if kind is None else drifted(kind, level))
    numbers = list(levels)
    order.shuffle(numbers)
    found = {number: compare_stock(*levels[number]) for number in numbers}
    assert {number: kinds_of(found[number]) for number in levels} == dict(enumerate(kinds))


def kinds_of(verdict: Verdict) -> DriftKind | None:
    return verdict.kind if isinstance(verdict, Drift) else None


@settings(max_examples=60)
@given(
    planted=st.dictionaries(st.integers(0, 11), KINDS, max_size=12),
    seed=st.integers(0, 2**32),
)
def test_while_stock_moves_planted_drifts_are_found_and_nothing_else(planted: dict[int, DriftKind], seed: int) -> None:
    """What moves all the time is never judged; once it rests it agrees."""
    chance = random.Random(seed)
    skus = {f"EXSB|s{number}": stocked(chance.randrange(2, 4)) for number in range(12)}
    stock = MovingStock(skus, {f"EXSB|s{number}": kind for number, kind in planted.items()}, chance)

    async def scenario() -> None:
        comparison: Comparison[LedgerRow, Level] = Comparison(
            view=stock,
            ask=stock.ask,
            compare=lambda row, there: Agrees() if row is None else compare_stock(row, there),
            is_moving=lambda row: None if row is None else on_its_way(row),
        )
        found = Found()
        await comparison.find(await comparison.suspects(skus), found)
        assert {key: drift.kind for key, drift in found.drifts.items()} == stock.planted
        assert found.moving.keys().isdisjoint(stock.planted)
        event(f"{len(found.moving)} were moving throughout")
        for sku in skus.values():
            sku.drain()
        stock.still = True
        stock.refresh()
        waiting, found = set(found.moving), Found()
        await comparison.find(waiting, found)
        assert (found.drifts, found.moving) == ({}, {})

    run_virtual(scenario())


STATUSES = tuple(state.status for state in LIFECYCLE)
TERMS = TradeTerms(now_ms=1_000_000, grace_ms=10_000, kept_ms=None)


@given(here=st.none() | st.sampled_from(STATUSES), there=st.none() | st.sampled_from(STATUSES))
def test_each_pair_of_statuses_has_one_meaning(here: Status | None, there: Status | None) -> None:
    row = None if here is None else known(shipment(here))
    facts = None if there is None else shipment(there, last_updated_at_ms=2_000)
    kind = kinds_of(compare_order(row, facts, TERMS))
    if here == there:
        assert kind is None
    elif there is None:
        assert kind is (None if here in ("SHIPPED", "DELIVERED", "CANCELLED") else DriftKind.UNKNOWN_THERE)
    elif here is None:
        assert kind is DriftKind.MISSING_HERE
    else:
        assert kind in (DriftKind.OUTDATED_HERE, DriftKind.NOT_ADOPTED)


@given(
    kinds=st.lists(
        st.sampled_from([None, DriftKind.MISSING_HERE, DriftKind.OUTDATED_HERE, DriftKind.UNKNOWN_THERE]), max_size=20
    ),
    order=st.randoms(use_true_random=False),
)
def test_planted_orders_are_found_in_any_order(kinds: list[DriftKind | None], order: random.Random) -> None:
    pairs: dict[int, tuple[ShipmentRow | None, str | None]] = {}
    for number, kind in enumerate(kinds):
        row = None if kind is DriftKind.MISSING_HERE else known(shipment(Status.ACCEPTED))
        there: dict[DriftKind | None, str | None] = {
            None: Status.ACCEPTED,
            DriftKind.MISSING_HERE: Status.PACKAGE_CREATED,
            DriftKind.OUTDATED_HERE: Status.CONFIRMED,
            DriftKind.UNKNOWN_THERE: None,
        }
        pairs[number] = row, there[kind]
    numbers = list(pairs)
    order.shuffle(numbers)
    found = {}
    for number in numbers:
        row, status = pairs[number]
        facts = None if status is None else shipment(status, last_updated_at_ms=2_000)
        found[number] = kinds_of(compare_order(row, facts, TERMS))
    assert found == dict(enumerate(kinds))
