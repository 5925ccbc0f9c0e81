"""A rehearsal's topics on Kafka: made where missing, begun at their ends, followed, and tidied. Calls block."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from connector.cli.rehearse.sandbox import Sandbox
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import remark
from connector.errors import ConnectorError, InputError
from connector.foreign.kafka import kafka_fault
from connector.kafka.connection.clients import librdkafka
from connector.kafka.producer import OutRecord
from connector.kafka.topic_admin import ADMIN_TIMEOUT_S, WantedTopic, create_topics, topic_faults, wanted_topics
from connector.kafka.topics import (
    API_CALLS,
    CANCELLATIONS,
    COMMAND_RESULTS,
    DEAD_LETTERS,
    INTERNAL_COMMANDS,
    INVENTORY,
    INVENTORY_RESULTS,
    LISTINGS,
    NOTIFICATIONS,
    ORDER_COMMANDS,
    ORDERS,
    RETURNS,
    TABLES,
    TOPICS,
    Topic,
    changelog_topic,
)

WRITTEN_BY_OMS = (INVENTORY, ORDER_COMMANDS)
READ_BY_OMS = (INVENTORY_RESULTS, COMMAND_RESULTS, ORDERS, CANCELLATIONS, RETURNS)
HEARD = (*WRITTEN_BY_OMS, *READ_BY_OMS, DEAD_LETTERS)
_READ_BY_WORKER = (INVENTORY, ORDER_COMMANDS, NOTIFICATIONS, API_CALLS, INTERNAL_COMMANDS)


class SandboxTopics:
    def __init__(self, broker: Broker, sandbox: Sandbox) -> None:
        self._broker = broker
        self._sandbox = sandbox
        self._kafka = broker.settings.kafka
        self._config = {**librdkafka(self._kafka), "log_level": 0}
        self._admin = AdminClient(self._config)
        self._by_name = {sandbox.name(topic): topic for topic in TOPICS}
        self._starts: dict[tuple[str, int], int] = {}

    def make(self) -> None:
        """Raises InputError for those that there are and that do not fit; KafkaException."""
        wanted = self._wanted()
        _, faults = create_topics(self._admin, wanted)
        faults = faults or topic_faults(self._admin, wanted).unusable
        if faults:
            told = "\n  - ".join(faults)
            raise InputError(f"the rehearsal's topics can't be used; mend or delete them:\n  - {told}")

    def begin_at_the_ends(self) -> None:
        """What earlier rehearsals left there is nobody's business, the worker's neither."""
        topics = dict.fromkeys((*HEARD, *_READ_BY_WORKER))
        places = [(self._sandbox.name(topic), number) for topic in topics for number in range(self._kafka.partitions)]
        with self._broker.log([self._sandbox.name(topic) for topic in topics]) as reader:
            self._starts = {place: end for place, (_, end) in reader.spans(places).items()}
        read = {self._sandbox.name(topic) for topic in _READ_BY_WORKER}
        offsets = [TopicPartition(*place, start) for place, start in self._starts.items() if place[0] in read]
        consumer = Consumer({**self._config, "group.id": self._sandbox.app_id, "enable.auto.commit": False})
        try:
            consumer.commit(offsets=offsets, asynchronous=False)
        finally:
            consumer.close()

    def copy_listings(self, merchant_id: str) -> int:
        """How the OMS's SKUs are called at Amazon, of this merchant, as it is now. How many there are."""
        name, prefix = self._sandbox.name(LISTINGS), f"{merchant_id}|".encode()
        known = {
            key: value
            for key, value in self._broker.latest(LISTINGS.name, merchant_id).items()
            if key.startswith(prefix)
        }
        former = self._broker.latest(name, merchant_id).keys() - known.keys()
        home = self._broker.home(merchant_id.encode())
        records = [OutRecord(name, home, key, value) for key, value in known.items()]
        self._write([*records, *(OutRecord(name, home, key, None) for key in former)])
        return len(known)

    def follow(self) -> Iterator[list[tuple[Topic, Message]]]:
        """What is written to the topics since it began, for ever; nothing every moment where nothing is."""
        heard = {self._sandbox.name(topic) for topic in HEARD}
        with self._broker.log(sorted(heard)) as reader:
            starts = {place: start for place, start in self._starts.items() if place[0] in heard}
            for messages in reader.follow(starts):
                yield [(self._by_name[message.topic() or ""], message) for message in messages]

    def committed(self) -> dict[tuple[str, int], int]:
        """Of what the OMS reads, by topic and partition, the farthest offset of any group but ours."""
        names = [self._sandbox.name(topic) for topic in READ_BY_OMS]
        places = [(name, number) for name in names for number in range(self._kafka.partitions)]
        farthest: dict[tuple[str, int], int] = {}
        for group_id in self._other_groups():
            for place, offset in self._offsets(group_id, places).items():
                farthest[place] = max(offset, farthest.get(place, 0))
        return farthest

    def tidy(self) -> None:
        """Deletes the tables of this rehearsal's worker, and says so where that can't be. The topics stay for the OMS
        and the next rehearsal; the worker's group, which nobody joins any more, Kafka forgets by itself."""
        changelogs = [changelog_topic(self._sandbox.app_id, table) for table in TABLES]
        for name, future in self._admin.delete_topics(changelogs, operation_timeout=ADMIN_TIMEOUT_S).items():
            try:
                future.result()
            except KafkaException as error:
                remark(f"{name} can't be deleted ({kafka_fault(error.args[0])}); nothing needs it any more")

    def _wanted(self) -> list[WantedTopic]:
        names: Mapping[str, str] = {topic.name: self._sandbox.name(topic) for topic in TOPICS}
        wanted = wanted_topics(self._sandbox.app_id, self._kafka.partitions, self._kafka.replication_factor)
        return [replace(topic, name=names.get(topic.name, topic.name)) for topic in wanted]

    def _write(self, records: Sequence[OutRecord]) -> None:
        if strangers := {record.topic for record in records} - self._by_name.keys():
            raise ConnectorError(f"{', '.join(strangers)}: a rehearsal writes to its own topics alone")
        if records:
            self._broker.write_all(records)

    def _other_groups(self) -> list[str]:
        listed = self._admin.list_consumer_groups(request_timeout=ADMIN_TIMEOUT_S).result().valid or []
        return [group.group_id for group in listed if group.group_id != self._sandbox.app_id]

    def _offsets(self, group_id: str, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Nothing of a group that we may not look at."""
        asked = [ConsumerGroupTopicPartitions(group_id, [TopicPartition(*place) for place in places])]
        (future,) = self._admin.list_consumer_group_offsets(asked, request_timeout=ADMIN_TIMEOUT_S).values()
        try:
            found = future.result().topic_partitions or []
        except KafkaException as error:
            if error.args[0].retriable():
                raise ConnectorError(f"consumer group {group_id}: {kafka_fault(error.args[0])}") from None
            return {}
        return {(one.topic, one.partition): one.offset for one in found if one.offset >= 0}
