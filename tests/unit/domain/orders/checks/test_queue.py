"""How much may wait for one shipment."""

import msgspec

from connector.domain.orders.arrivals import take_command
from connector.domain.orders.checks.queue import MAX_WAITING, MAX_WAITING_BYTES, QUEUE_FULL
from connector.domain.orders.commands import Action, CommandOutcome, CreatePackages, Refresh
from connector.domain.orders.facts.packages import PackageItem
from connector.domain.orders.row import ShipmentRow
from tests.kit.orders.shipments import NOW, command, known, only_result, package, shipment


def filled(row: ShipmentRow, action: Action, count: int) -> ShipmentRow:
    for number in range(count):
        row = take_command(row, command(action, f"c-{number}"), NOW).row
    return row


def test_a_hundred_wait_and_the_next_is_refused_at_once() -> None:
    """The case timelines/hundred-and-one-commands."""

    row = filled(known(shipment()), Refresh(), MAX_WAITING)
    assert len(row.queue) == 100
    late = command(Refresh(), "c-100")
    change = take_command(row, late, NOW)
    result = only_result(change)
    assert (result.command_id, result.outcome, result.code) == ("c-100", CommandOutcome.REFUSED, QUEUE_FULL)
    assert "100 commands wait" in result.message
    assert change.row.queue == row.queue
    assert take_command(change.row, late, NOW).results == (result,), "seen again, it is answered again"


def test_large_commands_wait_until_they_would_make_the_row_too_large() -> None:
    serials = tuple(f"serial-{number:032}" for number in range(2500))
    large = package(items=(PackageItem(line_item_id="L1", quantity=2500, serial_numbers=serials),))
    row = filled(known(shipment()), CreatePackages((large,)), 20)
    assert 1 < len(row.queue) < 20
    assert len(msgspec.json.encode(row.queue)) < MAX_WAITING_BYTES * 1.01
    assert len(msgspec.json.encode(row)) < 900_000
