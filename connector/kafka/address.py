"""Sees to it that the group knows where this worker is reached."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from connector.kafka.members import GroupMember

LOOK_AGAIN_S = 10.0
LOOKS = 6
"""Where Kafka does not answer; the embedded broker never does."""

log = logging.getLogger(__name__)


class GroupApp(Protocol):
    """A BatchApp, of what is asked of it here."""

    ready: asyncio.Event

    @property
    def address(self) -> str: ...

    async def join_anew(self) -> None: ...


class AddressInGroup:
    """A static member that comes back within the session timeout keeps all that the broker knew of it, its client.id
    too, which is its old address. `members` asks Kafka. `worker`: this one's name."""

    def __init__(self, app: GroupApp, worker: str, members: Callable[[], Awaitable[Sequence[GroupMember]]]) -> None:
        self._app = app
        self._worker = worker
        self._members = members

    async def run(self) -> None:
        """For ever, for it runs beside the agents."""
        await self._app.ready.wait()
        for _ in range(LOOKS):
            if (known := await self._known()) is not None:
                if known != self._app.address:
                    log.info("this worker's address is another: it joins the group anew, so that others learn it")
                    await self._app.join_anew()
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        await asyncio.Event().wait()

    async def _known(self) -> str | None:
        """None: Kafka does not say."""
        return next((member.url for member in await self._members() if member.worker == self._worker), None)
