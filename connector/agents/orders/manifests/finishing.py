"""CreateManifest: no call of Amazon, but a document to draw and store, which an agent must not wait for.

The command waits in a row of its own; printing.py draws and stores, and says so with an internal command.
"""

from msgspec import structs

from connector.agents.orders.edits import ShipmentEdit
from connector.domain.internal_commands import FinishManifest
from connector.domain.orders.commands import CommandOutcome, CreateManifest, OrderCommand
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument
from connector.domain.orders.manifests import manifests_of
from connector.domain.orders.results import Finish, Refuse, result_of
from connector.domain.orders.row import ShipmentRow, Work
from connector.tables.shipments import command_key, shipment_key


def take_manifest_command(edit: ShipmentEdit, command: OrderCommand, action: CreateManifest) -> None:
    """`action`: the command's."""
    key = command_key(command.merchant_id, command.command_id)
    if edit.tell_again(key):
        return
    row = ShipmentRow(
        merchant_id=command.merchant_id, shipment_id="", queue=(Work(command=command, taken_at_ms=edit.now_ms),)
    )
    rows = {one: edit.row(shipment_key(command.merchant_id, one)) for one in action.shipment_ids}
    manifests = manifests_of(command, action, rows)
    if isinstance(manifests, Refuse):
        result = result_of(command, manifests, edit.now_ms)
        edit.tell(result)
        row = structs.replace(row, queue=(), done=(result,), final_at_ms=edit.now_ms)
    edit.put(key, row)


def finish_manifest(edit: ShipmentEdit, merchant_id: str, finished: FinishManifest) -> None:
    """A command that is settled already stays as it is."""
    key = command_key(merchant_id, finished.command_id)
    row = edit.row(key)
    if row is None or row.head is None:
        return
    command, made = row.head.command, finished.document
    if made is not None:
        stored = (
            StoredDocument(kind=DocumentKind.MANIFEST, uri=one.uri, sha256=one.sha256, content_type=one.content_type)
            for one in (made, *finished.more)
        )
        end = Finish(documents=tuple(stored))
    else:
        end = Finish(outcome=CommandOutcome.REFUSED, code=finished.code, message=finished.message)
    result = result_of(command, end, edit.now_ms)
    edit.tell(result)
    edit.put(key, structs.replace(row, queue=(), done=(result,), final_at_ms=edit.now_ms))
