"""Refresh of one return, which the OMS asks for: its command waits, and its result is kept, in a row of its own.

The merchant's lane of returns reads the return at once (refreshes.py, reads.py). Its events are polling's, as ever.
"""

from dataclasses import replace

from connector.agents.orders.edits import ShipmentEdit
from connector.domain.orders.commands import Fault, OrderCommand, Refresh
from connector.domain.orders.next_step import advance, end_head
from connector.domain.orders.results import Finish, Refuse
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.returns.refreshes import LONGEST_MS
from connector.merchants import Merchant
from connector.tables.shipments import command_key


def take_return_refresh(edit: ShipmentEdit, command: OrderCommand, return_id: str, merchant: Merchant) -> None:
    """Queued in a row of its own. One seen again has its result published again, or still to come."""
    key = command_key(command.merchant_id, command.command_id)
    if edit.tell_again(key):
        return
    if command.expires_at_ms is None:
        command = replace(command, expires_at_ms=edit.now_ms + LONGEST_MS)
    row = ShipmentRow(
        merchant_id=command.merchant_id,
        shipment_id="",
        queue=(Work(command=command, taken_at_ms=edit.now_ms),),
        final_at_ms=edit.now_ms,  # of a shipment there is nothing to expect: forgotten some time after its result
    )
    if any(merchant.flows(location, "returns") for location in merchant.locations):
        change = advance(row, edit.now_ms)
    else:
        fault = Fault("return_id", f"{return_id} can't be read: the merchants file switches the merchant's returns off")
        change = end_head(row, Refuse((fault,)), edit.now_ms)
    edit.change(key, None, change)


def end_refresh(edit: ShipmentEdit, key: str, end: Finish) -> None:
    """`key`: of the command's row. A command that ended already stays as it is."""
    row = edit.row(key)
    if row is None or row.head is None:
        return
    edit.change(key, row, end_head(row, end, edit.now_ms))


def asked_return(row: ShipmentRow) -> str | None:
    """The return that the row's command waits for, None for any other row."""
    action = row.head.command.action if row.head else None
    return action.return_id or None if isinstance(action, Refresh) else None
