"""Seeds at the worker: forward always, back only where forced and still what the operator saw."""

from collections.abc import Sequence

import pytest

from connector.agents.api_calls import ApiCalls
from connector.agents.inventory.calls import INVENTORY_CALLS, InventoryCalls
from connector.agents.inventory.seeds import Seeds, previous_seeds
from connector.domain.internal_commands import SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin, Phase
from connector.lanes.lane import LaneTerms
from connector.lanes.lanes import Lanes
from connector.telemetry import Telemetry
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.agents import NoInventoryApi

SENDING = LedgerRow(
    counts={"EXSB": LocationCount(7, 1, "u-1")}, sequence=5, quantity=7, phase=Phase.SEND, origin=Origin("u-1", 1)
)


def ledger_of(**rows: LedgerRow) -> MemoryTable[LedgerRow]:
    return MemoryTable({f"M1|EXSB|{sku}": row for sku, row in rows.items()})


def seed(sku: str, sequence: int, known: int, *, forced: bool = False) -> SeedSequences:
    return SeedSequences((SequenceSeed("EXSB", sku, sequence, known),), forced)


async def seeded(ledger: MemoryTable[LedgerRow], *seeds: SeedSequences) -> int:
    """How many SKUs the merchant's lane is to call for then."""
    lanes = Lanes(LaneTerms(lambda: 0.0, lambda: 0.5, lambda: True, lambda *_: None), lambda _: None)
    lane = lanes.open("M1", INVENTORY_CALLS, lambda _: None, rate=1, burst=0)
    api_calls = ApiCalls(MemoryTopics().outbox(), Telemetry(), worker="w", now_ms=lambda: 0, new_id=lambda: "")
    calls = InventoryCalls(NoInventoryApi(), ledger, api_calls, lanes=lanes)
    for each in seeds:
        await Seeds(ledger, calls).apply(0, "M1", each)
    backlog = lane.backlog
    await lanes.close(0)
    return backlog


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        (seed("sku", 41, 5), 41),
        (seed("sku", 5, 5), 5),
        (seed("sku", 3, 5), 5),
        (seed("sku", 3, 5, forced=True), 3),
        (seed("sku", 3, 4, forced=True), 5),  # it moved on since the operator looked
    ],
)
async def test_a_number_goes_back_only_where_forced_and_nothing_came_between(asked: SeedSequences, then: int) -> None:
    ledger = ledger_of(sku=LedgerRow(sequence=5, quantity=7, accepted_quantity=7))
    await seeded(ledger, asked)
    assert ledger.held["M1|EXSB|sku"].sequence == then


async def test_a_seed_read_twice_takes_nothing_back() -> None:
    ledger = ledger_of(sku=LedgerRow(sequence=50))
    back = seed("sku", 41, 50, forced=True)
    await seeded(ledger, back)
    ledger.held["M1|EXSB|sku"] = LedgerRow(sequence=42)  # an update went out meanwhile
    await seeded(ledger, back)
    assert ledger.held["M1|EXSB|sku"].sequence == 42


async def test_what_waits_goes_out_with_the_number_after_the_seed() -> None:
    ledger = ledger_of(sku=SENDING)
    backlog = await seeded(ledger, seed("sku", 41, 5), seed("new", 9, 0))
    row = ledger.held["M1|EXSB|sku"]
    assert (row.sequence, row.quantity, row.phase) == (42, 7, Phase.SEND)
    assert ledger.held["M1|EXSB|new"] == LedgerRow(sequence=9)
    assert backlog == 1, "the other has nothing to say"


@pytest.mark.parametrize("forced", [False, True])
def test_seeds_of_version_0_1_are_still_read(forced: bool) -> None:
    items: Sequence[dict[str, object]] = [{"location_id": "EXSB", "sku": "A", "sequence": 9, "known_sequence": 4}]
    call = {"operation": "seed", "kind": "forced" if forced else "", "inventory_items": items}
    assert previous_seeds(call) == seed("A", 9, 4, forced=forced)
    assert previous_seeds({"operation": "inventory", "kind": "", "inventory_items": items}) is None
