"""Create the topics an app needs, and say what is wrong with those there are. Calls block: run them in a thread."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from connector.kafka.topics import TABLES, TOPICS, changelog

ADMIN_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class WantedTopic:
    name: str
    partitions: int
    replication_factor: int
    compacted: bool
    retention_ms: int | None

    @property
    def cleanup_policy(self) -> str:
        return "compact" if self.compacted else "delete"

    @property
    def config(self) -> dict[str, str]:
        config = {
            "cleanup.policy": self.cleanup_policy,
            "min.insync.replicas": str(min(2, self.replication_factor)),
        }
        if self.retention_ms is not None:
            config["retention.ms"] = str(self.retention_ms)
        return config


def wanted_topics(app_id: str, partitions: int, replication_factor: int) -> list[WantedTopic]:
    """The design's topics and the tables' changelogs. All share one number of partitions: a merchant has one home."""
    topics = [
        WantedTopic(topic.name, partitions, replication_factor, topic.compacted, topic.retention_ms) for topic in TOPICS
    ]
    changelogs = [
        WantedTopic(changelog(app_id, table), partitions, replication_factor, compacted=True, retention_ms=None)
        for table in TABLES
    ]
    return topics + changelogs


def create_topics(admin: AdminClient, wanted: Sequence[WantedTopic]) -> tuple[list[str], list[str]]:
    """(created, faults). What is there already is left as it is: `check` judges it. Raises KafkaException."""
    present = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    missing = [topic for topic in wanted if topic.name not in present]
    if not missing:
        return [], []
    new = [NewTopic(topic.name, topic.partitions, topic.replication_factor, config=topic.config) for topic in missing]
    created, faults = [], []
    for name, future in admin.create_topics(new, operation_timeout=ADMIN_TIMEOUT_S).items():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another worker was faster: just as good
                faults.append(f"{name}: {error.args[0].str()}")
    _wait_known(admin, created)
    return created, faults


def _wait_known(admin: AdminClient, names: Sequence[str]) -> None:
    """Brokers learn of new topics one after the other: until then, `check` and a worker would find them missing."""
    deadline = time.monotonic() + ADMIN_TIMEOUT_S
    while not set(names) <= admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics.keys() and time.monotonic() < deadline:
        time.sleep(0.1)


def topic_faults(admin: AdminClient, wanted: Sequence[WantedTopic]) -> list[str]:
    """Every fault, with its remedy; empty: all is well. Raises KafkaException."""
    present = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    policies = _cleanup_policies(admin, [topic.name for topic in wanted if topic.name in present])
    faults = list[str]()
    for topic in wanted:
        faults += _partition_faults(admin, topic, present)
        if topic.name in policies and policies[topic.name] != topic.cleanup_policy:
            faults.append(
                f"{topic.name}: cleanup.policy is {policies[topic.name]}; set it to {topic.cleanup_policy}"
                + (" (the topic holds state: anything else loses it)" if topic.compacted else "")
            )
    return faults


def partition_faults(admin: AdminClient, wanted: Sequence[WantedTopic]) -> list[str]:
    """`topic_faults`, of what a running app can't do without. Raises KafkaException."""
    present = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    return [fault for topic in wanted for fault in _partition_faults(admin, topic, present)]


def _partition_faults(admin: AdminClient, topic: WantedTopic, present: Mapping[str, TopicMetadata]) -> Iterator[str]:
    if topic.name not in present:
        if _is_refused(admin, topic.name):
            yield f"{topic.name}: refused; allow the worker's user the operations DESCRIBE, READ and WRITE on it"
        else:
            yield f"{topic.name}: missing; run `connector topics create`"
        return
    partitions = len(present[topic.name].partitions)
    if partitions != topic.partitions:
        yield (
            f"{topic.name}: has {partitions} partitions, CONNECTOR_KAFKA__PARTITIONS says {topic.partitions}; "
            "the number can't change for a running app (merchants would move between workers): "
            f"set it to {partitions}, or make the topic anew under a new app"
        )


def _is_refused(admin: AdminClient, name: str) -> bool:
    """A list of all topics leaves out those that Kafka refuses by name."""
    (described,) = admin.describe_topics(TopicCollection([name]), request_timeout=ADMIN_TIMEOUT_S).values()
    try:
        described.result()
    except KafkaException as error:
        return bool(error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED)
    return False


def _cleanup_policies(admin: AdminClient, names: Sequence[str]) -> dict[str, str]:
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    described = admin.describe_configs(resources, request_timeout=ADMIN_TIMEOUT_S)
    return {resource.name: future.result()["cleanup.policy"].value for resource, future in described.items()}
