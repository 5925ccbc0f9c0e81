"""Agent `order-commands`: what the OMS asks, into the shipments' queues. It waits for no call and no document."""

from collections.abc import Callable, Sequence

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.orders import manifests
from connector.agents.orders.command_records import read_command
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.domain.orders.commands import Action
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import ORDER_COMMANDS
from connector.merchants import Merchants


class OrderCommandsAgent:
    def __init__(
        self,
        incoming: Incoming,
        shipments: ShipmentEdits,
        merchants: Callable[[], Merchants],
        now_ms: Callable[[], int],
    ) -> None:
        self._incoming = incoming
        self._shipments = shipments
        self._merchants = merchants
        self._now_ms = now_ms

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = self._incoming.open(ORDER_COMMANDS.name, partition, records)
        async with self._shipments.editing(partition) as edit:
            edit.publish(batch.aside)
            for received in batch.good:
                try:
                    self._take(edit, received)
                except BadRecord as bad:
                    edit.publish([self._incoming.dead_letter(received.record, bad)])

    def _take(self, edit: ShipmentEdit, received: Received) -> None:
        command = read_command(received.value)
        if self._merchants().get(command.merchant_id) is None:
            message = f"merchant_id: {command.merchant_id} is not in the merchants file; add it, then retry"
            raise BadRecord("UNKNOWN_MERCHANT", message)
        if command.action is Action.CREATE_MANIFEST:
            manifests.take_manifest_command(edit, command, self._now_ms())
        else:
            edit.accept(command)
