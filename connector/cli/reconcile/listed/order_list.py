"""The file of `connector reconcile report`: orders as a list of Amazon's has them."""

from pathlib import Path

from connector.cli.stock.sheets import Column, SheetRow, load_sheet, missing_column
from connector.domain.reconcile.listed_orders import ListedOrder
from connector.errors import InputFileError

ORDER_ID = Column("order id", ("amazon order id", "customer order id"), is_needed=False)
SHIPMENT_ID = Column("shipment id", ("amazon shipment id", "smartconnect shipment id"), is_needed=False)
ORDER_SKU = Column("sku", ("merchant sku", "seller sku", "msku"), is_needed=False)
ORDER_STATUS = Column("status", ("order status", "shipment status"), is_needed=False)
WAREHOUSE_ID = Column(
    "warehouse id",
    ("fulfillment center id", "warehouse", "location id", "node id", "fc"),
    is_needed=False,
)
_COLUMNS = (ORDER_ID, SHIPMENT_ID, ORDER_SKU, ORDER_STATUS, WAREHOUSE_ID)


def load_order_list(path: Path, status: str) -> list[ListedOrder]:
    """The whole file or nothing. `status`: of all lines, where the file has no such column. Raises InputFileError with
    every fault by row and column."""
    sheet = load_sheet(path, _COLUMNS)
    faults = []
    if not {ORDER_ID.name, SHIPMENT_ID.name} & sheet.columns:
        faults.append(missing_column(ORDER_ID, SHIPMENT_ID))
    if ORDER_STATUS.name not in sheet.columns and not status:
        faults.append(f"{missing_column(ORDER_STATUS)}; or say --status PENDING, or SHIPPED, of all lines")
    if not faults:
        faults = [*sheet.faults, *(fault for row in sheet.rows for fault in _faults(row))]
    if faults:
        raise InputFileError(sheet.source, faults)
    return [_listed(row, status) for row in sheet.rows]


def _faults(row: SheetRow) -> list[str]:
    """What is empty; a cell at fault is told already."""
    ids = [column.name for column in (ORDER_ID, SHIPMENT_ID) if column.name in row.values]
    faults = [] if any(row.values[name] for name in ids) or not ids else [f"row {row.number}, {ids[0]}: it is empty"]
    if row.values.get(ORDER_STATUS.name) == "":
        faults.append(f"row {row.number}, {ORDER_STATUS.name}: it is empty")
    return faults


def _listed(row: SheetRow, status: str) -> ListedOrder:
    def told(column: Column) -> str:
        return row.values.get(column.name, "")

    return ListedOrder(
        row.number, told(ORDER_ID), told(SHIPMENT_ID), told(ORDER_SKU), told(ORDER_STATUS) or status, told(WAREHOUSE_ID)
    )
