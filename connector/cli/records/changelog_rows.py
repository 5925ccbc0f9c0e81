"""The rows of a changelog as they are now, readable or not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from connector.cli.shared.broker import Broker
from connector.kafka.topics import changelog_topic
from connector.tables.table import TableSpec, UnreadableRow, read_key


@dataclass(frozen=True, slots=True)
class ChangelogRow:
    """The newest of one key. `fault` "": it can be read."""

    partition: int
    offset: int
    key: bytes
    value: bytes
    fault: str

    @property
    def shown_key(self) -> str:
        return self.key.decode(errors="backslashreplace")


def newest_rows(broker: Broker, spec: TableSpec[Any]) -> list[ChangelogRow]:
    """By partition, for a key may be in another than its own: written by hand, say."""
    newest: dict[tuple[int, bytes], Message] = {}
    for message in broker.read(changelog_topic(broker.settings.app_id, spec.name)):
        at = (message.partition() or 0, message.key() or b"")
        if message.value() is None:
            newest.pop(at, None)
        else:
            newest[at] = message
    read = spec.reader()
    return [_row(newest[at], read) for at in sorted(newest)]


def _row(message: Message, read: Callable[[bytes], Any]) -> ChangelogRow:
    key, value, fault = message.key() or b"", message.value() or b"", ""
    try:
        read_key(key)
        read(value)
    except UnreadableRow as misfit:
        fault = str(misfit)
    return ChangelogRow(message.partition() or 0, message.offset() or 0, key, value, fault)
