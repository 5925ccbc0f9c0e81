"""Dead letters as an operator sees them, and what was done about each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.agents.merchants.controls import PREVIOUS_MARK
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import remark
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import CONTROL, DEAD_LETTER_MARKS, DEAD_LETTERS


@dataclass(frozen=True, slots=True)
class Letter:
    """`dealt_with`: retried or dropped; empty: still open."""

    id: str
    record: Mapping[str, Any]
    dealt_with: str

    @property
    def source(self) -> str:
        return f"{self.record['topic']}/{self.record['partition']}/{self.record['offset']}"


def read_letters(broker: Broker) -> list[Letter]:
    """All, oldest first."""
    dealt_with = _dealt_with(broker)
    messages = list(broker.read(DEAD_LETTERS.name))
    letters = []
    for message, record in zip(messages, broker.decode(DEAD_LETTERS.name, [m.value() for m in messages]), strict=True):
        letter_id = f"{message.partition()}/{message.offset()}"
        if isinstance(record, BadRecord):
            remark(f"{DEAD_LETTERS.name}/{letter_id} can't be read: {record.message}")
            continue
        letters.append(Letter(letter_id, record, dealt_with.get(letter_id, "")))
    return sorted(letters, key=lambda letter: int(letter.record["failed_at"]))


def expired_marks(broker: Broker) -> list[bytes]:
    """Keys of marks whose letters are gone, by the retention of connector.dead-letters."""
    with broker.topic(DEAD_LETTERS.name) as reader:
        first = {number: low for number, (low, _) in reader.spans().items()}
    places = {mark: mark.decode().split("/") for mark in broker.latest(DEAD_LETTER_MARKS.name)}
    return [mark for mark, (number, offset) in places.items() if int(offset) < first.get(int(number), 0)]


def _dealt_with(broker: Broker) -> dict[str, str]:
    """Letter id -> retried or dropped."""
    marks = broker.latest(DEAD_LETTER_MARKS.name)
    decoded = zip(marks, broker.decode(DEAD_LETTER_MARKS.name, list(marks.values())), strict=True)
    found = {key.decode(): str(mark["dealt_with"]) for key, mark in decoded if not isinstance(mark, BadRecord)}
    return _marked_by_version_0_1(broker) | found


def _marked_by_version_0_1(broker: Broker) -> dict[str, str]:
    """Version 0.1 had the marks among the pauses of connector.control."""
    prefix = PREVIOUS_MARK.encode()
    marks = {key: value for key, value in broker.latest(CONTROL.name).items() if key.startswith(prefix)}
    decoded = zip(marks, broker.decode(CONTROL.name, list(marks.values())), strict=True)
    return {
        key.removeprefix(prefix).decode(): str(mark["reason"])
        for key, mark in decoded
        if not isinstance(mark, BadRecord)
    }
