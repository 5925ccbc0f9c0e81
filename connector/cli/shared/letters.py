"""Dead letters as an operator sees them: what was done about each, and which ones a command is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.agents.merchants.pauses import PREVIOUS_MARK
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import parse_time_ms, remark
from connector.errors import InputError
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


@dataclass(frozen=True, slots=True)
class LetterChoice:
    ids: frozenset[str]
    reason: str
    topic: str
    merchant_id: str
    since_ms: int | None
    until_ms: int | None

    def takes(self, letter: Letter) -> bool:
        record, failed_at = letter.record, letter.record["failed_at"]
        return (
            (not self.ids or letter.id in self.ids)
            and self.reason in ("", record["reason"])
            and self.topic in ("", record["topic"])
            and self.merchant_id in ("", record["merchant_id"])
            and (self.since_ms is None or failed_at >= self.since_ms)
            and (self.until_ms is None or failed_at < self.until_ms)
        )


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


def choose_letters(
    ids: Sequence[str] | None,
    reason: str,
    topic: str,
    merchant: str,
    since: str,
    until: str,
    everything: bool = True,
) -> LetterChoice:
    if not (ids or reason or topic or merchant or since or until or everything):
        raise InputError("say which: give ids, --reason, --topic, --merchant, --from or --to, or --all")
    for letter_id in ids or ():
        partition, slash, offset = letter_id.partition("/")
        if not (slash and partition.isdigit() and offset.isdigit()):
            raise InputError(f"id {letter_id}: write PARTITION/OFFSET, as `connector dead-letters list` shows it")
    since_ms = parse_time_ms("--from", since) if since else None
    return LetterChoice(
        frozenset(ids or ()), reason, topic, merchant, since_ms, parse_time_ms("--to", until) if until else None
    )


def known_letters(letters: Sequence[Letter], choice: LetterChoice) -> Sequence[Letter]:
    """All of them. Raises InputError for an id that is not among them."""
    for letter_id in sorted(choice.ids - {letter.id for letter in letters}):
        raise InputError(f"id {letter_id}: there is no such dead letter; see `connector dead-letters list`")
    return letters


def open_letters(letters: Sequence[Letter], choice: LetterChoice) -> list[Letter]:
    """Open ones, oldest first. Raises InputError for an id that is not there, or was dealt with."""
    for letter in known_letters(letters, choice):
        if letter.id in choice.ids and letter.dealt_with:
            raise InputError(f"id {letter.id}: it was {letter.dealt_with} already")
    return [letter for letter in letters if choice.takes(letter) and not letter.dealt_with]
