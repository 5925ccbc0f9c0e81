"""`connector dead-letters list|show|retry|drop`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from connector.cli.records.letter_choice import LetterChoice, choose_letters, known_letters, open_letters
from connector.cli.records.letters import Letter, expired_marks, read_letters
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.operators.audit import Deed, audited, only_one
from connector.cli.shared.screen import AsJson, By, DryRun, progress_bar, remark, tell, tell_json, tell_table, user
from connector.cli.shared.times import iso
from connector.clock import now_ms
from connector.errors import InputError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.kafka.topics import DEAD_LETTER_MARKS, DEAD_LETTERS, TOPICS
from connector.settings import load_settings

RETRIED_FROM = "connector-retried-from"
_SOURCES = frozenset(topic.name for topic in TOPICS)
_AT_ONCE = 500
_VERBS = {"retried": "retry", "dropped": "drop"}

_Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="As `list` shows them: PARTITION/OFFSET.")]
_Reason = Annotated[str, typer.Option(help="Only these: UNDECODABLE, UNKNOWN_MERCHANT, INVALID, ...")]
_Source = Annotated[str, typer.Option("--topic", help="Only those that came from this topic.")]
_Owner = Annotated[str, typer.Option("--merchant", help="Only this merchant's.")]
_Since = Annotated[str, typer.Option("--from", metavar="TIME", help="Only those that failed at this time or later.")]
_Until = Annotated[str, typer.Option("--to", metavar="TIME", help="Only those that failed before this time.")]
_All = Annotated[bool, typer.Option("--all", help="Every one; needed where nothing else chooses.")]

dead_letters = typer.Typer()


@dead_letters.command("list")
def list_dead_letters(
    reason: _Reason = "",
    topic: _Source = "",
    merchant: _Owner = "",
    since: _Since = "",
    until: _Until = "",
    dealt_with: Annotated[bool, typer.Option("--dealt-with", help="Also those retried or dropped.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most, the newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters that nobody dealt with yet.

    Example: connector dead-letters list --reason UNKNOWN_MERCHANT --from 2026-01-31
    """
    choice = choose_letters([], reason, topic, merchant, since, until)
    with open_broker(load_settings()) as broker:
        found = [one for one in read_letters(broker) if choice.takes(one) and (dealt_with or not one.dealt_with)]
    letters = found[-limit:] if limit else found
    if len(letters) < len(found):
        remark(f"{len(found) - len(letters)} older ones are left out")
    if as_json:
        tell_json([_summary(letter) for letter in letters])
        return
    columns = ("id", "failed at", "reason", "merchant", "source", "message")
    tell_table(columns, [_row(letter) for letter in letters])
    remark(f"{len(letters)} dead letters")


@dead_letters.command("show")
def show_dead_letter(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")], as_json: AsJson = False
) -> None:
    """Show one dead letter whole, decoded where it can be. It may hold buyers' data.

    Example: connector dead-letters show 3/17
    """
    choice = choose_letters([letter_id], "", "", "", "", "")
    with open_broker(load_settings()) as broker:
        letter = next(one for one in known_letters(read_letters(broker), choice) if choice.takes(one))
        record = letter.record
        (value,) = broker.decode(record["topic"], [record["value"]]) if record["topic"] in _SOURCES else (None,)
    told = _summary(letter) | _as_text("key", record["key"])
    told["headers"] = [{"name": header["name"]} | _as_text("value", header["value"]) for header in record["headers"]]
    told["raw"] = (record["value"] or b"").hex()
    is_bad = isinstance(value, BadRecord)
    told |= {"decoded": None if is_bad else value, "decoding_fault": str(value) if is_bad else ""}
    if as_json:
        tell_json(told)
        return
    for name, content in told.items():
        if name == "headers":
            for header in content:
                tell(f"header {header['name']}: {_shown(header['value'], header['value_hex'])}")
        elif name == "key":
            tell(f"key: {_shown(content, told['key_hex'])}")
        elif name != "key_hex":
            tell(f"{name}: {content}")


def _as_text(name: str, content: bytes | None) -> dict[str, str | None]:
    """Its text, None where it is none, and its bytes in hexadecimal."""
    if content is None:
        return {name: None, f"{name}_hex": None}
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    return {name: text, f"{name}_hex": content.hex()}


def _shown(text: str | None, in_hex: str | None) -> str:
    return text if text is not None else "(null)" if in_hex is None else f"(bytes) {in_hex}"


