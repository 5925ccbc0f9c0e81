"""How much may wait for one shipment: a row that grows without a bound can't be written some day."""

import msgspec

from connector.domain.orders.commands import CommandOutcome, OrderCommand
from connector.domain.orders.results import Finish
from connector.domain.orders.row import ShipmentRow

MAX_WAITING = 100
MAX_WAITING_BYTES = 400_000  # as JSON: with facts and results the row stays below a record's 900 kB
QUEUE_FULL = "QUEUE_FULL"


def queue_fault(row: ShipmentRow, command: OrderCommand) -> Finish | None:
    """Why the command can't wait with the others, None where it can."""
    if len(row.queue) >= MAX_WAITING:
        return _full(f"{len(row.queue)} commands wait for the shipment, {MAX_WAITING} may")
    sizes = [len(msgspec.json.encode(one)) for one in (command, *(work.command for work in row.queue))]
    if sum(sizes) > MAX_WAITING_BYTES:
        return _full(
            f"the commands that wait for the shipment would have {sum(sizes)} bytes as JSON, {MAX_WAITING_BYTES} may"
        )
    return None


def _full(reason: str) -> Finish:
    message = f"{reason}; send it anew, under a new command_id, when some of them have their results"
    return Finish(outcome=CommandOutcome.REFUSED, code=QUEUE_FULL, message=message)
