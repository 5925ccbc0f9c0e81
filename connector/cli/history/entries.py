"""What a record says of a subject, as lines of its history: ids, codes and our own words, never a buyer's data."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connector.cli.history.calls import call_entries
from connector.cli.history.entry import EntryKind, HistoryEntry, entry_from
from connector.cli.history.subject import FoundRecord, Subject, SubjectKind
from connector.cli.shared.times import iso
from connector.kafka.topics import (
    ALERTS,
    API_CALLS,
    CANCELLATIONS,
    COMMAND_RESULTS,
    DEAD_LETTERS,
    INTERNAL_COMMANDS,
    INVENTORY,
    INVENTORY_RESULTS,
    NOTIFICATIONS,
    ORDER_COMMANDS,
    ORDERS,
    RETURNS,
)

_SPACE = "smartconnect."


def entries_of(subject: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    """None at all where the record is about something else."""
    if found.is_about(subject):
        yield from _BY_TOPIC[found.topic](subject, found)


def _update(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    update = found.record
    yield entry_from(
        found,
        EntryKind.UPDATE,
        "update",
        id=update["update_id"],
        update_id=update["update_id"],
        about=update["sku"],
        location_id=update["location_id"],
        quantity=update["quantity"],
        message=f"counted at {iso(update['occurred_at'])}",
    )


def _command(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    command = found.record
    action, asked = command["action"]
    words = [f"of return {asked['return_id']}"] if asked.get("return_id") else []
    words += [f"of {len(asked['shipment_ids'])} shipments"] if "shipment_ids" in asked else []
    words += [f"expires at {iso(command['expires_at'])}"] if command["expires_at"] is not None else []
    yield entry_from(
        found,
        EntryKind.COMMAND,
        action.removeprefix(_SPACE),
        id=command["command_id"],
        command_id=command["command_id"],
        about=command["shipment_id"],
        message=", ".join(words),
    )


def _notification(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    told = found.record
    of = "" if told["event_time"] is None else f" since {iso(told['event_time'])}"
    yield entry_from(
        found,
        EntryKind.NOTIFICATION,
        told["notification_type"],
        id=told["notification_id"],
        about=told["shipment_id"],
        location_id=told["location_id"],
        message=f"{told['status']}{of}",
    )


def _event(subject: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    event, is_sku = found.record, subject.kind is SubjectKind.SKU
    cancelled = found.topic == CANCELLATIONS.name
    status = "" if cancelled else event["status"]
    words = [f"by {event['cancelled_by']}", event["reason_code"]] if cancelled else [status]
    words += [f"was {event['previous_status']}"] if event["previous_status"] not in ("", status) else []
    words += [f"seen by {event['observed_via']}"] if "observed_via" in event else []
    words += [f"return {event['return_id']}"] if "return_id" in event and subject.kind is not SubjectKind.RETURN else []
    words += [f"at Amazon {iso(event['occurred_at'])}"]
    if is_sku and found.topic == ORDERS.name and event["type"] != "ORDER_RECEIVED" and not event["cancelled_items"]:
        return  # of its stock it says nothing new
    yield entry_from(
        found,
        EntryKind.EVENT,
        "CANCELLED" if cancelled else event["type"],
        id=event["event_id"],
        about=event["shipment_id"],
        location_id=event["return_location_id"] if found.topic == RETURNS.name else event["location_id"],
        quantity=_units(subject, event) if is_sku else None,
        message=", ".join(filter(None, words)),
    )


def _units(subject: Subject, event: Mapping[str, Any]) -> int | None:
    """Of the SKU, in the order, its cancellation or its return."""
    lines = event.get("line_items") or event.get("cancelled_items") or event.get("allocations")
    units = [line["quantity"] for line in lines or [event] if subject.is_named_in(line)]
    return sum(units) if units and all(isinstance(one, int) for one in units) else None


def _command_result(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    result = found.record
    same = {"about": result["shipment_id"], "command_id": result["command_id"]}
    tracking = [f"{one['carrier_name']} {one['tracking_id']}".strip() for one in result["tracking"]]
    yield entry_from(
        found,
        EntryKind.RESULT,
        result["action"],
        **same,
        id=result["result_id"],
        outcome=result["outcome"],
        code=result["code"],
        message="; ".join(filter(None, (result["message"], *tracking))),
        request_id=result["request_id"],
    )
    for document in result["documents"]:
        yield entry_from(
            found,
            EntryKind.DOCUMENT,
            document["kind"],
            **same,
            id=f"{result['result_id']} {document['uri']}",
            message=f"{document['uri']}, sha256 {document['sha256']}",
        )


def _inventory_result(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    result = found.record
    overtaken = [f"overtook {result['superseded_count']} updates"] if result["superseded_count"] else []
    yield entry_from(
        found,
        EntryKind.RESULT,
        "update",
        id=result["result_id"],
        update_id=result["update_id"],
        about=result["sku"],
        location_id=result["location_id"],
        outcome=result["outcome"],
        quantity=result["quantity"],
        sequence=result["sequence"],
        code=result["code"],
        message="; ".join(filter(None, (result["message"], *result["actionable_errors"], *overtaken))),
        request_id=result["request_id"],
    )


def _alert(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    alert = found.record
    outcome = "RAISED" if alert["ended_at"] is None else "ENDED"
    yield entry_from(
        found,
        EntryKind.ALERT,
        alert["kind"],
        id=f"{alert['alert_id']} {outcome}",
        about=alert["subject"],
        outcome=outcome,
        message=f"{alert['severity']} since {iso(alert['since'])}: {alert['message']}",
    )


def _internal(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    command = found.record
    action, _asked = command["action"]
    by = command["issued_by"]
    yield entry_from(
        found,
        EntryKind.INTERNAL,
        action.removeprefix(_SPACE),
        id=command["internal_command_id"],
        message=f"by {by}" if by else "",
    )


def _dead_letter(_: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    letter = found.record
    place = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
    yield entry_from(found, EntryKind.DEAD_LETTER, letter["reason"], message=f"{place}: {letter['message']}")


_BY_TOPIC: Mapping[str, Callable[[Subject, FoundRecord], Iterator[HistoryEntry]]] = {
    INVENTORY.name: _update,
    ORDER_COMMANDS.name: _command,
    NOTIFICATIONS.name: _notification,
    API_CALLS.name: call_entries,
    **dict.fromkeys((ORDERS.name, CANCELLATIONS.name, RETURNS.name), _event),
    COMMAND_RESULTS.name: _command_result,
    INVENTORY_RESULTS.name: _inventory_result,
    ALERTS.name: _alert,
    INTERNAL_COMMANDS.name: _internal,
    DEAD_LETTERS.name: _dead_letter,
}
