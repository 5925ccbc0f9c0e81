"""Topics whose records are events: what makes one the same as another, and when it happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.kafka import topics
from connector.kafka.topics import Topic

FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""Of the years 1 to 9999. DuckDB reads no file that holds a time beyond its own calendar."""

_TIMES = frozenset({"occurred_at", "ended_at"})


def calendar_ms(time_ms: int | None) -> int | None:
    """None where no calendar has that time: an OMS may write any number."""
    return time_ms if time_ms is not None and FIRST_MS <= time_ms <= LAST_MS else None


@dataclass(frozen=True, slots=True)
class Events:
    """Records of a merchant with equal `id_fields` are one event, however often it was published."""

    topic: Topic
    id_fields: tuple[str, ...]
    time_field: str

    def id_of(self, record: Mapping[str, Any]) -> str:
        """`record`: as it is on the topic, or read from a file."""
        parts = [calendar_ms(record[name]) if name in _TIMES else record[name] for name in self.id_fields]
        return msgspec.json.encode(parts).decode()


EVENTS: Mapping[str, Events] = {
    events.topic.name: events
    for events in (
        Events(topics.ORDERS, ("event_id",), "occurred_at"),
        Events(topics.CANCELLATIONS, ("event_id",), "occurred_at"),
        Events(topics.RETURNS, ("event_id",), "occurred_at"),
        Events(topics.INVENTORY_RESULTS, ("result_id",), "settled_at"),
        Events(topics.COMMAND_RESULTS, ("result_id",), "settled_at"),
        Events(topics.API_CALLS, ("call_id",), "started_at"),
        Events(topics.ALERTS, ("alert_id", "ended_at"), "since"),  # raised once, ended once
        Events(topics.NOTIFICATIONS, ("notification_id",), "received_at"),
        Events(topics.INTERNAL_COMMANDS, ("internal_command_id",), "issued_at"),
        Events(topics.ORDER_COMMANDS, ("command_id",), "issued_at"),
        # An OMS may give one id to several updates: only what says the same is the same
        Events(topics.INVENTORY, ("update_id", "location_id", "sku", "quantity", "occurred_at"), "occurred_at"),
    )
}
"""By topic. The others hold the latest of each key, or, as dead letters, bytes that no schema reads."""
