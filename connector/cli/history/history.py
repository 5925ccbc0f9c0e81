"""`connector history`: what happened to a shipment, a SKU, a command or a return."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import Message

from connector.cli.history.entry import HistoryEntry
from connector.cli.history.evidence import write_evidence
from connector.cli.history.search import Search, merchants_of, with_all_names, with_commands
from connector.cli.history.shown import HistoryScreen
from connector.cli.history.subject import TOPICS_OF, FoundRecord, Subject, SubjectKind
from connector.cli.history.timeline import timeline
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.merchants import merchants_here
from connector.cli.shared.screen import AsJson, chosen_form, remark
from connector.cli.shared.times import TIME_HELP, parse_time_ms
from connector.errors import ConnectorError, InputError
from connector.kafka.topics import ORDER_COMMANDS
from connector.settings import load_settings


def history(
    what: Annotated[SubjectKind, typer.Argument(metavar="shipment|sku|command|return", help="What ID is of.")],
    subject_id: Annotated[str, typer.Argument(metavar="ID", help="A SKU by the OMS's or by Amazon's name.")],
    merchant: Annotated[str, typer.Option(help="Whose it is; looked up where left out.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help=f"Only from then on: {TIME_HELP}.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Only before then; now where left out.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until interrupted.")] = False,
    evidence: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the calls to this new CSV file, for Amazon.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, a column for each fact.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what happened to a shipment, SKU, command or return: one line of time, by topics and archive.

    What came in, each call with Amazon's answer and request id, events, results, documents, alerts, dead letters. Kafka
    keeps calls and notifications for 7 days by default; calls, events, results and alerts of before are in what
    `connector archive run` kept. No buyers' data is shown. With --follow JSON is a line each. Exit code 1 if nothing
    was found.

    Example: connector history shipment SHP0000001 --merchant A2EXAMPLE --since -2h
    """
    form = chosen_form(as_csv, as_json)
    if follow and until:
        raise InputError("--follow, --until: what comes is after any such time; say one of them")
    if evidence is not None and evidence.exists():
        raise InputError(f"--evidence {evidence}: it is there already; name a new file")
    subject = Subject(what, frozenset({_text("ID", subject_id)}))
    merchant = merchant and _text("--merchant", merchant)
    since_ms = parse_time_ms("--since", since) if since else 0
    until_ms = parse_time_ms("--until", until) if until else None
    screen = HistoryScreen(form, goes_on=follow)
    with open_broker(load_settings()) as broker:
        owner = merchant or _owner(broker, subject)
        subject = with_all_names(broker, subject, owner)
        with broker.log(TOPICS_OF[what]) as reader:
            search = Search(broker, reader, owner)
            spans = search.spans(TOPICS_OF[what], since_ms, until_ms)
            records = search.find(subject, spans)
            records += _archived(search, records, subject, owner, (since_ms, until_ms))
            subject = with_commands(subject, records)
            records = search.results_of(subject, records, spans)
            entries = timeline(subject, records)
            screen.show(entries, subject.ids)
            _remark_found(subject, owner, entries, search.unread)
            if evidence is not None:
                remark(f"{write_evidence(evidence, entries)} calls are in {evidence}")
            if follow:
                starts = {place: stop for place, (_, stop) in spans.items()}
                _follow(search, subject, reader.follow(starts), screen)
    if not (entries or follow):
        raise typer.Exit(1)


def _text(name: str, given: str) -> str:
    try:
        given.encode()
    except UnicodeEncodeError:
        raise InputError(f"{name}: it is no text in UTF-8") from None
    if not given.strip():
        raise InputError(f"{name}: it is empty")
    return given


def _owner(broker: Broker, subject: Subject) -> str:
    """Empty where nobody knows it. Raises InputError where several have it."""
    known = merchants_here(broker.settings).by_id
    if len(known) == 1:
        return next(iter(known))
    owners = merchants_of(broker, with_all_names(broker, subject, ""))
    if len(owners) > 1:
        raise InputError(f"{subject.kind} {_named(subject)}: {', '.join(sorted(owners))} have it; say --merchant")
    return owners.pop() if owners else ""


def _archived(
    search: Search, found: Sequence[FoundRecord], subject: Subject, owner: str, span_ms: tuple[int, int | None]
) -> list[FoundRecord]:
    """What the archive has and the topics have no longer. Where it can't be read, it is said: the rest is shown."""
    from connector.cli.history.archived import find_archived  # pyarrow: not where records of today are followed

    try:
        return find_archived(search, found, subject, owner, span_ms)
    except ConnectorError as fault:
        remark(f"the archive can't be read: {fault}")
        return []


def _follow(search: Search, subject: Subject, coming: Iterator[list[Message]], screen: HistoryScreen) -> None:
    """Until it is interrupted, which is how it is meant to end."""
    commands: list[FoundRecord] = []
    with suppress(KeyboardInterrupt):
        for messages in coming:
            records = search.found_in(subject, messages)
            commands += [found for found in records if found.topic == ORDER_COMMANDS.name]
            subject = replace(subject, commands=subject.commands | with_commands(subject, commands).commands)
            if entries := timeline(subject, records):
                screen.show(entries, subject.ids)


def _remark_found(subject: Subject, owner: str, entries: Sequence[HistoryEntry], unread: Sequence[str]) -> None:
    of = f" of merchant {owner}" if owner else ""
    if entries:
        remark(f"{len(entries)} lines{of}; {subject.kind} {_named(subject)}")
    else:
        remark(f"no record{of} on the topics or in the archive names {subject.kind} {_named(subject)} at these times")
    if unread:
        remark(f"{len(unread)} records may name it and can't be read; the first: {unread[0]}")


def _named(subject: Subject) -> str:
    return ", ".join(sorted(subject.ids))
