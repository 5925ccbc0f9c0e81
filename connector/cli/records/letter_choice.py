"""Which dead letters a command is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.cli.records.letters import Letter
from connector.cli.shared.times import parse_time_ms
from connector.errors import InputError


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
