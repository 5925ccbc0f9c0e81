"""What a move would do, and what stands in its way."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka.admin import AdminClient

from connector.cli.partitions.growth import Growth, TopicCounts, count_partitions, raising_faults
from connector.cli.partitions.inputs import UnreadTopic, ends_of, survey_unread
from connector.cli.partitions.rows import RowSurvey, compacted_topics, survey_rows
from connector.cli.shared.broker import Broker
from connector.cli.shared.topics import open_admin, topics_wanted_by
from connector.kafka.connection.clients import librdkafka
from connector.kafka.connection.reach import members_of
from connector.kafka.topics import AUDIT, CONSUMED, INVENTORY, ORDER_COMMANDS
from connector.settings import Settings

OMS_WRITES = (INVENTORY.name, ORDER_COMMANDS.name)


@dataclass(frozen=True, slots=True)
class Site:
    """An installation, as a move sees it. `broker`: by the old number, whatever the settings say by now."""

    settings: Settings
    admin: AdminClient
    broker: Broker
    config: Mapping[str, Any]
    counts: TopicCounts
    growth: Growth


@dataclass(frozen=True, slots=True)
class MovePlan:
    """`rows`, `unread`: by topic. `in_the_way`: each with its remedy. `is_begun`: a move was killed or failed."""

    growth: Growth
    is_begun: bool
    raises: Sequence[str]
    rows: Mapping[str, RowSurvey]
    unread: Mapping[str, UnreadTopic]
    in_the_way: Sequence[str]


@contextmanager
def open_site(settings: Settings, new: int) -> Iterator[Site | None]:
    """None: there are as many partitions already. Raises InputError, and ConnectorError where Kafka can't be had."""
    with open_admin(settings) as admin:
        counts = count_partitions(admin, [topic.name for topic in topics_wanted_by(settings)])
        growth = counts.growth_to(new)
        if growth is None:
            yield None
            return
        kafka = settings.kafka.model_copy(update={"partitions": growth.old})
        with closing(Broker(settings.model_copy(update={"kafka": kafka}))) as broker:
            yield Site(settings, admin, broker, librdkafka(settings.kafka), counts, growth)


def look(site: Site) -> MovePlan:
    """Changes nothing."""
    counts, growth = site.counts, site.growth
    is_begun, raises = counts.is_begun(growth), counts.to_raise(growth)
    if counts.missing:
        missing = f"{', '.join(counts.missing)}: missing; run `connector topics create`"
        return MovePlan(growth, is_begun, raises, {}, {}, [missing])
    ends = ends_of(site.broker, OMS_WRITES)
    in_the_way = [*members_in_the_way(site), *raising_faults(site.admin, [*raises, AUDIT.name], growth.new)]
    rows = {topic: survey_rows(site.broker, topic, growth) for topic in compacted_topics(site.settings.app_id)}
    unread = {topic.name: survey_unread(site.broker, site.config, topic.name, growth) for topic in CONSUMED}
    in_the_way += [survey.fault for survey in rows.values() if survey.fault]
    if not is_begun:  # later what is not at the old home may be at the new one
        in_the_way += _elsewhere(unread)
    in_the_way += written_meanwhile(site, ends)
    return MovePlan(growth, is_begun, raises, rows, unread, in_the_way)


def members_in_the_way(site: Site) -> list[str]:
    members = members_of(site.settings.kafka, site.settings.app_id)
    if not members:
        return []
    group, timeout_s = site.settings.app_id, site.settings.kafka.session_timeout_s
    return [
        f"workers are in the group {group} ({', '.join(members)}): stop them all; the last one keeps its place for "
        f"{timeout_s:g} s more, and so does one that was killed"
    ]


def written_meanwhile(site: Site, ends: Mapping[tuple[str, int], int]) -> list[str]:
    """`ends`: where partitions ended a while ago."""
    now = ends_of(site.broker, OMS_WRITES)
    grown = sorted({topic for (topic, number), end in now.items() if end != ends.get((topic, number), 0)})
    if not grown:
        return []
    return [
        f"{', '.join(grown)}: records are being written; stop the OMS, else what it writes now could be read before "
        "what it wrote earlier"
    ]


def _elsewhere(unread: Mapping[str, UnreadTopic]) -> Iterator[str]:
    for topic, found in unread.items():
        if found.elsewhere:
            yield (
                f"{topic}: {found.elsewhere} unread records lie outside their merchant's home (another partitioner "
                "than murmur2): stop the OMS, and let the workers run until they have read them"
            )
