"""What waits though nothing calls for it is counted, with what has to change."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from connector.agents.merchants.waiting import HeldBecause, Waiting, WaitingWatch, held_because
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.orders.commands import Confirm, GenerateInvoice, Pack
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Merchant, Merchants
from connector.tables.ledger import ledger_key
from connector.telemetry import Telemetry
from tests.kit.memory import MemoryTable
from tests.kit.orders.shipments import NOW, asked, known, shipment


def merchant(merchant_id: str = "A1", **options: object) -> Merchant:
    locations = [
        {"location_id": "ON", "program": "SELLER_FLEX"},
        {"location_id": "OFF", "program": "SELF_SHIP", "inventory": False, "orders": False},
    ]
    given = {"merchant_id": merchant_id, "marketplace_id": "M1", "refresh_token_env": "T", "locations": locations}
    return Merchant.model_validate(given | options)


@pytest.mark.parametrize(
    ("of", "paused", "location_id", "because"),
    [
        (merchant(), False, "ON", None),
        (merchant(), False, "OFF", HeldBecause.SWITCHED_OFF),
        (merchant(), False, "GONE", HeldBecause.UNKNOWN_LOCATION),
        (merchant(), False, "", None),
        (merchant(), True, "ON", HeldBecause.PAUSED),
        (merchant(mode="observe"), False, "ON", HeldBecause.OBSERVED),
        (merchant(inventory=False, orders=False), False, "ON", HeldBecause.SWITCHED_OFF),
        (None, False, "ON", HeldBecause.UNKNOWN_MERCHANT),
    ],
)
@pytest.mark.parametrize("flow", ["inventory", "orders"])
def test_why(of: Merchant | None, paused: bool, location_id: str, because: HeldBecause | None, flow: str) -> None:
    assert held_because(of, paused, location_id, "inventory" if flow == "inventory" else "orders") is because


def sku(number: int, merchant_id: str = "A1", location_id: str = "OFF") -> str:
    return ledger_key(merchant_id, location_id, f"sku-{number}")


def a_shipment(location_id: str, **changes: Any) -> ShipmentRow:
    """With a command that waits."""
    facts = replace(shipment(), location_id=location_id, ship_by_ms=NOW)
    return structs.replace(asked(known(facts), Confirm()).row, merchant_id="A1", **changes)


async def test_each_key_that_waits_is_counted_once_and_by_its_cause() -> None:
    send, settled = LedgerRow(phase=Phase.SEND), LedgerRow(phase=Phase.SETTLED)
    rows = {sku(n): send for n in range(2500)}
    rows |= {sku(n, location_id="ON"): send for n in range(7)} | {sku(n, location_id="GONE"): send for n in range(3)}
    rows |= {sku(n): settled for n in range(9000, 9010)} | {sku(1, "A9"): send}
    shipments = {str(n): a_shipment("OFF", shipment_id=str(n)) for n in range(4)}
    shipments["ON"] = a_shipment("ON", shipment_id="ON")
    merchants = Merchants({"A1": merchant()})
    watch = WaitingWatch(
        MemoryTable(rows),
        MemoryTable(shipments),
        owned=lambda: [0],
        begin=lambda: Waiting(merchants, lambda _: False, NOW),
    )
    assert watch.current.told("A1") == []
    await watch.count()
    told = {(one["what"], one["location_id"], one["because"]): one["count"] for one in watch.current.told("A1")}
    assert told == {
        ("inventory", "OFF", "switched_off"): 2500,
        ("inventory", "GONE", "unknown_location"): 3,
        ("orders", "OFF", "switched_off"): 4,
    }
    assert watch.current.strangers == {"A9"}
    assert watch.current.near_ship_by["A1"] == 5


async def test_a_count_leaves_the_event_loop_to_others() -> None:
    rows = {sku(n): LedgerRow(phase=Phase.SEND) for n in range(20_000)}
    watch = WaitingWatch(
        MemoryTable(rows),
        MemoryTable(),
        owned=lambda: [0],
        begin=lambda: Waiting(Merchants({"A1": merchant()}), lambda _: False, NOW),
    )
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    await watch.count()
    other.cancel()
    assert turns >= 20


def test_what_is_too_early_to_be_packed_is_told_and_is_no_metric() -> None:
    """An operator sees why a command does not go on; nobody is woken for it."""
    facts = replace(shipment(Status.CONFIRMED), location_id="ON", earliest_pack_at_ms=NOW + 1)
    early = structs.replace(asked(known(facts), Pack()).row, merchant_id="A1")
    another = structs.replace(asked(known(facts), GenerateInvoice()).row, merchant_id="A1")

    def counted(now_ms: int) -> Waiting:
        waiting = Waiting(Merchants({"A1": merchant()}), lambda _: False, now_ms)
        waiting.take_shipments([early, another])
        return waiting

    (told,) = counted(NOW).told("A1")
    assert (told["location_id"], told["because"], told["count"]) == ("ON", "too_early", 1)
    assert counted(NOW + 1).told("A1") == []
    watch = WaitingWatch(MemoryTable(), MemoryTable(), owned=lambda: [0], begin=lambda: counted(NOW))
    assert list(watch.counts()) == []


def test_handed_over_is_not_near() -> None:
    waiting = Waiting(Merchants({}), lambda _: False, NOW)
    for status, hours in ((Status.SHIPPED, 0), (Status.CONFIRMED, 3), (Status.CONFIRMED, -9), (Status.CONFIRMED, 5)):
        facts = replace(shipment(status), ship_by_ms=NOW + hours * 3_600_000)
        waiting.take_shipments([structs.replace(known(facts), merchant_id="A1")])
    waiting.take_shipments([ShipmentRow(merchant_id="A1", shipment_id="S9")])
    assert waiting.near_ship_by["A1"] == 2


def test_the_metric_adds_up_by_cause() -> None:
    telemetry = Telemetry()
    telemetry.watch_held_back(lambda: [("A1", "inventory", "paused", 2), ("A1", "inventory", "paused", 3)])
    labels = {"merchant": "A1", "flow": "inventory", "because": "paused"}
    assert telemetry.registry.get_sample_value("connector_held_back", labels) == 5
