"""Agent `order-commands`: what the OMS asks, into the shipments' queues. It waits for no call and no document."""

from collections.abc import Sequence

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.command_records import read_command
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.agents.orders.manifests.finishing import take_manifest_command
from connector.agents.returns.commands import take_return_refresh
from connector.domain.orders.commands import CreateManifest, Refresh
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import ORDER_COMMANDS


class OrderCommandsAgent:
    def __init__(self, incoming: Incoming, shipments: ShipmentEdits, merchants: KnownMerchants) -> None:
        self._incoming = incoming
        self._shipments = shipments
        self._merchants = merchants

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = self._incoming.open(ORDER_COMMANDS.name, partition, records)
        async with self._shipments.editing(partition, batch.opened_at_ms) as edit:
            edit.publish(batch.aside)
            for received in batch.good:
                try:
                    self._take(edit, received)
                except BadRecord as bad:
                    edit.publish([self._incoming.dead_letter(received.record, bad)])

    def _take(self, edit: ShipmentEdit, received: Received) -> None:
        command = read_command(received.value)
        merchant = self._merchants.require(command.merchant_id)
        match command.action:
            case CreateManifest() as action:
                take_manifest_command(edit, command, action)
            case Refresh(return_id) if return_id:
                take_return_refresh(edit, command, return_id, merchant)
            case _:
                edit.accept(command)
