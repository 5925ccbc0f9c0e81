"""What time and operators ask of shipments, returns and lists, judged again by how their rows stand."""

from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never

from connector.agents.orders.edits import ShipmentEdits
from connector.agents.orders.manifests.finishing import finish_manifest
from connector.domain.alerts import AlertKind
from connector.domain.internal_commands import EndCommands, FinishManifest, RereadReturns, RereadShipments, RetryParked
from connector.kafka.avro.codec import BadRecord
from connector.tables.shipments import shipment_key

TradeAction = EndCommands | FinishManifest | RereadShipments | RereadReturns

AskReturns = Callable[[int, str, Sequence[str]], Awaitable[None]]
"""(partition, merchant, return ids): they are to be read."""

AskList = Callable[[str, str], None]
"""(merchant, name): the list is to be asked for."""


class TradeCommands:
    def __init__(self, shipments: ShipmentEdits, ask_returns: AskReturns, ask_list: AskList) -> None:
        self._shipments = shipments
        self._ask_returns = ask_returns
        self._ask_list = ask_list

    async def carry_out(self, partition: int, merchant_id: str, action: TradeAction, now_ms: int) -> None:
        match action:
            case EndCommands(shipment_id):
                async with self._shipments.editing(partition, now_ms) as edit:
                    edit.end_commands(shipment_key(merchant_id, shipment_id))
            case FinishManifest():
                async with self._shipments.editing(partition, now_ms) as edit:
                    finish_manifest(edit, merchant_id, action)
            case RereadShipments(shipment_ids):
                async with self._shipments.editing(partition, now_ms) as edit:
                    for shipment_id in shipment_ids:
                        edit.hint(merchant_id, shipment_id, "")
            case RereadReturns(return_ids):
                await self._ask_returns(partition, merchant_id, return_ids)
            case _:
                assert_never(action)

    async def retry(self, partition: int, merchant_id: str, parked: RetryParked, now_ms: int) -> None:
        """It is tried again at once. Raises BadRecord for a kind of which nothing is."""
        match parked:
            case RetryParked(AlertKind.SHIPMENT_PARKED, shipment_id):
                async with self._shipments.editing(partition, now_ms) as edit:
                    edit.retry(merchant_id, shipment_id)
            case RetryParked(AlertKind.RETURN_PARKED, return_id):
                await self._ask_returns(partition, merchant_id, [return_id])
            case RetryParked(AlertKind.LIST_PARKED, name):
                self._ask_list(merchant_id, name)
            case RetryParked(kind, _):
                raise BadRecord("INVALID", f"kind: nothing is tried again for {kind}")
