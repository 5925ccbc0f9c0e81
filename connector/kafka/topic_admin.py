"""Create the topics an app needs, and say what is wrong with those there are. Calls block: run them in a thread."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from connector.errors import ConnectorError
from connector.foreign.kafka import kafka_fault
from connector.kafka.topics import AUDIT, DAY_MS, DEAD_LETTERS, TABLES, TOPICS, changelog_topic

ADMIN_TIMEOUT_S = 10.0
_REFUSALS = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED)


@dataclass(frozen=True, slots=True)
class WantedTopic:
    name: str
    partitions: int
    replication_factor: int
    compacted: bool
    retention_ms: int | None
    buyers_data: bool = False

    @property
    def min_insync_replicas(self) -> int:
        return min(2, self.replication_factor)

    @property
    def cleanup_policy(self) -> str:
        return "compact" if self.compacted else "delete"

    @property
    def config(self) -> dict[str, str]:
        config = {
            "cleanup.policy": self.cleanup_policy,
            "min.insync.replicas": str(self.min_insync_replicas),
        }
        if self.retention_ms is not None:
            config["retention.ms"] = str(self.retention_ms)
        return config


def wanted_topics(
    app_id: str, partitions: int, replication_factor: int, dead_letters_ms: int | None = None
) -> list[WantedTopic]:
    """The design's topics and the tables' changelogs. All share one number of partitions: a merchant has one home.
    `dead_letters_ms`: how long dead letters are kept, where that is not the default."""
    topics = [
        WantedTopic(topic.name, partitions, replication_factor, topic.compacted, topic.retention_ms, topic.buyers_data)
        for topic in TOPICS
    ]
    if dead_letters_ms is not None:
        topics = [
            replace(topic, retention_ms=dead_letters_ms) if topic.name == DEAD_LETTERS.name else topic
            for topic in topics
        ]
    changelogs = [
        WantedTopic(changelog_topic(app_id, table), partitions, replication_factor, compacted=True, retention_ms=None)
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
                faults.append(f"{name}: {kafka_fault(error.args[0])}")
    _wait_known(admin, created)
    return created, faults


def _wait_known(admin: AdminClient, names: Sequence[str]) -> None:
    """Brokers learn of new topics one after the other: until then, `check` and a worker would find them missing."""
    deadline = time.monotonic() + ADMIN_TIMEOUT_S
    while not set(names) <= admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics.keys() and time.monotonic() < deadline:
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class TopicFaults:
    """`unusable`: no worker may run on it. `keeping`: topics keep records otherwise than `create_topics` would have it:
    for how long, in how many copies."""

    unusable: list[str]
    keeping: list[str]

    @property
    def all(self) -> list[str]:
        return self.unusable + self.keeping


def topic_faults(admin: AdminClient, wanted: Sequence[WantedTopic]) -> TopicFaults:
    """Every fault, with its remedy. Raises KafkaException."""
    present = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    configs = _configs(admin, [topic.name for topic in wanted if topic.name in present])
    faults = TopicFaults([*_unended_moves(wanted, present)], [])
    for topic in wanted:
        faults.unusable.extend(_partition_faults(admin, topic, present))
        config = configs.get(topic.name)
        if config is None:
            continue
        if isinstance(config, str):
            faults.unusable.append(f"{topic.name}: its settings can't be read ({config}); allow DESCRIBE_CONFIGS on it")
            continue
        if config["cleanup.policy"] != topic.cleanup_policy:
            faults.unusable.append(
                f"{topic.name}: cleanup.policy is {config['cleanup.policy']}; set it to {topic.cleanup_policy}"
                + (" (the topic holds state: anything else loses it)" if topic.compacted else "")
            )
        partitions = present[topic.name].partitions.values()
        replicas = min((len(one.replicas) for one in partitions), default=topic.replication_factor)
        faults.keeping.extend(f"{topic.name}: {fault}" for fault in _keeping_faults(topic, config, replicas))
    return faults


def partition_faults(admin: AdminClient, wanted: Sequence[WantedTopic]) -> list[str]:
    """What a running app can't do without. Raises KafkaException."""
    present = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    faults = [fault for topic in wanted for fault in _partition_faults(admin, topic, present)]
    return [*_unended_moves(wanted, present), *faults]


