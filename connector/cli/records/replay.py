"""`connector replay`: records of any topic once more, the same bytes and key."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from confluent_kafka import Message

from connector.cli.records.record_filter import RecordFilter
from connector.cli.shared.broker import RECORDS_AT_ONCE, Broker, chunks, open_broker
from connector.cli.shared.forecast import forecaster
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import AsJson, Because, By, DryRun, progress_bar, remark, tell, tell_json, tell_table
from connector.cli.shared.times import parse_time_ms
from connector.errors import InputError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.reader import Spans, TopicReader
from connector.kafka.topics import TOPICS
from connector.settings import load_settings

REPLAYED_FROM = "connector-replayed-from"
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
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send chosen records of a topic again, the same bytes and key; a header says where from.

    Safe by construction: old inventory is SUPERSEDED, a command that is done is not run again, events keep their ids.
    --dry-run tells what each record would do. Records written after the start are not replayed. A record that Kafka
    does not take again is named, the others go on; exit code 1 then.

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
        left = LeftOut()
        with progress_bar(f"{topic}", total) as bar:
            found = _found(broker, reader, spans, topic, wanted, left, bar.advance)
            if dry_run:
                _tell_forecast(broker, topic, target, found, as_json)
                left.tell_unread()
                return
            chosen = " ".join(filter(None, (sku, shipment))) or "all"
            what = f"{chosen} of {topic}, {since} to {until or 'now'}, to {target}"
            with audited(broker, Deed(action="replay", merchant_id=merchant, subject=what, by=by, reason=reason)):
                again = _Again(topic, target, into.partitions, left)
                count = _write(broker, again, found, rate)
    if as_json:
        refused = [{"record": source, "why": why} for source, why in left.refused.items()]
        tell_json({"topic": topic, "to_topic": target, "replayed": count, "refused": refused, "dry_run": False})
    else:
        tell(f"{count} of {total} records of {topic} replayed to {target}")
    left.tell_unread()
    for source, why in left.refused.items():
        remark(f"{source} is not replayed: {why}")
    if left.refused:
        raise typer.Exit(1)


@dataclass(slots=True)
class LeftOut:
    """`refused`: records (topic/partition/offset) that could not be sent again, and why. `unread`: how many could not
    be decoded where a SKU or a shipment chose, and the first of them."""

    refused: dict[str, str] = field(default_factory=dict)
    unread: int = 0
    first_unread: str = ""

    def tell_unread(self) -> None:
        if self.unread:
            remark(
                f"{self.unread} records can't be read and so name no SKU or shipment; the first: {self.first_unread}"
            )


class ReplayPace:
    def __init__(self, rate: float) -> None:
        self._rate, self._began_at = rate, time.monotonic()

    def wait(self, count: int) -> None:
        if self._rate:
            time.sleep(max(0.0, self._began_at + count / self._rate - time.monotonic()))


_Found = tuple[Message, dict[str, Any] | BadRecord]


def _found(
    broker: Broker,
    reader: TopicReader,
    spans: Spans,
    topic: str,
    wanted: RecordFilter,
    left: LeftOut,
    advance: Any,
) -> Iterator[list[_Found]]:
    for messages in chunks(reader.read(spans)):
        decoded = broker.decode(topic, [message.value() for message in messages])
        chosen = []
        for message, value in zip(messages, decoded, strict=True):
            if wanted.takes(message.key(), value):
                chosen.append((message, value))
            elif wanted.looks_inside and isinstance(value, BadRecord):
                left.unread += 1
                left.first_unread = left.first_unread or f"{topic}/{message.partition()}/{message.offset()}: {value}"
        yield chosen
        advance(len(messages))


@dataclass(frozen=True, slots=True)
class _Again:
    topic: str
    target: str
    partitions: int
    left: LeftOut

    def batches(self, found: Iterator[list[_Found]], at_once: int) -> Iterator[Sequence[OutRecord]]:
        for chunk in found:
            records = [record for message, _ in chunk if (record := self._record(message)) is not None]
            for begin in range(0, len(records), at_once):
                yield records[begin : begin + at_once]

    def _record(self, message: Message) -> OutRecord | None:
        key, partition = message.key(), message.partition() or 0
        source = f"{self.topic}/{partition}/{message.offset()}"
        try:
            headers: Any = message.headers() or []  # a list of pairs, whatever the package's stubs allow besides
        except (UnicodeDecodeError, SystemError):  # confluent-kafka 2.16 raises the latter
            self.left.refused[source] = "the name of one of its headers is not UTF-8"
            return None
        same = (*headers, (REPLAYED_FROM, source.encode()))
        # On its own topic where it was: compacted topics have other keys than merchants
        stays = self.topic == self.target or key is None
        home = partition % self.partitions if stays else home_partition(key or b"", self.partitions)
        return OutRecord(self.target, home, key, message.value(), same)


def _write(broker: Broker, again: _Again, found: Iterator[list[_Found]], rate: float) -> int:
    """How many Kafka took."""
    count, pace = 0, ReplayPace(rate)
    for written in broker.write_each(again.batches(found, 1 if 0 < rate < RECORDS_AT_ONCE else RECORDS_AT_ONCE)):
        count += written.count
        again.left.refused |= {_source(record): why for record, why in written.refused}
        pace.wait(count)
    return count


def _source(record: OutRecord) -> str:
    """Where a record that is sent again lies."""
    return (record.headers[-1][1] or b"").decode()


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
        tell(f"... and {len(told) - _SHOWN} more; --json tells all")
    for would, number in counts.most_common():
        tell(f"{number} {would}")
    tell(f"{len(told)} records would be replayed to {target}")


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
        at = bound if isinstance(bound, int) else parse_time_ms("", bound)
        # A time of 0 is before every record; Kafka would leave out those without a time
        return dict.fromkeys(whole, at) if isinstance(bound, int) or at == 0 else reader.offsets_at(at)

    starts, stops = offsets(since), {} if until is None else offsets(until)
    spans = {
        number: (max(low, starts[number]), min(high, stops.get(number, high)))
        for number, (low, high) in whole.items()
        if partition in (None, number)
    }
    if any(low < high for low, high in whole.values()) and all(start >= stop for start, stop in spans.values()):
        remark("no record lies between --from and --to" if until else f"--from {since}: no record is that late")
    return spans
