"""CreateManifest: no call of Amazon, but a document to draw and store, which an agent must not wait for.

The command waits in a row of its own; manifest_printing.py draws and stores, and its outcome comes back on
connector.api-calls.
"""

from dataclasses import replace

from connector.agents.orders.edits import ShipmentEdit
from connector.domain.orders.commands import CommandOutcome, CreateManifest, OrderCommand
from connector.domain.orders.facts.documents import StoredDocument
from connector.domain.orders.manifests import manifest_of
from connector.domain.orders.results import Finish, Refuse, result_of
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.outcomes import Accepted, Outcome
from connector.tables.shipments import manifest_key, shipment_key


def take_manifest_command(edit: ShipmentEdit, command: OrderCommand, action: CreateManifest, now_ms: int) -> None:
    """`action`: the command's."""
    key = manifest_key(command.merchant_id, command.command_id)
    row = edit.row(key)
    if row is not None:
        for result in row.done:
            edit.tell(result)
        return
    row = ShipmentRow(merchant_id=command.merchant_id, shipment_id="", queue=(Work(command=command),))
    rows = {one: edit.row(shipment_key(command.merchant_id, one)) for one in action.shipment_ids}
    manifest = manifest_of(command, action, rows)
    if isinstance(manifest, Refuse):
        result = result_of(command, manifest, now_ms)
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
        end = Finish(documents=(outcome.value,))
    else:
        answer = outcome.answer
        end = Finish(outcome=CommandOutcome.REFUSED, code=answer.code, message=answer.message)
    result = result_of(command, end, now_ms)
    edit.tell(result)
    edit.put(key, replace(row, queue=(), done=(result,), final_at_ms=now_ms))
