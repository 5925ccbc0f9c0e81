"""A wall clock that is set back while a worker runs.

librdkafka 2.16 waits with condition variables up to a time of the wall clock: a wait that is under way then lasts
longer by the whole step. A partition's transaction would stand still for an hour, and nobody be told.
"""

import asyncio
from collections.abc import Callable

from connector.errors import ConnectorError

_LOOK_EVERY_S = 1.0
SET_BACK_S = 5.0
"""So much later a wait may end: less than a session may take."""


class SetBack:
    """`wall_ms`: epoch milliseconds. `monotonic_s`: seconds of a clock that nobody sets."""

    def __init__(self, wall_ms: Callable[[], int], monotonic_s: Callable[[], float]) -> None:
        self._wall_ms = wall_ms
        self._monotonic_s = monotonic_s
        self._ahead_s = self._now_ahead_s()

    async def run(self) -> None:
        """Until it raises ConnectorError."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Raises ConnectorError where the clock was set back since the last look. One that is slowed down is not."""
        before_s, self._ahead_s = self._ahead_s, self._now_ahead_s()
        back_s = before_s - self._ahead_s
        if back_s > SET_BACK_S:
            raise ConnectorError(
                f"the clock was set back by {back_s:.0f} s: what waits for Kafka may wait so much longer; the worker "
                "must be started again"
            )

    def _now_ahead_s(self) -> float:
        return self._wall_ms() / 1000 - self._monotonic_s()
