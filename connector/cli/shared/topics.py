"""The topics as the settings want them, and as they are."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka.admin import AdminClient

from connector.errors import ConnectorError
from connector.kafka.connection.faults import kafka_faults_told
from connector.kafka.connection.reach import reach_kafka
from connector.kafka.topic_admin import WantedTopic, topic_faults, wanted_topics
from connector.kafka.topics import DAY_MS
from connector.settings import Settings

log = logging.getLogger(__name__)


def topics_wanted_by(settings: Settings) -> list[WantedTopic]:
    kafka, dead_letters_ms = settings.kafka, settings.dead_letters.keep_days * DAY_MS
    return wanted_topics(settings.app_id, kafka.partitions, kafka.replication_factor, dead_letters_ms)


@contextmanager
def open_admin(settings: Settings) -> Iterator[AdminClient]:
    """What librdkafka raises is told as one line that names the settings to look at."""
    with kafka_faults_told(settings.kafka.bootstrap_servers):
        yield reach_kafka(settings.kafka)


def require_topics(settings: Settings) -> None:
    """Raises ConnectorError: an app on wrong topics would lose state or split a merchant's rate over workers."""
    wanted = topics_wanted_by(settings)
    with open_admin(settings) as admin:
        faults = topic_faults(admin, wanted)
    for remark in faults.keeping:
        log.warning(remark)
    if faults.unusable:
        raise ConnectorError("\n  - ".join(["the topics can't be used:", *faults.unusable]))
