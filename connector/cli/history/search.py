"""Where a subject is named on the topics: found by its bytes, and only what was found is decoded."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from confluent_kafka import Message

from connector.cli.history.subject import FoundRecord, Subject, SubjectKind, row_of
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import progress_bar
from connector.domain.listings import read_listing
from connector.kafka.avro.codec import BadRecord
from connector.kafka.reader import LogReader, Place
from connector.kafka.topics import COMMAND_RESULTS, DEAD_LETTERS, LISTINGS, ORDER_COMMANDS, TOPICS, changelog_topic
from connector.tables.ledger import LEDGER
from connector.tables.returns import RETURN_ROWS
from connector.tables.shipments import SHIPMENTS

_KNOWN = frozenset(topic.name for topic in TOPICS)
_OWNERS = {
    SubjectKind.SHIPMENT: SHIPMENTS.name,
    SubjectKind.RETURN: RETURN_ROWS.name,
    SubjectKind.SKU: LEDGER.name,
}
"""The table whose rows' keys end with it, after the merchant."""


class Search:
    """`merchant_id` "": of any merchant, in all partitions; else in the home partition alone, and those before.
    `unread`: places of records that may be about the subject and can't be decoded."""

    def __init__(self, broker: Broker, reader: LogReader, merchant_id: str) -> None:
        self.settings = broker.settings
        self._broker = broker
        self._reader = reader
        self._key = merchant_id.encode()
        self._homes = broker.homes_since_ever(self._key) if merchant_id else None
        self.unread: list[str] = []

    def spans(self, topics: Iterable[str], since_ms: int, until_ms: int | None) -> dict[Place, tuple[int, int]]:
        """What was written at these times, up to now."""
        whole = self._reader.spans(
            (topic, number)
            for topic in topics
            for number in range(self._reader.partitions[topic])
            if self._homes is None or number in self._homes
        )
        starts = self._reader.offsets_at(since_ms, whole) if since_ms else {}  # 0: records without a time too
        stops = {} if until_ms is None else self._reader.offsets_at(until_ms, whole)
        return {
            place: (max(low, starts.get(place, low)), min(high, stops.get(place, high)))
            for place, (low, high) in whole.items()
        }

    def kept_from_ms(self, topic: str) -> int | None:
        """When what is still on the topic begins, of each partition that may have the merchant; None: of one of them
        nobody knows."""
        starts = {place: low for place, (low, _) in self.spans([topic], 0, None).items()}
        firsts = [
            one for found in self._reader.read({at: (low, low + 1) for at, low in starts.items()}) for one in found
        ]
        return max(one.timestamp()[1] for one in firsts) if 0 < len(firsts) == len(starts) else None

    def find(self, subject: Subject, spans: Mapping[Place, tuple[int, int]]) -> list[FoundRecord]:
        """In no order."""
        total = sum(max(0, stop - start) for start, stop in spans.values())
        hits: list[Message] = []
        needles = subject.needles
        with progress_bar("reading", total) as bar:
            for messages in self._reader.read(spans):
                hits += self._hits(needles, messages)
                bar.advance(len(messages))
            bar.reach(total)
        return self._decoded(hits)

    def results_of(
        self, subject: Subject, records: list[FoundRecord], spans: Mapping[Place, tuple[int, int]]
    ) -> list[FoundRecord]:
        """`records`, and with them the results of the subject's commands that do not name it."""
        if not subject.commands:
            return records
        results = {place: span for place, span in spans.items() if place[0] == COMMAND_RESULTS.name}
        found = {one.source: one for one in (*records, *self.find(subject, results))}
        return list(found.values())

    def found_in(self, subject: Subject, messages: Iterable[Message]) -> list[FoundRecord]:
        return self._decoded(self._hits(subject.needles, messages))

    def _hits(self, needles: tuple[bytes, ...], messages: Iterable[Message]) -> list[Message]:
        key = self._key
        return [
            message
            for message in messages
            if (value := message.value()) is not None
            and any(needle in value for needle in needles)
            and (not key or message.key() == key)
        ]

    def _decoded(self, hits: Iterable[Message]) -> list[FoundRecord]:
        by_topic: defaultdict[str, list[Message]] = defaultdict(list)
        for message in hits:
            by_topic[message.topic() or ""].append(message)
        return [found for topic, messages in by_topic.items() for found in self._decoded_of(topic, messages)]

    def _decoded_of(self, topic: str, messages: list[Message]) -> Iterator[FoundRecord]:
        decoded = self._broker.decode(topic, [message.value() for message in messages])
        for message, record in zip(messages, decoded, strict=True):
            partition, offset = message.partition() or 0, message.offset() or 0
            if isinstance(record, BadRecord):
                self.unread.append(f"{topic}/{partition}/{offset}")
                continue
            letter = None
            if topic == DEAD_LETTERS.name and record["topic"] in _KNOWN:
                (inner,) = self._broker.decode(record["topic"], [record["value"]])
                letter = None if isinstance(inner, BadRecord) else inner
            written_ms = message.timestamp()[1]
            yield FoundRecord(
                topic=topic, partition=partition, offset=offset, written_ms=written_ms, record=record, letter=letter
            )


def with_all_names(broker: Broker, subject: Subject, merchant_id: str) -> Subject:
    """A SKU as the OMS and as Amazon call it, by the merchant's listings, or by all where it is "" ."""
    if subject.kind is not SubjectKind.SKU:
        return subject
    values = (message.value() for message in broker.read(LISTINGS.name, merchant_id))
    named = [value for value in values if subject.may_be_named_in(value)]
    records = [record for record in broker.decode(LISTINGS.name, named) if not isinstance(record, BadRecord)]
    listings = [listing for listing in map(read_listing, records) if merchant_id in ("", listing.merchant_id)]
    pairs = [{listing.client_sku, listing.channel_sku} for listing in listings]
    return replace(subject, ids=subject.ids.union(*(pair for pair in pairs if pair & subject.ids)))


def with_commands(subject: Subject, records: Iterable[FoundRecord]) -> Subject:
    """And with the commands among the records whose results do not name it: of many shipments, of a return."""
    commands = (found for found in records if found.topic == ORDER_COMMANDS.name and found.is_about(subject))
    unnamed = frozenset(
        str(found.record["command_id"]) for found in commands if found.record["shipment_id"] not in subject.ids
    )
    return subject if subject.kind is SubjectKind.COMMAND else replace(subject, commands=unnamed)


def merchants_of(broker: Broker, subject: Subject) -> set[str]:
    """Whose it is, by the connector's tables; of a command, by its own topic. Empty where they do not know it (any
    more)."""
    if subject.kind is SubjectKind.COMMAND:
        with broker.log([ORDER_COMMANDS.name]) as reader:
            search = Search(broker, reader, "")
            found = search.find(subject, search.spans([ORDER_COMMANDS.name], 0, None))
        return {str(one.record["merchant_id"]) for one in found if one.is_about(subject)}
    endings = tuple(f"|{one}".encode() for one in subject.ids)
    owners: set[str] = set()
    for message in broker.read(changelog_topic(broker.settings.app_id, _OWNERS[subject.kind])):
        if (key := message.key() or b"").endswith(endings):
            merchant_id, name = row_of(subject.kind, key.decode(errors="replace"))
            if name in subject.ids:
                owners.add(merchant_id)
        if owners and subject.kind is not SubjectKind.SKU:  # an id of Amazon's is one merchant's
            break
    return owners
