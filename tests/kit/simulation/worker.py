"""A worker as a process that can be killed, frozen, cut off from Kafka and started again: what `connector.app` wires,
run as `Worker.run` runs it, between the edges."""

import asyncio
from collections.abc import Callable

from connector.app import build_worker
from connector.merchants_file import MerchantsFile
from connector.settings import Settings
from tests.kit.simulation.edges import NoBound, Outside, unwatched
from tests.kit.simulation.engine.loop import ProcessLoop
from tests.kit.simulation.engine.timeline import Timeline


class Process:
    """One start of a worker. `ended`: why it ended by itself; None while it runs, and after a kill or a clean stop."""

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        *,
        outside: Callable[[ProcessLoop], Outside],
        settings: Settings,
        on_end: Callable[["Process"], None],
    ) -> None:
        self.loop = ProcessLoop(timeline, name)  # type: ignore[abstract]  # of asyncio's, what is asked for here
        self.outside = outside(self.loop)
        self.loop.outside = self.outside
        self.ended: BaseException | None = None
        self._settings = settings
        self._stop: asyncio.Event | None = None
        self._on_end = on_end
        self.loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._stop = asyncio.Event()
        self.loop.create_task(self._run(self._stop))

    async def _run(self, stop: asyncio.Event) -> None:
        try:
            worker = build_worker(self._settings, MerchantsFile(self._settings.merchants_file))
            await unwatched(worker).run(stop, NoBound())
        except Exception as reason:  # noqa: BLE001  # the supervisor starts it again, whatever it was
            self.ended = reason
        self.loop.kill()
        self._on_end(self)

    def stop(self) -> None:
        """SIGTERM."""
        if self._stop is not None:
            self.loop.call_soon(self._stop.set)

    def kill(self, after_steps: int, on_death: Callable[[], None]) -> None:
        """SIGKILL, in the midst of whatever it does."""
        self.loop.die_in(after_steps, on_death)
