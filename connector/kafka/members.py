"""The workers of a consumer group: the name of each, where it answers, and which partitions it has.

A worker's client.id is its web address, so that Kafka's one list of the group's members is the list of the workers
too. It is asked with the operation DESCRIBE on the group, which READ (a worker's) implies. Blocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka.admin import AdminClient

from connector.kafka.topics import INVENTORY

DESCRIBE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class GroupMember:
    """`url` "": a worker of version 0.1, which tells none. `partitions`: none while the group rebalances."""

    worker: str
    url: str
    partitions: frozenset[int]


def group_members(admin: AdminClient, group: str) -> list[GroupMember]:
    """By name; among them those that ended without a word a moment ago. Raises KafkaException."""
    described = admin.describe_consumer_groups([group], request_timeout=DESCRIBE_TIMEOUT_S)[group].result()
    return sorted(_members(described), key=lambda member: member.worker)


class GroupMembers:
    """Asks again and again, with one client. `config`: of librdkafka."""

    def __init__(self, config: Mapping[str, Any], group: str) -> None:
        self._config = {**config, "log_level": 0}  # what matters comes as an exception
        self._group = group
        self._admin: AdminClient | None = None

    def __call__(self) -> list[GroupMember]:
        """By name. Raises KafkaException. Not from two threads at a time."""
        if self._admin is None:
            self._admin = AdminClient(self._config)
        return group_members(self._admin, self._group)


def _members(described: object) -> Iterator[GroupMember]:
    for member in getattr(described, "members", ()):
        url = member.client_id if member.client_id.startswith(("http://", "https://")) else ""
        assigned = member.assignment.topic_partitions if member.assignment else ()
        partitions = frozenset(one.partition for one in assigned if one.topic == INVENTORY.name)
        yield GroupMember(member.group_instance_id or member.client_id, url, partitions)
