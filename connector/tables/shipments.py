"""Table `shipments`: merchant|shipment -> all that is known of it. Kept until some time after its final state.

A manifest is of many shipments: its command waits, and its result is kept, in a row of its own without a shipment.
"""

from typing import TYPE_CHECKING, TypeAlias

from connector.domain.orders.row import ShipmentRow

if TYPE_CHECKING:
    from connector.tables.durable import DurableTable  # brings Faust, which a row's name and key do not need

SHIPMENTS = "shipments"

ShipmentTable: TypeAlias = "DurableTable[ShipmentRow]"


def shipment_key(merchant_id: str, shipment_id: str) -> str:
    """Neither a merchant's nor a shipment's id contains a bar."""
    return f"{merchant_id}|{shipment_id}"


def manifest_key(merchant_id: str, command_id: str) -> str:
    return f"{merchant_id}||{command_id}"
