"""What others do to the topics while a worker runs on them: partitions added, a topic deleted."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connector.errors import ConnectorError
from connector.foreign.kafka import kafka_fault
from connector.kafka.topic_admin import WantedTopic, partition_faults

CHECK_EVERY_S = 10.0

log = logging.getLogger(__name__)


class TopicWatch:
    """Kafka's clients notice within minutes, and then go on with whatever there is: a merchant's records would be
    looked for in another partition than its rows.
    """

    def __init__(self, config: Mapping[str, Any], wanted: Sequence[WantedTopic]) -> None:
        self._config = {**config, "log_level": 0}  # what matters comes as an exception
        self._wanted = wanted

    async def run(self) -> None:
        """Until it raises ConnectorError. A fault must be seen twice: metadata may lag for a moment."""
        admin = await asyncio.to_thread(AdminClient, self._config)  # with a token, it takes a second
        seen: set[str] = set()
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            faults = await asyncio.to_thread(self._faults, admin)
            if seen.intersection(faults):
                raise _changed(faults)
            seen = set(faults)

    async def explain(self) -> ConnectorError | None:
        """Whether the topics are a reason for a worker's end."""
        faults = await asyncio.to_thread(lambda: self._faults(AdminClient(self._config)))
        return _changed(faults) if faults else None

    def _faults(self, admin: AdminClient) -> list[str]:
        try:
            return partition_faults(admin, self._wanted)
        except KafkaException as error:
            log.info("the topics can't be looked at now: %s", kafka_fault(error.args[0]))
            return []


def _changed(faults: Sequence[str]) -> ConnectorError:
    told = "; ".join(faults)
    return ConnectorError(f"the topics changed while the worker ran: {told}; see `connector topics check`")
