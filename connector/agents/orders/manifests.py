"""CreateManifest: no call of Amazon, but a document to draw and store, which an agent must not wait for.

The command waits in a row of its own; manifest_printing.py draws and stores, and its outcome comes back on
connector.api-calls.
"""

from dataclasses import replace

from connector.agents.orders.edits import ShipmentEdit
from connector.domain.orders.commands import CommandOutcome, OrderCommand
from connector.domain.orders.facts.documents import StoredDocument
from connector.domain.orders.manifests import Manifest, manifest_of
from connector.domain.orders.results import done, refused, result_of
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.outcomes import Accepted, Outcome
from connector.tables.shipments import manifest_key, shipment_key


def take_manifest_command(edit: ShipmentEdit, command: OrderCommand, now_ms: int) -> None:
    key = manifest_key(command.merchant_id, command.command_id)
    row = edit.row(key)
    if row is not None:
        for result in row.done:
            edit.tell(result)
        return
    row = ShipmentRow(merchant_id=command.merchant_id, shipment_id="", queue=(Work(command=command),))
    manifest = manifest_of(
        command, {one: edit.row(shipment_key(command.merchant_id, one)) for one in command.shipment_ids}
    )
    if not isinstance(manifest, Manifest):
        result = refused(command, manifest, now_ms)
        edit.tell(result)
        row = replace(row, queue=(), done=(result,), final_at_ms=now_ms)
    edit.put(key, row)


def settle_manifest(
    edit: ShipmentEdit, merchant_id: str, command_id: str, outcome: Outcome[StoredDocument], now_ms: int
) -> None:
    """A command that is settled already stays as it is."""
    key = manifest_key(merchant_id, command_id)
    row = edit.row(key)
    if row is None or row.head is None:
        return
    command = row.head.command
    if isinstance(outcome, Accepted):
        result = done(command, now_ms, (outcome.value,))
    else:
        answer = outcome.answer
        result = result_of(command, CommandOutcome.REFUSED, now_ms, code=answer.code, message=answer.message)
    edit.tell(result)
    edit.put(key, replace(row, queue=(), done=(result,), final_at_ms=now_ms))
