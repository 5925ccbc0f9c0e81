"""`connector replay`: records of any topic once more, the same bytes and key."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from confluent_kafka import Message

from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.forecast import forecaster
from connector.cli.shared.record_filter import RecordFilter
from connector.cli.shared.screen import AsJson, DryRun, parse_time_ms, progress_bar, tell_json, tell_table
from connector.errors import InputError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.reader import Spans, TopicReader
from connector.kafka.topics import TOPICS
from connector.settings import load_settings

REPLAYED_FROM = "connector-replayed-from"
_AT_ONCE = 500
_SHOWN = 20


def replay(
    topic: Annotated[str, typer.Argument(help="Any of the connector's topics.")],
    since: Annotated[
        str, typer.Option("--from", metavar="TIME|OFFSET", help="From this time, or this offset of each partition.")
    ],
    until: Annotated[
        str, typer.Option("--to", metavar="TIME|OFFSET", help="Up to but without this; now where left out.")
    ] = "",
    partition: Annotated[int | None, typer.Option(help="Only this partition.")] = None,
    merchant: Annotated[str, typer.Option(help="Only this merchant's.")] = "",
    sku: Annotated[str, typer.Option(help="Only those that name this SKU.")] = "",
    shipment: Annotated[str, typer.Option(help="Only those that name this shipment.")] = "",
    to_topic: Annotated[str, typer.Option(help="Where to; the same topic where left out.")] = "",
    rate: Annotated[float, typer.Option(min=0, help="Records a second at most; 0 = as fast as it goes.")] = 0,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send chosen records of a topic again, the same bytes and key; a header says where from.

    Safe by construction: old inventory is SUPERSEDED, a command that is done is not run again, events keep their ids.
    --dry-run tells what each record would do. Records written after the start are not replayed.

    Example: connector replay oms.inventory --from 2026-01-31T18:30 --merchant A2EXAMPLE --sku EAN-1 --dry-run
    """
    names = [known.name for known in TOPICS]
    if topic not in names:
        raise InputError(f"topic {topic}: it is none of the connector's ({', '.join(names)})")
    bounds = _bound("--from", since), _bound("--to", until) if until else None
    wanted, target = RecordFilter(merchant, sku, shipment), to_topic or topic
    with open_broker(load_settings()) as broker, broker.topic(topic) as reader, broker.topic(target) as into:
        spans = _spans(reader, *bounds, partition)
        total = sum(max(0, stop - start) for start, stop in spans.values())
        with progress_bar(f"{topic}", total) as bar:
            found = _found(broker, reader, spans, topic, wanted, bar.advance)
            if dry_run:
                _tell_forecast(broker, topic, target, found, as_json)
                return
            count = 0
            pace = ReplayPace(rate)
            for sent in broker.write(
                _batches(found, topic, target, into.partitions, 1 if 0 < rate < _AT_ONCE else _AT_ONCE)
            ):
                count += sent
                pace.wait(count)
    if as_json:
        tell_json({"topic": topic, "to_topic": target, "replayed": count, "dry_run": False})
    else:
        typer.echo(f"{count} of {total} records of {topic} replayed to {target}")


class ReplayPace:
    def __init__(self, rate: float) -> None:
        self._rate, self._began_at = rate, time.monotonic()

    def wait(self, count: int) -> None:
        if self._rate:
            time.sleep(max(0.0, self._began_at + count / self._rate - time.monotonic()))


_Found = tuple[Message, dict[str, Any] | BadRecord]


def _found(
    broker: Broker, reader: TopicReader, spans: Spans, topic: str, wanted: RecordFilter, advance: Any
) -> Iterator[list[_Found]]:
    for messages in _chunks(reader.read(spans)):
        decoded = broker.decode(topic, [message.value() for message in messages])
        chosen = zip(messages, decoded, strict=True)
        yield [(message, value) for message, value in chosen if wanted.takes(message.key(), value)]
        advance(len(messages))


def _chunks(messages: Iterator[Message]) -> Iterator[list[Message]]:
    chunk: list[Message] = []
    for message in messages:
        chunk.append(message)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _batches(
    found: Iterator[list[_Found]], topic: str, target: str, partitions: int, at_once: int
) -> Iterator[Sequence[OutRecord]]:
    for chunk in found:
        records = [_again(message, topic, target, partitions) for message, _ in chunk]
        for begin in range(0, len(records), at_once):
            yield records[begin : begin + at_once]


def _again(message: Message, topic: str, target: str, partitions: int) -> OutRecord:
    key, source = message.key(), message.partition() or 0
    known: Any = message.headers() or []  # a list of pairs, whatever the package's stubs allow besides
    headers: tuple[tuple[str, bytes], ...] = tuple((name, content or b"") for name, content in known)
    headers += ((REPLAYED_FROM, f"{topic}/{source}/{message.offset()}".encode()),)
    # On its own topic where it was: compacted topics have other keys than merchants
    home = source % partitions if topic == target or key is None else home_partition(key, partitions)
    return OutRecord(target, home, key, message.value(), headers)


def _tell_forecast(broker: Broker, topic: str, target: str, found: Iterator[list[_Found]], as_json: bool) -> None:
    forecast = forecaster(broker, topic, target)
    told: list[dict[str, Any]] = []
    for message, value in (one for chunk in found for one in chunk):
        merchant_id = (message.key() or b"").decode(errors="replace")
        where = {"partition": message.partition(), "offset": message.offset(), "merchant": merchant_id}
        told.append({**where, **forecast(value)})
    counts = Counter(str(record["would"]) for record in told)
    if as_json:
        tell_json({"topic": topic, "to_topic": target, "dry_run": True, "counts": counts, "records": told})
        return
    columns = ("partition", "offset", "merchant", "what", "would")
    tell_table(columns, [[record[column] for column in columns] for record in told[:_SHOWN]])
    if len(told) > _SHOWN:
        typer.echo(f"... and {len(told) - _SHOWN} more; --json tells all")
    for would, number in counts.most_common():
        typer.echo(f"{number} {would}")
    typer.echo(f"{len(told)} records would be replayed to {target}")


def _bound(option: str, text: str) -> int | str:
    """An offset as int, a time as text that was checked."""
    if text.isascii() and text.isdigit():
        return int(text)
    parse_time_ms(option, text)
    return text


def _spans(
    reader: TopicReader, since: int | str, until: int | str | None, partition: int | None
) -> dict[int, tuple[int, int]]:
    whole = reader.spans()
    if partition is not None and partition not in whole:
        raise InputError(f"--partition {partition}: the topic has 0 to {max(whole)}")

    def offsets(bound: int | str) -> dict[int, int]:
        return dict.fromkeys(whole, bound) if isinstance(bound, int) else reader.offsets_at(parse_time_ms("", bound))

    starts, stops = offsets(since), {} if until is None else offsets(until)
    return {
        number: (max(low, starts[number]), min(high, stops.get(number, high)))
        for number, (low, high) in whole.items()
        if partition in (None, number)
    }
