"""What Kafka says of the changelogs that snapshots are of."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.errors import ConnectorError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownLog:
    """`topic_id`: another one where a topic is made anew. `deletions_kept_ms`: for how long at least a reader still
    finds that a row was deleted."""

    topic_id: str
    deletions_kept_ms: int


class KnownLogs:
    """`ask`: blocks; gives them by topic, without those to which Kafka gives no id. Raises ConnectorError.

    Asked once, before anything is read of the logs: one that is made anew later has an id that nobody compares with.
    """

    def __init__(self, ask: Callable[[], Mapping[str, KnownLog]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[Mapping[str, KnownLog]] | None = None

    async def all(self) -> Mapping[str, KnownLog]:
        if self._asking is None:
            self._asking = asyncio.create_task(self._asked())
        return await asyncio.shield(self._asking)

    async def _asked(self) -> Mapping[str, KnownLog]:
        try:
            return await asyncio.to_thread(self._ask)
        except ConnectorError as fault:
            log.warning("there will be no snapshots of rows: %s", fault)
            return {}
