"""From how many partitions to how many, and how far a move between them has come.

The topics themselves say it, so that a move that was killed is known by whatever looks next: connector.audit is raised
last, when all else is where it belongs. Until then no number fits all topics, and no worker starts.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AdminClient,
    NewPartitions,
)

from connector.errors import ConnectorError, InputError
from connector.foreign.kafka import kafka_fault
from connector.kafka.homes import home_partition
from connector.kafka.topic_admin import ADMIN_TIMEOUT_S
from connector.kafka.topics import AUDIT

MOST_PARTITIONS = 10_000  # as of CONNECTOR_KAFKA__PARTITIONS


@dataclass(frozen=True, slots=True)
class Growth:
    """From `old` partitions of every topic to `new`."""

    old: int
    new: int

    def is_home(self, home_key: bytes, partition: int) -> bool:
        """Before or after."""
        return partition in (home_partition(home_key, self.old), home_partition(home_key, self.new))

    def leaves_for(self, home_key: bytes, partition: int) -> int | None:
        """The new home of what is at home in this partition until now; None: it stays, or is not at home here."""
        if home_partition(home_key, self.old) != partition:
            return None
        home = home_partition(home_key, self.new)
        return None if home == partition else home


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """Partitions by topic; `missing`: topics that are wanted and not there."""

    found: Mapping[str, int]
    missing: Sequence[str]

    def growth_to(self, new: int) -> Growth | None:
        """None: all have as many already. Raises InputError naming what stands against it."""
        if AUDIT.name in self.missing:
            raise InputError(f"{AUDIT.name}: missing; run `connector topics create` first")
        old = self.found[AUDIT.name]
        others = {count for name, count in self.found.items() if count != old}
        if len(others) > 1:
            told = ", ".join(f"{name} {count}" for name, count in sorted(self.found.items()) if count != old)
            raise InputError(f"the topics have different numbers of partitions: {AUDIT.name} {old}, {told}")
        if begun := max(others, default=0):
            if begun < old:
                raise InputError(f"{self._with(begun)}: {begun} partitions, and {AUDIT.name} {old}; it was made anew")
            if begun != new:
                raise InputError(
                    f"--to {new}: a move to {begun} was begun and not ended; end it first, by --to {begun}"
                )
            return Growth(old, new)
        if new == old:
            return None
        if not old < new <= MOST_PARTITIONS:
            raise InputError(f"--to {new}: say more than the {old} that the topics have, and {MOST_PARTITIONS} at most")
        return Growth(old, new)

    def is_begun(self, growth: Growth) -> bool:
        return growth.new in self.found.values()

    def to_raise(self, growth: Growth) -> list[str]:
        """All but the last one."""
        return sorted(name for name, count in self.found.items() if count == growth.old and name != AUDIT.name)

    def _with(self, count: int) -> str:
        return ", ".join(sorted(name for name, found in self.found.items() if found == count))


def count_partitions(admin: AdminClient, topics: Iterable[str]) -> TopicCounts:
    """Raises KafkaException."""
    known = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    wanted = list(topics)
    return TopicCounts(
        {name: len(known[name].partitions) for name in wanted if name in known},
        [name for name in wanted if name not in known],
    )


def raising_faults(admin: AdminClient, topics: Sequence[str], new: int) -> list[str]:
    """Why Kafka would not raise them; it is only asked."""
    if not topics:
        return []
    asked = admin.create_partitions([NewPartitions(name, new) for name in topics], validate_only=True)
    faults = []
    for name, future in asked.items():
        try:
            future.result()
        except KafkaException as refused:
            faults.append(
                f"{name}: Kafka would not add partitions ({kafka_fault(refused.args[0])}); allow the operation ALTER "
                "on it"
            )
    return faults


def raise_topics(admin: AdminClient, topics: Sequence[str], new: int) -> None:
    """Returns when all partitions have a leader. Raises ConnectorError; what was raised stays."""
    if not topics:
        return
    for name, future in admin.create_partitions([NewPartitions(name, new) for name in topics]).items():
        try:
            future.result()
        except KafkaException as refused:
            why = kafka_fault(refused.args[0])
            raise ConnectorError(f"{name}: Kafka did not add partitions: {why}; allow it, then run it again") from None
    deadline = time.monotonic() + ADMIN_TIMEOUT_S
    while not _led(admin, topics, new):
        if time.monotonic() > deadline:
            raise ConnectorError(f"the new partitions have no leaders after {ADMIN_TIMEOUT_S:g} s; run it again")
        time.sleep(0.1)


def _led(admin: AdminClient, topics: Sequence[str], new: int) -> bool:
    known = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
    return all(
        name in known
        and len(known[name].partitions) == new
        and all(one.leader >= 0 for one in known[name].partitions.values())
        for name in topics
    )
