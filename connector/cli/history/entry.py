"""One line of a history."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connector.cli.history.subject import FoundRecord


class EntryKind(StrEnum):
    UPDATE = "update"
    COMMAND = "command"
    NOTIFICATION = "notification"
    CALL = "call"
    EVENT = "event"
    RESULT = "result"
    DOCUMENT = "document"
    ALERT = "alert"
    INTERNAL = "internal"
    DEAD_LETTER = "dead letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line. `at_ms`: of a call, when it left for Amazon; else when the record was written. `name`: of the event,
    call, command. `about`: the shipment, SKU or return. `id`: of the record, the same in a repeat; `source`: its topic,
    partition and offset. `sent`: of a call, whether it left. `answered_at_ms`: Amazon's time. `message`: whose words
    they are is a matter of the kind; of a call, Amazon's, without what is no word of errors. `times`: how often it was
    published."""

    at_ms: int
    kind: EntryKind
    name: str
    merchant_id: str
    source: str
    id: str = ""
    about: str = ""
    location_id: str = ""
    outcome: str = ""
    quantity: int | None = None
    sequence: int | None = None
    http_status: int | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""
    latency_ms: int | None = None
    attempt: int | None = None
    sent: bool | None = None
    answered_at_ms: int | None = None
    command_id: str = ""
    update_id: str = ""
    times: int = 1


def entry_from(found: FoundRecord, kind: EntryKind, name: str, **facts: Any) -> HistoryEntry:
    """`facts`: fields of the entry that the record's place does not tell, or tells otherwise."""
    known = {"at_ms": found.written_ms, "merchant_id": found.record["merchant_id"], "source": found.source}
    return HistoryEntry(kind=kind, name=name, **{**known, **facts})
