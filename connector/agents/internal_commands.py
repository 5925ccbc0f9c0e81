"""Agent `internal-commands`: what time or an operator asks of the tables, judged again by how they stand now."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never, get_args

import msgspec

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.inventory.seeds import Seeds
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.orders.manifests import finish_manifest
from connector.agents.outbox import Outbox
from connector.agents.retention import Retention
from connector.domain.alerts import AlertKind
from connector.domain.internal_commands import (
    EndCommands,
    FinishManifest,
    ForgetRows,
    InternalAction,
    RetryParked,
    SeedSequences,
)
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import INTERNAL_COMMANDS
from connector.tables.shipments import shipment_key

_ACTIONS: Mapping[str, type[InternalAction]] = {
    f"smartconnect.{action.__name__}": action for action in get_args(InternalAction)
}


class InternalCommandsAgent:
    def __init__(
        self, incoming: Incoming, outbox: Outbox, seeds: Seeds, *, shipments: ShipmentEdits, retention: Retention
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._seeds = seeds
        self._shipments = shipments
        self._retention = retention

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = await self._incoming.open(INTERNAL_COMMANDS.name, partition, records)
        await self._outbox.send(batch.aside)
        for received in batch.good:
            try:
                await self._carry_out(partition, received, batch.opened_at_ms)
            except BadRecord as bad:
                await self._outbox.send([self._incoming.dead_letter(received.record, bad)])

    async def _carry_out(self, partition: int, received: Received, now_ms: int) -> None:
        merchant_id = received.value["merchant_id"]
        match _action(received.value):
            case EndCommands(shipment_id):
                async with self._shipments.editing(partition, now_ms) as edit:
                    edit.end_commands(shipment_key(merchant_id, shipment_id))
            case FinishManifest() as finished:
                async with self._shipments.editing(partition, now_ms) as edit:
                    finish_manifest(edit, merchant_id, finished)
            case ForgetRows(table, keys):
                await self._retention.forget(partition, table, keys, now_ms)
            case SeedSequences() as seeds:
                await self._seeds.apply(partition, merchant_id, seeds)
            case RetryParked(AlertKind.SHIPMENT_PARKED, shipment_id):
                async with self._shipments.editing(partition, now_ms) as edit:
                    edit.retry(merchant_id, shipment_id)
            case RetryParked(kind, _):
                raise BadRecord("INVALID", f"kind: nothing is tried again for {kind}")
            case action:
                assert_never(action)


def _action(value: Mapping[str, Any]) -> InternalAction:
    name, fields = value["action"]
    try:
        return msgspec.convert(fields, _ACTIONS[name])
    except (KeyError, msgspec.ValidationError) as error:
        raise BadRecord("INVALID", f"action: {name} is none of this version's ({error})") from None
