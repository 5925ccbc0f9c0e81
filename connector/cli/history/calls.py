"""What a call to Amazon was and came to, as lines of a history."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.cli.history.entry import EntryKind, HistoryEntry, entry_from
from connector.cli.history.subject import FoundRecord, Subject, opened


def call_entries(subject: Subject, found: FoundRecord) -> Iterator[HistoryEntry]:
    call = found.record
    same = {
        "at_ms": call["started_at"],
        "id": call["call_id"],
        "request_id": call["request_id"],
        "latency_ms": call["latency_ms"],
        "attempt": call["attempt"],
        "sent": call["sent"],
        "answered_at_ms": call["answered_at"],
    }
    if call["inventory_items"]:
        for item in call["inventory_items"]:
            if subject.is_named_in(item):
                yield entry_from(found, EntryKind.CALL, f"inventory {item['kind']}", **same, **_item_facts(item))
        return
    told = opened(call)
    step = told["step"] if isinstance(told["step"], dict) else {}
    value = step.get("value", step)
    yield entry_from(
        found,
        EntryKind.CALL,
        call["shipment_step"] or call["operation"],
        **same,
        about=call["shipment_id"] or call["return_id"],
        location_id=call["list_location_id"],
        outcome=call["outcome"],
        http_status=call["http_status"],
        code=call["code"],
        message=_words(call) or _status_told(subject, told),
        command_id=str(value.get("command_id", "")) if isinstance(value, dict) else "",
    )


def _item_facts(item: Mapping[str, Any]) -> dict[str, Any]:
    known = [f"Amazon has sequence {item['known_sequence']}"] if item["known_sequence"] is not None else []
    names = (("sellable_quantity", "sellable"), ("reserved_quantity", "reserved"))
    known += [f"{item[field]} {word}" for field, word in names if item[field] is not None]
    return {
        "about": item["sku"],
        "location_id": item["location_id"],
        "sequence": item["sequence"],
        "quantity": item["quantity"] if item["kind"] == "UPDATE" else None,
        "outcome": item["outcome"],
        "http_status": item["http_status"],
        "code": item["code"],
        "message": "; ".join([*filter(None, (_words(item),)), *known, *item["actionable_errors"]]),
    }


def _words(answer: Mapping[str, Any]) -> str:
    return str(answer["error_text"] or answer["message"])


def _status_told(subject: Subject, call: Mapping[str, Any]) -> str:
    """What the answer says of the subject: its status, of a list also that it is on it."""
    answer = call["answer"]
    if not isinstance(answer, dict):
        return ""
    listed = [*_dicts(answer.get("shipments")), *_dicts(answer.get("returns")), *_dicts(answer.get("unreadable"))]
    for item in listed or _dicts([answer.get("value", answer)]):
        if "status" in item and (not listed or subject.is_named_in(item)):
            return f"status {item['status']}"
    return ""


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
