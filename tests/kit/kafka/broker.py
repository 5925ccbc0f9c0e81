"""A real Kafka broker for tests, and what tests ask of one. `CONNECTOR_TEST_KAFKA=host:port` names a running one."""

import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AdminClient,
    NewPartitions,
    NewTopic,
)

from tests.kit.kafka.server import ADMIN, BrokerUnavailable, Server, login, new_server, secured

__all__ = [
    "Broker",
    "BrokerUnavailable",
    "eventually",
    "start_broker",
    "start_secured_broker",
    "unique",
]

T = TypeVar("T")


def unique(prefix: str) -> str:
    """A name that no other test uses, so that one broker serves the whole run."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def eventually(what: str, poll: Callable[[], T | None], timeout_s: float = 30) -> T:
    """Waits for a true result; fails naming what was awaited. Blocking: for tests whose workers are processes."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = poll()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what} (last: {result!r})")
        time.sleep(0.05)


class Broker:
    """`config`: librdkafka's settings of who may do everything here."""

    def __init__(
        self, bootstrap_servers: str, server: Server | None, login: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.config: Mapping[str, str] = {"bootstrap.servers": bootstrap_servers, **login}
        self._server = server
        self._admin = self._new_admin()

    def _new_admin(self) -> AdminClient:
        # Quiet: while the broker is down on purpose librdkafka reports 20 refused connections a second.
        return AdminClient({**self.config, "log_level": 0})

    @property
    def restartable(self) -> bool:
        return self._server is not None

    @property
    def _ours(self) -> Server:
        assert self._server is not None, "the broker named by CONNECTOR_TEST_KAFKA is not ours to disturb"
        return self._server

    def stop(self) -> None:
        self._ours.stop()

    def kill(self) -> None:
        self._ours.kill()

    def freeze(self) -> None:
        self._ours.freeze()

    def wake(self) -> None:
        self._ours.wake()

    def start(self) -> None:
        self._ours.start()
        self._admin = self._new_admin()  # an old one may wait for ever for an answer of the stopped broker
        self.wait_ready()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def wait_ready(self, timeout_s: float = 60) -> None:
        def answers() -> bool:
            try:
                return bool(self._admin.list_topics(timeout=2).brokers)
            except KafkaException:
                return False

        eventually(f"Kafka answers at {self.bootstrap_servers}", answers, timeout_s)

    def create_topics(self, *names: str, partitions: int = 4, config: Mapping[str, str] | None = None) -> None:
        """Returns when every partition has a leader."""
        topics = [NewTopic(name, partitions, 1, config=dict(config or {})) for name in names]
        for created in self._admin.create_topics(topics).values():
            created.result(30)

        def led() -> bool:
            known = self._admin.list_topics(timeout=10).topics
            return all(
                name in known
                and len(known[name].partitions) == partitions
                and all(p.leader >= 0 for p in known[name].partitions.values())
                for name in names
            )

        eventually(f"leaders for {names}", led)

    def add_partitions(self, topic: str, partitions: int) -> None:
        """`partitions`: how many there are then."""
        for added in self._admin.create_partitions([NewPartitions(topic, partitions)]).values():
            added.result(30)

    def delete_topics(self, *names: str) -> None:
        for deleted in self._admin.delete_topics(list(names)).values():
            deleted.result(30)

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        for gone in self._admin.delete_records([TopicPartition(topic, partition, before)]).values():
            gone.result(30)

    def produce(
        self,
        topic: str,
        records: Iterable[tuple[str | bytes | None, str | bytes | None]],
        partition: int | None = None,
        written_ms: int = 0,
        headers: Sequence[tuple[str, bytes]] = (),
        **config: str | float | bool,
    ) -> None:
        """Returns when all are acknowledged. `written_ms`: the time that the records say, 0: now. `config`:
        librdkafka's settings with `_` for `.`."""
        settings = {**self.config, "linger.ms": 5, "enable.idempotence": True}
        producer = Producer({**settings, **{name.replace("_", "."): value for name, value in config.items()}})
        faults: list[KafkaError] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                faults.append(error)

        for key, value in records:
            while True:
                try:
                    to = -1 if partition is None else partition
                    producer.produce(
                        topic, value, key, to, on_delivery=delivered, timestamp=written_ms, headers=list(headers)
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(60) == 0, "records left unacknowledged"
        assert not faults, faults[0]

    def consume(self, topic: str) -> list[Message]:
        """All committed records of a topic, partition by partition, up to the ends as they are now."""
        consumer = Consumer(
            {
                **self.config,
                "group.id": unique("reader"),
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 10,  # of an empty partition the end is told that late: half a second by default
            }
        )
        try:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
            records: list[Message] = []
            left = set(partitions)
            deadline = time.monotonic() + 60
            while left:
                assert time.monotonic() < deadline, f"could not read {topic} to its end"
                for message in consumer.consume(1000, timeout=0.02):
                    error = message.error()
                    if error is None:
                        records.append(message)
                    elif error.code() == KafkaError._PARTITION_EOF:
                        left.discard(message.partition())
                    else:
                        raise KafkaException(error)
            return sorted(records, key=lambda m: (m.partition(), m.offset()))
        finally:
            consumer.close()

    def commit(self, group: str, topic: str, partition: int, offset: int) -> None:
        """The group must have no members."""
        offsets = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition, offset)])

        def done() -> bool:
            (altered,) = self._admin.alter_consumer_group_offsets([offsets]).values()
            try:
                return all(tp.error is None for tp in altered.result(30).topic_partitions)
            except KafkaException:
                return False

        eventually(f"{offset} is committed", done)

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """The group's committed offsets."""

        def offsets() -> list[TopicPartition] | None:
            asked = [ConsumerGroupTopicPartitions(group)]
            (answer,) = self._admin.list_consumer_group_offsets(asked, request_timeout=30).values()
            try:
                return [*answer.result(40).topic_partitions, TopicPartition("", 0)]  # true, even if there are none
            except KafkaException as error:
                if error.args[0].code() != KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
                    raise
                return None

        found = eventually("the group's coordinator answers", offsets)
        return {(tp.topic, tp.partition): tp.offset for tp in found if tp.topic}


def start_broker() -> Broker:
    """Raises BrokerUnavailable."""
    if named := os.environ.get("CONNECTOR_TEST_KAFKA"):
        broker = Broker(named, None)
        broker.wait_ready(20)
        return broker
    return _started(new_server(), {})


def start_secured_broker() -> Broker:
    """One that knows users and denies. Raises BrokerUnavailable."""
    return _started(new_server(secured), login(ADMIN))


def _started(server: Server, login: Mapping[str, str]) -> Broker:
    broker = Broker(f"127.0.0.1:{server.port}", server, login)
    broker.start()
    return broker
