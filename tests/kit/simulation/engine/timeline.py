"""Virtual time: what is due next, and whose step it is."""

import heapq
import itertools
from asyncio import _set_running_loop
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kit.simulation.engine.loop import ProcessLoop

MOST_STEPS_AT_ONCE = 200_000
"""Steps of all processes without any time passing: somebody goes round in a circle."""


class StandsStill(KeyboardInterrupt):
    """The processes go on and on without any time passing. By its base: asyncio keeps all others in their task."""


class Blocked(Exception):
    """Raised by what would block its thread: it is asked again when `news` is told."""

    def __init__(self, news: "News") -> None:
        super().__init__("would block")
        self.news = news


class News:
    """What blocked threads wait for."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def wait(self, again: Callable[[], None]) -> None:
        self._waiting.append(again)

    def tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for again in waiting:
            again()


class Step:
    """A callback of a process or of the world, asyncio's Handle and TimerHandle in one."""

    __slots__ = ("args", "callback", "context", "is_cancelled", "loop", "when_s")

    def __init__(
        self,
        loop: "ProcessLoop | None",
        when_s: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context,
    ) -> None:
        self.loop = loop
        self.when_s = when_s
        self.is_cancelled = False
        self.callback = callback
        self.args = args
        self.context = context

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self.when_s


NO_CONTEXT = Context()
"""The world's: its steps ask for none."""


class Timeline:
    """What is due next, of the world (Kafka, Amazon's side, the OMS, faults) and of all processes."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.running: ProcessLoop | None = None
        self.steps = 0
        self._due: list[tuple[float, int, Step]] = []
        self._numbers = itertools.count()
        self._processes = itertools.count(1)
        self._runnable: deque[ProcessLoop] = deque()

    def at(self, when_s: float, callback: Callable[..., object], *args: Any) -> Step:
        return self.push(Step(None, max(when_s, self.now_s), callback, args, NO_CONTEXT))

    def after(self, wait_s: float, callback: Callable[..., object], *args: Any) -> Step:
        return self.push(Step(None, self.now_s + max(wait_s, 0.0), callback, args, NO_CONTEXT))

    def push(self, step: Step) -> Step:
        heapq.heappush(self._due, (step.when_s, next(self._numbers), step))
        return step

    def new_number(self) -> int:
        """Of a process."""
        return next(self._processes)

    def has_work(self, loop: "ProcessLoop") -> None:
        self._runnable.append(loop)

    def is_alone(self, loop: "ProcessLoop") -> bool:
        """It has work, and no other process has: it goes on at once."""
        if len(self._runnable) == 1 and self._runnable[0] is loop:
            self._runnable.clear()
            return True
        return False

    def runs(self, loop: "ProcessLoop | None") -> None:
        """Whose the next step is; None: the world's."""
        if self.running is not loop:
            self.running = loop
            _set_running_loop(loop)

    def run_until(self, end_s: float) -> None:
        """Returns with the clock at `end_s`. Raises StandsStill."""
        try:
            self._run_until(end_s)
        finally:
            self.runs(None)

    def _run_until(self, end_s: float) -> None:
        due, at_once = self._due, 0
        while True:
            while self._runnable:
                ran = self._runnable.popleft().run_ready()
                at_once += ran
                self.steps += ran
                if at_once > MOST_STEPS_AT_ONCE:
                    raise StandsStill(f"{at_once} steps at {self.now_s:.3f} s")
            if not due or due[0][0] > end_s:
                self.now_s = end_s
                return
            when_s, _, step = heapq.heappop(due)
            if step.is_cancelled:
                continue
            if when_s > self.now_s:
                self.now_s, at_once = when_s, 0
            if step.loop is None:
                self.runs(None)
                step.callback(*step.args)
            else:
                step.loop.due(step)
