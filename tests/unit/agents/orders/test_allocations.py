"""What open orders hold, and what is left for new ones."""

from msgspec import structs

from connector.agents.orders.allocations import Allocations
from connector.domain.inventory.ledger import LedgerRow, LocationCount
from connector.domain.orders.allocation import Allocation
from connector.domain.orders.facts.shipment import LineItem, Shipment
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Location
from tests.kit.memory import MemoryTable
from tests.kit.orders.agents import PARTITION
from tests.kit.orders.shipments import shipment

LOCATION = Location(location_id="LOC", program="SELF_SHIP", oms_locations=("W1", "W2"))


def order(units: int) -> Shipment:
    return shipment(line_items=(LineItem(line_item_id="L1", sku="A", quantity=units),))


def holding(*allocations: Allocation) -> ShipmentRow:
    return ShipmentRow(merchant_id="M1", shipment_id="S9", allocations=allocations)


def with_stock(**units: int) -> Allocations:
    counts = {name: LocationCount(count, 1, "u") for name, count in units.items()}
    return Allocations(MemoryTable({"M1|LOC|A": LedgerRow(counts=counts)}))


def taken(allocations: Allocations, units: int) -> list[tuple[str, int, bool]]:
    split = allocations.allocate(PARTITION, "M1", LOCATION)
    return [(one.oms_location, one.quantity, one.short) for one in split(order(units))]


def test_what_open_orders_hold_is_not_there_for_others() -> None:
    allocations = with_stock(W1=3, W2=9)
    assert taken(allocations, 3) == [("W1", 3, False)]
    allocations.open("M1", [holding(Allocation("W1", "L1", "A", 2))])
    assert taken(allocations, 3) == [("W2", 3, False)]


def test_a_row_that_changes_holds_what_it_holds_now() -> None:
    allocations = with_stock(W1=3, W2=0)
    allocations.open("M1", [])
    row = holding(Allocation("W1", "L1", "A", 3))
    allocations.move(None, row)
    allocations.move(row, structs.replace(row, turn=1))
    assert taken(allocations, 3) == [("W1", 3, True)]
    allocations.move(row, structs.replace(row, final_at_ms=1))
    assert taken(allocations, 3) == [("W1", 3, False)]
    allocations.move(structs.replace(row, final_at_ms=1), None)
    assert taken(allocations, 3) == [("W1", 3, False)]


def test_opening_a_merchant_again_counts_nothing_twice() -> None:
    allocations = with_stock(W1=4)
    for _ in range(2):
        allocations.open("M1", [holding(Allocation("W1", "L1", "A", 2))])
    assert taken(allocations, 2) == [("W1", 2, False)]


def test_a_sku_without_a_ledger_is_short_at_the_first_location() -> None:
    assert taken(Allocations(MemoryTable[LedgerRow]()), 2) == [("W1", 2, True)]
