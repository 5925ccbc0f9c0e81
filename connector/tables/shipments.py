"""Table `shipments`: merchant|shipment -> all that is known of it. Kept until some time after its final state.

A manifest is of many shipments, a return to be read of none: such a command waits, and its result is kept, in a row of
its own without a shipment.
"""

from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.stored.current import read_row
from connector.tables.table import Table, TableSpec

SHIPMENTS = TableSpec(
    name="shipments", row_type=ShipmentRow, decode=read_row, final_at_ms=lambda row: row.forgettable_since_ms
)

ShipmentTable = Table[ShipmentRow]


def shipment_key(merchant_id: str, shipment_id: str) -> str:
    """Neither a merchant's nor a shipment's id contains a bar."""
    return f"{merchant_id}|{shipment_id}"


def command_key(merchant_id: str, command_id: str) -> str:
    return f"{merchant_id}||{command_id}"


def id_of(key: str) -> str:
    """What `shipment_key` makes the key from again: also of a row that a command has for itself."""
    return key.partition("|")[2]
