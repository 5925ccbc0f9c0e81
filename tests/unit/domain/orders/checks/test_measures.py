"""SKUs whose packages are not as large or heavy as Amazon recommends."""

from dataclasses import replace
from typing import Any

from msgspec import structs

from connector.cli.stock.listings import measured_records
from connector.domain.orders.checks.skus import MeasuredSku, measured_skus
from connector.domain.orders.facts.packages import PackageItem, RecommendedPackage, Weight
from connector.domain.orders.facts.shipment import Shipment, Status
from tests.kit.orders.shipments import cm, grams, known, package, packed

FOR_A = RecommendedPackage(line_item_ids=("L1",), length=cm(30), width=cm(20), height=cm(10), weight=grams(500))
FOR_B = replace(FOR_A, line_item_ids=("L2",))
A, B = (PackageItem(line_item_id="L1", quantity=2),), (PackageItem(line_item_id="L2", quantity=1),)


def measured(shipment_id: str, at_ms: int, **measures: Any) -> Shipment:
    """Two packages: P1 of SKU A, measured so, and P2 of SKU B, as recommended."""
    return packed(
        Status.PACKAGE_CREATED,
        shipment_id=shipment_id,
        last_updated_at_ms=at_ms,
        packages=(package("P1", items=A, **measures), package("P2", items=B)),
        recommended_packages=(FOR_A, FOR_B),
    )


def test_the_last_that_differs_is_named_and_all_are_counted() -> None:
    shipments = [
        measured("S1", 10),
        measured("S3", 30, length=cm(31), weight=Weight(grams(500).value, "KG")),
        measured("S2", 20, height=cm(11)),
        measured("S4", 40, length=replace(cm("0.3"), unit="M")),
    ]
    assert measured_skus(shipments) == {
        "A": MeasuredSku(
            sku="A",
            packages=4,
            differing=2,
            shipment_id="S3",
            at_ms=30,
            differences=("length 31 CM, recommended 30 CM", "weight 500 KG, recommended 500 G"),
        ),
        "B": MeasuredSku(sku="B", packages=4),
    }


def test_what_can_not_be_compared_is_left_out() -> None:
    both = packed(Status.PACKAGE_CREATED, packages=(package(length=cm(99)),))
    unknown = replace(measured("S1", 1, length=cm(99)), recommended_packages=())
    cancelled = packed(
        Status.PACKAGE_CREATED,
        packages=(package(items=A, length=cm(99), status="CANCELLED"),),
        recommended_packages=(FOR_A,),
    )
    assert measured_skus([both, unknown, cancelled]) == {}


def test_the_list_has_those_that_differ_by_merchant() -> None:
    rows = [
        structs.replace(known(measured("S1", 10, length=cm(31))), merchant_id="M2"),
        structs.replace(known(measured("S2", 20, length=cm(32))), merchant_id="M1"),
    ]
    told = measured_records(rows, everything=False)
    assert [(one["merchant_id"], one["sku"], one["shipment_id"]) for one in told] == [
        ("M1", "A", "S2"),
        ("M2", "A", "S1"),
    ]
    assert [one["sku"] for one in measured_records(rows, everything=True)] == ["A", "B", "A", "B"]