def _dealing(what: str) -> Callable[..., None]:
    def deal(
        ids: _Ids = None,
        reason: _Reason = "",
        topic: _Source = "",
        merchant: _Owner = "",
        since: _Since = "",
        until: _Until = "",
        everything: _All = False,
        because: Annotated[str, typer.Option(help="Why; `connector audit` shows it.")] = "",
        by: By = "",
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        choice = choose_letters(ids, reason, topic, merchant, since, until, everything)
        deed = Deed(action=f"dead-letters {_VERBS[what]}", by=by, reason=because)
        _deal(what, choice, deed, dry_run, as_json)

    return deal


_RETRY = """Send records to their topic again, the same bytes and key, once their cause is corrected.

A header tells where from. What fails again is a new dead letter; what was retried is not offered again.

Example: connector dead-letters retry --reason UNKNOWN_MERCHANT --merchant A2EXAMPLE
"""
_DROP = """Put dead letters aside for good: they are not offered again.

Example: connector dead-letters drop 3/17 3/18
"""
dead_letters.command("retry", help=_RETRY)(_dealing("retried"))
dead_letters.command("drop", help=_DROP)(_dealing("dropped"))


def _deal(what: str, choice: LetterChoice, deed: Deed, dry_run: bool, as_json: bool) -> None:
    with open_broker(load_settings()) as broker:
        letters = open_letters(read_letters(broker), choice)
        if what == "retried" and (lost := sorted({one.record["topic"] for one in letters} - _SOURCES)):
            raise InputError(f"these topics are none of the connector's: {', '.join(lost)}; choose with --topic")
        failed = _cut_short(letters) if what == "retried" else {}
        if letters and not dry_run:
            with audited(broker, _about(deed, letters)), progress_bar(what, len(letters)) as bar:
                for written in broker.write_each(_batches(broker, letters, what, failed, deed.by or user())):
                    failed |= {_letter_of(record): why for record, why in written.refused}
                    bar.advance(_AT_ONCE // 2)
                bar.reach(len(letters))
            gone = expired_marks(broker)
            broker.write_all([OutRecord(DEAD_LETTER_MARKS.name, broker.home(key), key, None) for key in gone])
    dealt_with = [letter for letter in letters if letter.id not in failed]
    if as_json:
        told = [{"id": letter_id, "why": why} for letter_id, why in failed.items()]
        tell_json({what: [letter.id for letter in dealt_with], "failed": told, "dry_run": dry_run})
    else:
        for letter in dealt_with if dry_run else ():
            tell(f"{letter.id} to {letter.record['topic']}: {letter.record['reason']}, {letter.record['message']}")
        tell(f"{len(dealt_with)} dead letters {'would be ' if dry_run else ''}{what}")
    for letter_id, why in failed.items():
        remark(f"{letter_id} is not {what}: {why}")
    if failed:
        raise typer.Exit(1)


def _about(deed: Deed, letters: Sequence[Letter]) -> Deed:
    owner = only_one(letter.record["merchant_id"] for letter in letters)
    return replace(deed, merchant_id=owner, subject=" ".join(letter.id for letter in letters))


def _cut_short(letters: Sequence[Letter]) -> dict[str, str]:
    """Those whose record was too large to be kept whole, and where that is."""
    return {
        letter.id: f"only the beginning of its {letter.record['value_length']} bytes is kept; it was too large for the "
        f"connector, whole at {letter.source}"
        for letter in letters
        if letter.record.get("value_length") is not None
    }


def _batches(
    broker: Broker, letters: Sequence[Letter], what: str, failed: Mapping[str, str], by: str
) -> Iterator[list[OutRecord]]:
    """The marks after the records: a crash in between retries twice rather than never. `failed` is read as it grows."""
    for begin in range(0, len(letters), _AT_ONCE):
        batch = [letter for letter in letters[begin : begin + _AT_ONCE] if letter.id not in failed]
        if what == "retried":
            yield [_again(broker, letter) for letter in batch]
        yield [_mark(broker, letter, what, by) for letter in batch if letter.id not in failed]


def _again(broker: Broker, letter: Letter) -> OutRecord:
    record = letter.record
    headers = tuple((header["name"], header["value"]) for header in record["headers"])
    headers += ((RETRIED_FROM, f"{DEAD_LETTERS.name}/{letter.id}".encode()),)
    partition = record["partition"] if record["key"] is None else broker.home(record["key"])
    return OutRecord(record["topic"], partition, record["key"], record["value"], headers)


def _letter_of(record: OutRecord) -> str:
    """The id of the letter that a record is of: a retried one, or a mark."""
    retried_from = dict(record.headers).get(RETRIED_FROM) or record.key or b""
    return retried_from.decode().removeprefix(f"{DEAD_LETTERS.name}/")


def _mark(broker: Broker, letter: Letter, what: str, by: str) -> OutRecord:
    key = letter.id.encode()
    record = {"merchant_id": letter.record["merchant_id"], "dealt_with": what, "by": by, "at": now_ms()}
    return OutRecord(DEAD_LETTER_MARKS.name, broker.home(key), key, broker.encode(DEAD_LETTER_MARKS.name, record))


def _row(letter: Letter) -> tuple[object, ...]:
    record = letter.record
    reason = record["reason"] + (f" ({letter.dealt_with})" if letter.dealt_with else "")
    return (letter.id, iso(record["failed_at"]), reason, record["merchant_id"], letter.source, record["message"])


def _summary(letter: Letter) -> dict[str, Any]:
    record = letter.record
    return {
        "id": letter.id,
        "failed_at": iso(record["failed_at"]),
        "reason": record["reason"],
        "message": record["message"],
        "merchant_id": record["merchant_id"],
        "topic": record["topic"],
        "partition": record["partition"],
        "offset": record["offset"],
        "dealt_with": letter.dealt_with,
    }