def _unended_moves(wanted: Sequence[WantedTopic], present: Mapping[str, TopicMetadata]) -> Iterator[str]:
    """Of a move to more partitions, which raises connector.audit when all else is at its place: until then rows may be
    where no worker with either number would look."""
    counts = {topic.name: len(present[topic.name].partitions) for topic in wanted if topic.name in present}
    last, most = counts.get(AUDIT.name), max(counts.values(), default=0)
    if last is not None and last < most:
        raised = [name for name, count in counts.items() if count == most]
        where = raised[0] if len(raised) == 1 else f"{len(raised)} topics"
        yield (
            f"{where}: {most} partitions, and {AUDIT.name} {last}: a move to {most} was begun and not ended; run "
            f"`connector partitions move --to {most} --yes`"
        )


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
            f"set it to {partitions}, or see `connector partitions plan`"
        )


def _is_refused(admin: AdminClient, name: str) -> bool:
    """A list of all topics leaves out those that Kafka refuses by name."""
    (described,) = admin.describe_topics(TopicCollection([name]), request_timeout=ADMIN_TIMEOUT_S).values()
    try:
        described.result()
    except KafkaException as error:
        code = error.args[0].code()
        if code not in (*_REFUSALS, KafkaError.UNKNOWN_TOPIC_OR_PART):
            raise  # nobody said that it is missing
        return code in _REFUSALS
    return False


def _keeping_faults(topic: WantedTopic, config: Mapping[str, str], replicas: int) -> Iterator[str]:
    """More copies than the settings say are fine."""
    found = config.get("retention.ms")
    if topic.retention_ms is not None and found not in (None, str(topic.retention_ms)):
        why = ": it holds buyers' data" if topic.buyers_data else ""
        yield (
            f"retention.ms is {found} ({_days(int(found or 0))}); set it to {topic.retention_ms} "
            f"({_days(topic.retention_ms)}{why})"
        )
    if replicas < topic.replication_factor:
        yield (
            f"has {replicas} replicas, CONNECTOR_KAFKA__REPLICATION_FACTOR says {topic.replication_factor}; "
            "reassign its partitions, or correct the setting"
        )
    in_sync = int(config.get("min.insync.replicas", topic.min_insync_replicas))
    if in_sync > replicas:
        yield f"min.insync.replicas is {in_sync}, of {replicas} replicas: nothing can be written; set it to {replicas}"
    elif in_sync < topic.min_insync_replicas:
        yield f"min.insync.replicas is {in_sync}; set it to {topic.min_insync_replicas}, so that no record has one copy"


def _days(time_ms: int) -> str:
    return "for ever" if time_ms < 0 else f"{time_ms / DAY_MS:g} days"


def topic_ids(admin: AdminClient, names: Sequence[str]) -> dict[str, str]:
    """By topic Kafka's id of it, another one where a topic is made anew. Brokers before 2.8 give none. Raises
    KafkaException."""
    described = admin.describe_topics(TopicCollection(list(names)), request_timeout=ADMIN_TIMEOUT_S)
    ids = {name: future.result().topic_id for name, future in described.items()}
    return {name: str(one) for name, one in ids.items() if one.get_most_significant_bits()}


def deletions_kept_ms(admin: AdminClient, names: Sequence[str]) -> dict[str, int]:
    """By compacted topic for how long at least the deletion of a key is still told. Raises KafkaException."""
    name = "delete.retention.ms"
    configs = _configs(admin, names).items()
    return {topic: int(config[name]) for topic, config in configs if not isinstance(config, str) and name in config}


def retentions(admin: AdminClient, names: Sequence[str]) -> dict[str, int | None]:
    """By topic how long Kafka keeps its records, in milliseconds; None: for ever. Raises ConnectorError and
    KafkaException."""
    found: dict[str, int | None] = {}
    for name, config in _configs(admin, names).items():
        if isinstance(config, str):
            raise ConnectorError(f"{name}: its settings can't be read: {config}")
        kept_ms = int(config.get("retention.ms", -1))
        found[name] = None if kept_ms < 0 else kept_ms
    return found


def _configs(admin: AdminClient, names: Sequence[str]) -> dict[str, dict[str, str] | str]:
    """By topic its settings, or how Kafka refuses to tell them. Raises KafkaException."""
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str] | str] = {}
    for resource, future in admin.describe_configs(resources, request_timeout=ADMIN_TIMEOUT_S).items():
        try:
            found[resource.name] = {name: entry.value for name, entry in future.result().items()}
        except KafkaException as error:
            if error.args[0].code() not in _REFUSALS:
                raise  # Kafka is away, say
            found[resource.name] = kafka_fault(error.args[0])
    return found
