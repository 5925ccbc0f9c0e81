"""A command from the OMS comes in."""

from dataclasses import replace

from connector.domain.orders.checks.form import command_faults
from connector.domain.orders.commands import OrderCommand
from connector.domain.orders.next_step import advance
from connector.domain.orders.results import refused
from connector.domain.orders.row import MAX_KEPT_RESULTS, Change, ShipmentRow, Work


def take_command(row: ShipmentRow | None, command: OrderCommand, now_ms: int) -> Change:
    """Queued, unless it is seen again (its result is published again) or can't be meant (refused at once).

    A shipment that is not known yet is read first.
    """
    row = row or ShipmentRow(merchant_id=command.merchant_id, shipment_id=command.shipment_id)
    known = next((result for result in row.done if result.command_id == command.command_id), None)
    if known is not None:
        return Change(row, results=(known,))
    if any(work.command.command_id == command.command_id for work in row.queue):
        return Change(row)
    if faults := command_faults(command):
        result = refused(command, faults, now_ms)
        nobody = row.facts is None and not row.queue and row.hint is None
        return Change(
            replace(
                row,
                done=(*row.done, result)[-MAX_KEPT_RESULTS:],
                final_at_ms=row.final_at_ms or (now_ms if nobody else None),
            ),
            results=(result,),
        )
    # A first in the queue starts a turn: a reading under way is none that was made for it
    turn = row.turn if row.queue else row.turn + 1
    return advance(replace(row, queue=(*row.queue, Work(command=command)), turn=turn), now_ms)
