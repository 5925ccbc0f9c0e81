"""confluent-kafka's clients on the log in memory, as the connector uses them: they raise and report alike."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from confluent_kafka import TIMESTAMP_CREATE_TIME, KafkaError, KafkaException

from connector.kafka.engine.fetch.records import KafkaRecord
from tests.kit.simulation.engine.log import Kafka
from tests.kit.simulation.engine.loop import ProcessLoop
from tests.kit.simulation.engine.timeline import Blocked, News, Timeline


@dataclass(slots=True)
class Link:
    """One process's way to Kafka. `away_until_s`: nothing gets through before that time."""

    kafka: Kafka
    loop: ProcessLoop
    timeline: Timeline
    chance: Random
    away_until_s: float = 0.0
    slow_until_s: float = 0.0
    failing: float = 0.0
    """The share of acknowledgements that are lost or refused."""

    @property
    def is_away(self) -> bool:
        return self.timeline.now_s < self.away_until_s

    def delay_s(self) -> float:
        if self.timeline.now_s < self.slow_until_s:
            return self.chance.uniform(0.1, 3.0)
        return self.chance.uniform(0.001, 0.008)


class Message:
    """confluent-kafka's."""

    def __init__(
        self,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        error: KafkaError | None,
        time_ms: int = 0,
    ) -> None:
        self._told = (topic, partition, offset, key, value, error)
        self._time_ms = time_ms

    def topic(self) -> str:
        return self._told[0]

    def partition(self) -> int:
        return self._told[1]

    def offset(self) -> int:
        return self._told[2]

    def key(self) -> bytes | None:
        return self._told[3]

    def value(self) -> bytes | None:
        return self._told[4]

    def error(self) -> KafkaError | None:
        return self._told[5]

    def timestamp(self) -> tuple[int, int]:
        return TIMESTAMP_CREATE_TIME, self._time_ms


OnDelivery = Callable[[KafkaError | None, Message], None]


@dataclass(eq=False, slots=True)
class _Sent:
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    on_delivery: OnDelivery
    since_s: float
    has_left: bool = False
    is_told: bool = False

    def told(self, error: KafkaError | None, offset: int) -> None:
        if not self.is_told:
            self.is_told = True
            self.on_delivery(error, Message(self.topic, self.partition, offset, self.key, self.value, error))


class IdempotentProducer:
    """In order within each partition. What left the process arrives, whatever becomes of the process; what did not is
    given up after `delivery.timeout.ms`."""

    def __init__(self, link: Link, config: Mapping[str, Any]) -> None:
        self._link = link
        self._timeout_s = config["delivery.timeout.ms"] / 1000
        self._leaves_at: defaultdict[tuple[str, int], float] = defaultdict(float)
        self._arrives_at: defaultdict[tuple[str, int], float] = defaultdict(float)
        self._pending: list[_Sent] = []

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        *,
        on_delivery: OnDelivery,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        now_s = self._link.timeline.now_s
        sent = _Sent(topic, partition, key, value, headers, on_delivery, now_s)
        self._pending.append(sent)
        tp = (topic, partition)
        self._leaves_at[tp] = max(self._leaves_at[tp], now_s + self._link.delay_s())
        self._link.loop.call_at(self._leaves_at[tp], self._leave, sent)

    def _leave(self, sent: _Sent) -> None:
        """From the process: its threads are frozen and die with it."""
        link = self._link
        if sent.is_told:
            return
        if link.timeline.now_s - sent.since_s > self._timeout_s:
            self._end(sent, KafkaError(KafkaError._MSG_TIMED_OUT, "delivery.timeout.ms"), -1)
            return
        if link.is_away:
            wait_s = min(link.away_until_s, sent.since_s + self._timeout_s + 0.001) - link.timeline.now_s
            link.loop.call_later(max(wait_s, 0.001), self._leave, sent)
            return
        sent.has_left = True
        tp, at_s = (sent.topic, sent.partition), link.timeline.now_s + link.chance.uniform(0.0003, 0.002)
        self._arrives_at[tp] = max(self._arrives_at[tp], at_s)
        link.timeline.at(self._arrives_at[tp], self._arrive, sent)

    def _arrive(self, sent: _Sent) -> None:
        """At the broker, which is not ours to kill."""
        link = self._link
        fails = link.failing and link.chance.random() < link.failing
        if fails and link.chance.random() < 0.5:
            error: KafkaError | None = KafkaError(KafkaError._MSG_TIMED_OUT, "not written")
            offset = -1
        else:
            offset = link.kafka.append(link.loop.name, sent.topic, sent.partition, sent.key, sent.value, sent.headers)
            error = KafkaError(KafkaError._MSG_TIMED_OUT, "written, not heard") if fails else None
        if not link.loop.is_dead:
            link.loop.call_later(link.delay_s(), self._end, sent, error, offset)

    def _end(self, sent: _Sent, error: KafkaError | None, offset: int) -> None:
        if sent in self._pending:
            self._pending.remove(sent)
        sent.told(error, offset)

    def poll(self, _: float) -> int:
        return 0

    def flush(self, _: float) -> int:
        """What has not left, leaves now: a clean stop does not wait here."""
        for sent in list(self._pending):
            if not sent.has_left:
                self._leave(sent)
        self._pending.clear()
        return 0

    def purge(self) -> None:
        self._pending.clear()


