"""The file of `connector reconcile report`: as Amazon's lists come, whole or not at all."""

from pathlib import Path

import pytest

from connector.cli.reconcile.listed.order_list import load_order_list
from connector.domain.reconcile.listed_orders import ListedOrder
from connector.errors import InputFileError
from tests.kit.inventory.sheets import xlsx


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list"


def faults(file: Path, content: str, status: str = "") -> list[str]:
    file.write_text(content)
    with pytest.raises(InputFileError) as caught:
        load_order_list(file, status)
    return list(caught.value.faults)


ONE = ListedOrder(2, "407-1", "SHP1", "SKU-1", "Shipped", "EXSB")


@pytest.mark.parametrize(
    "content",
    [
        b"order id,shipment id,sku,status,warehouse id\n407-1,SHP1,SKU-1,Shipped,EXSB\n",
        b"Status;Warehouse_ID;Order-ID;SKU;other;Shipment ID\nShipped;EXSB;407-1;SKU-1;x;SHP1\n",
        b"amazon-order-id\tamazon-shipment-id\tmerchant-sku\torder-status\tfulfillment-center-id\n"
        b"407-1\tSHP1\tSKU-1\tShipped\tEXSB\n",
        xlsx(
            ["Order ID", "Shipment Id", "MSKU", "Shipment Status", "FC"], ["407-1", "SHP1", "SKU-1", "Shipped", "EXSB"]
        ),
    ],
)
def test_columns_are_found_by_name(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert load_order_list(file, "") == [ONE]


def test_ids_alone_are_enough_where_the_status_is_said(file: Path) -> None:
    file.write_text("amazon-order-id,amazon order id 2\n407-1,x\n")
    assert load_order_list(file, "PENDING") == [ListedOrder(2, "407-1", status="PENDING")]


def test_the_status_of_a_line_counts_before_the_one_that_is_said(file: Path) -> None:
    file.write_text("order id,status\n407-1,Shipped\n")
    assert load_order_list(file, "PENDING")[0].status == "Shipped"


def test_a_missing_column_is_named_with_the_remedy(file: Path) -> None:
    (status,) = faults(file, "order id,sku\n407-1,A\n")
    assert "column status is missing; it may be called order status" in status
    assert "--status" in status
    (ids,) = faults(file, "sku,status\nA,Shipped\n")
    assert "column order id is missing; it may be called amazon order id" in ids
    assert "shipment id" in ids


def test_what_can_not_be_read_refuses_the_whole_file(file: Path) -> None:
    assert faults(file, "order id,status\n407-1,Shipped\n,Shipped\n407-2,\n") == [
        "row 3, order id: it is empty",
        "row 4, status: it is empty",
    ]
    (fault,) = faults(file, "order id,status\n4.07E+12,Shipped\n")
    assert "row 2, order id: 4.07E+12 is a number in scientific notation" in fault
    assert faults(file, "order id,Order-ID,status\n1,2,Shipped\n") == ["row 1: column order id is there 2 times"]
