"""A list of Amazon's, by order: missing here, pending there, shipped elsewhere."""

import pytest

from connector.domain.orders.facts.shipment import Status
from connector.domain.reconcile.listed_orders import ListedKind, ListedOrder, compare_listed
from tests.kit.orders.shipments import shipment

HERE = frozenset({"LOC"})


def listed(status: str = "Pending", order_id: str = "O1", **facts: str) -> ListedOrder:
    return ListedOrder(2, order_id, status=status, **facts)


@pytest.mark.parametrize(
    ("line", "status_here", "kind"),
    [
        (listed(), Status.ACCEPTED, None),
        (listed(), Status.SHIPPED, ListedKind.PENDING_THERE),
        (listed("Unshipped"), Status.CANCELLED, ListedKind.PENDING_THERE),
        (listed("Shipped"), Status.SHIPPED, None),
        (listed("Shipped"), Status.CONFIRMED, ListedKind.CLOSED_THERE),
        (listed("Shipped - Delivered to Buyer"), Status.CONFIRMED, ListedKind.CLOSED_THERE),
        (listed("canceled"), Status.CONFIRMED, ListedKind.CLOSED_THERE),
        (listed(order_id="O2"), Status.ACCEPTED, ListedKind.MISSING_HERE),
        (listed(shipment_id="S-OTHER"), Status.ACCEPTED, ListedKind.MISSING_HERE),
        (listed("SHIPPED", warehouse_id="LOC"), Status.CONFIRMED, ListedKind.CLOSED_THERE),
        (listed("SHIPPED", warehouse_id="FC9"), Status.CONFIRMED, ListedKind.SHIPPED_ELSEWHERE),
        (listed("CANCELLED", warehouse_id="FC9"), Status.CONFIRMED, None),
        (listed(warehouse_id="FC9"), Status.CONFIRMED, None),
        (listed("SHIPPED", "O2", warehouse_id="FC9"), Status.CONFIRMED, None),
        (listed("Shipped", sku="NOT-OF-IT"), Status.CONFIRMED, None),
    ],
)
def test_one_line(line: ListedOrder, status_here: Status, kind: ListedKind | None) -> None:
    compared = compare_listed([line], [shipment(status_here)], HERE)
    assert [finding.kind for finding in compared.findings] == ([] if kind is None else [kind])


def test_an_order_counts_once_and_those_of_other_warehouses_apart() -> None:
    lines = [
        *(listed("Shipped", sku=sku) for sku in ("A", "B")),
        listed("Shipped", "O2", warehouse_id="FC9"),
        listed("Shipped", "O3", warehouse_id="LOC"),
        listed("Shipped", "O4", warehouse_id="LOC"),
    ]
    shipments = [shipment(Status.CONFIRMED), shipment(Status.SHIPPED, shipment_id="S4", order_id="O4")]
    compared = compare_listed(lines, shipments, HERE)
    assert [(finding.kind, finding.listed.order_id) for finding in compared.findings] == [
        (ListedKind.CLOSED_THERE, "O1"),
        (ListedKind.MISSING_HERE, "O3"),
    ]
    assert (compared.orders, compared.elsewhere, compared.agreeing) == (4, 1, 1)


def test_of_an_order_in_two_shipments_the_one_with_the_sku_is_meant() -> None:
    done = shipment(Status.SHIPPED, shipment_id="S1")
    (line,) = shipment().line_items[:1]
    other = shipment(Status.CONFIRMED, shipment_id="S2", line_items=())
    compared = compare_listed([listed("Shipped", sku=line.sku)], [done, other], HERE)
    assert compared.findings == ()