class TransactionalProducer:
    """A transaction is in the log whole, when it is committed, or not at all."""

    def __init__(self, link: Link, config: Mapping[str, Any]) -> None:
        self._link = link
        self._id = str(config["transactional.id"])
        self._epoch = 0
        self._open: list[_Sent] = []

    def list_topics(self, _topic: str, timeout: float) -> None:
        """Asked for the connection alone, which stands here."""

    def init_transactions(self, _: float) -> None:
        self._reach()
        self._epoch = self._link.kafka.claim(self._id)

    def begin_transaction(self) -> None:
        self._open.clear()

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        *,
        on_delivery: OnDelivery = lambda _error, _message: None,
    ) -> None:
        self._open.append(_Sent(topic, partition, key, value, (), on_delivery, self._link.timeline.now_s))

    def poll(self, _: float) -> int:
        return 0

    def commit_transaction(self, _: float) -> None:
        link = self._link
        self._reach()
        if self._epoch != link.kafka.epochs[self._id]:
            raise KafkaException(KafkaError(KafkaError._FENCED, "a newer producer has this transactional id"))
        fails = link.failing and link.chance.random() < link.failing
        if fails and link.chance.random() < 0.5:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "not committed"))
        for sent in self._open:
            sent.told(None, link.kafka.append(link.loop.name, sent.topic, sent.partition, sent.key, sent.value))
        link.kafka.mark(sorted({(sent.topic, sent.partition) for sent in self._open}))
        if fails:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "committed, not heard"))

    def abort_transaction(self, _: float) -> None:
        self._open.clear()

    def _reach(self) -> None:
        if self._link.is_away:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "Kafka can't be reached"))


class WholeTopicConsumer:
    """A follower's: of no group, told where a log ends."""

    def __init__(self, link: Link, _: Mapping[str, Any]) -> None:
        self._link = link
        self._positions: dict[tuple[str, int], int] = {}
        self._at_end: set[tuple[str, int]] = set()
        self._closed = News()

    def list_topics(self, _topic: str, timeout: float) -> None:
        """Asked for the leaders alone, which are known here."""

    def assign(self, partitions: Sequence[Any]) -> None:
        self._positions = {(each.topic, each.partition): 0 for each in partitions}

    def consume(self, most: int, _: float) -> list[Message]:
        messages: list[Message] = []
        for tp, position in self._positions.items():
            log = self._link.kafka.logs[tp]
            records: Sequence[KafkaRecord] = log.from_offset(position, most) if log.end > position else ()
            messages += [Message(*tp, one.offset, one.key, one.value, None, one.timestamp) for one in records]
            if records:
                self._positions[tp] = records[-1].offset + 1
                self._at_end.discard(tp)
            elif tp not in self._at_end:
                self._at_end.add(tp)
                messages.append(Message(*tp, log.end, None, None, KafkaError(KafkaError._PARTITION_EOF)))
        if not messages:
            raise Blocked(self._any_news())
        return messages

    def _any_news(self) -> News:
        any_news = News()
        for tp in self._positions:
            self._link.kafka.logs[tp].news.wait(any_news.tell)
        return any_news

    def close(self) -> None:
        self._positions.clear()
