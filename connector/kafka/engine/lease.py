"""How long ago the group coordinator surely still counted this worker as a member."""

import time
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any

from aiokafka.errors import NoError, RebalanceInProgressError
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest

# To each of these the broker restarts the member's session timer; a heartbeat also while it asks for a rejoin.
_RENEWS = (HeartbeatRequest, JoinGroupRequest, SyncGroupRequest)
_CONFIRMED = (NoError.errno, RebalanceInProgressError.errno)


class Lease:
    """Counts from the *sending* of the last request that was confirmed, so it never ends after the broker's own timer.

    Read from the event loop, renewed in the consumer's thread. A process that was frozen sees its age at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._renewed_at = -inf

    def age_s(self) -> float:
        """Infinite before the first join."""
        return self._clock() - self._renewed_at

    def watch(self, coordinator: Any) -> None:
        """Puts itself into the one method through which aiokafka's GroupCoordinator sends all its requests."""
        send: Callable[[Any], Awaitable[Any]] = coordinator._send_req

        async def send_and_renew(request: Any) -> Any:
            sent_at = self._clock()
            response = await send(request)
            if isinstance(request, _RENEWS) and response.error_code in _CONFIRMED:
                self._renewed_at = sent_at
            return response

        coordinator._send_req = send_and_renew
