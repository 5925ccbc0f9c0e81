"""Seeds at the worker: forward always, back only where forced and still what the operator saw."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.seeds import FORCED, Seeds
from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin, Phase
from connector.tables.ledger import Ledger

SENDING = LedgerRow(
    counts={"EXSB": LocationCount(7, 1, "u-1")}, sequence=5, quantity=7, phase=Phase.SEND, origin=Origin("u-1", 1)
)


class FakeLedger:
    def __init__(self, **rows: LedgerRow) -> None:
        self.held = {f"M1|EXSB|{sku}": row for sku, row in rows.items()}

    def lock(self, _: int) -> asyncio.Lock:
        return asyncio.Lock()

    def get(self, _: int, key: str) -> LedgerRow | None:
        return self.held.get(key)

    async def write(self, _: int, rows: Mapping[str, LedgerRow]) -> None:
        self.held.update(rows)


class FakeCalls:
    def __init__(self) -> None:
        self.told: list[tuple[str, LedgerRow]] = []

    def settle(self, rows: Any) -> None:
        self.told.extend(rows)


def record(sku: str, sequence: int, known: int, kind: str = "") -> dict[str, Any]:
    item = {"location_id": "EXSB", "sku": sku, "sequence": sequence, "known_sequence": known}
    return {"merchant_id": "M1", "kind": kind, "inventory_items": [item]}


async def seeded(ledger: FakeLedger, *records: dict[str, Any]) -> FakeCalls:
    calls = FakeCalls()
    await Seeds(cast(Ledger, ledger), cast(InventoryCalls, calls)).apply(0, records)
    return calls


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        (record("sku", 41, 5), 41),
        (record("sku", 5, 5), 5),
        (record("sku", 3, 5), 5),
        (record("sku", 3, 5, FORCED), 3),
        (record("sku", 3, 4, FORCED), 5),  # it moved on since the operator looked
    ],
)
async def test_a_number_goes_back_only_where_forced_and_nothing_came_between(asked: dict[str, Any], then: int) -> None:
    ledger = FakeLedger(sku=LedgerRow(sequence=5, quantity=7, accepted_quantity=7))
    await seeded(ledger, asked)
    assert ledger.held["M1|EXSB|sku"].sequence == then


async def test_a_seed_read_twice_takes_nothing_back() -> None:
    ledger = FakeLedger(sku=LedgerRow(sequence=50))
    back = record("sku", 41, 50, FORCED)
    await seeded(ledger, back)
    ledger.held["M1|EXSB|sku"] = LedgerRow(sequence=42)  # an update went out meanwhile
    await seeded(ledger, back)
    assert ledger.held["M1|EXSB|sku"].sequence == 42


async def test_what_waits_goes_out_with_the_number_after_the_seed() -> None:
    ledger = FakeLedger(sku=SENDING)
    calls = await seeded(ledger, record("sku", 41, 5), record("new", 9, 0))
    row = ledger.held["M1|EXSB|sku"]
    assert (row.sequence, row.quantity, row.phase) == (42, 7, Phase.SEND)
    assert ledger.held["M1|EXSB|new"] == LedgerRow(sequence=9)
    assert [key for key, _ in calls.told] == ["M1|EXSB|sku", "M1|EXSB|new"]
