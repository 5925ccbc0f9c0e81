"""Virtual time: one timeline, and on it the event loops of processes that can be killed and frozen at any step."""

import asyncio
import heapq
import itertools
from asyncio import _set_running_loop
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

MOST_STEPS_AT_ONCE = 200_000
"""Steps of all processes without any time passing: somebody goes round in a circle."""
MOST_STEPS_IN_A_ROW = 1_000
"""Of one process, until it is asked whether it goes round in a circle."""


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


class ProcessLoop(asyncio.AbstractEventLoop):
    """A process. Killed, none of its steps is run any more; frozen, they wait, and so does all that its threads do.

    `name` is what it calls itself. `skew_s`: its wall clock's distance from the true time. `outside`: what it meets.
    """

    def __init__(self, timeline: Timeline, name: str) -> None:
        self.name = name
        self.number = timeline.new_number()
        self.skew_s = 0.0
        self.is_dead = False
        self.frozen_until_s = 0.0
        self.latency_s: Callable[[], float] = lambda: 0.0005
        self.surprises: list[str] = []
        self.outside: Any = None
        self._timeline = timeline
        self._ready: deque[Step] = deque()
        self._is_queued = False
        self._steps_left: int | None = None
        self._buried: set[asyncio.Task[Any]] = set()  # a coroutine that is collected would go on to its ends
        self._on_death: Callable[[], None] = lambda: None

    def kill(self) -> None:
        if not self.is_dead:
            self.is_dead = True
            self._ready.clear()
            self._buried = asyncio.all_tasks(self)
            self._on_death()

    def die_in(self, steps: int, on_death: Callable[[], None]) -> None:
        """After so many more steps: in the midst of what happens at one moment, too."""
        self._steps_left, self._on_death = steps, on_death

    def freeze(self, until_s: float) -> None:
        self.frozen_until_s = max(until_s, self.frozen_until_s)
        self._timeline.at(self.frozen_until_s, self._queue)

    @property
    def is_frozen(self) -> bool:
        return self._timeline.now_s < self.frozen_until_s

    def due(self, step: Step) -> None:
        """A timer of this process."""
        if self.is_dead:
            return
        if self.is_frozen:
            step.when_s = self.frozen_until_s
            self._timeline.push(step)
            return
        self._ready.append(step)
        self._queue()

    def run_ready(self) -> int:
        """Passes, while no other process has work: what becomes ready in one is the next one's. The number of steps."""
        self._is_queued = False
        timeline, ran = self._timeline, 0
        if self.is_dead or self.is_frozen:
            return 0
        timeline.runs(self)
        while True:
            ran += self._pass(self._ready, timeline.now_s)
            if ran > MOST_STEPS_IN_A_ROW or self.is_dead or self.is_frozen or not timeline.is_alone(self):
                return ran
            self._is_queued = False

    def _pass(self, ready: deque[Step], now_s: float) -> int:
        ran = 0
        for _ in range(len(ready)):
            step = ready.popleft()
            if step.is_cancelled:
                continue
            ran += 1
            if self._steps_left is not None:
                self._steps_left -= 1
                if self._steps_left < 0:
                    self.kill()
                    break
            try:
                step.context.run(step.callback, *step.args)
            except Exception as surprise:  # noqa: BLE001  # asyncio's own way: told, and the loop goes on
                self.call_exception_handler({"message": "a callback failed", "exception": surprise})
            if self.is_dead or now_s < self.frozen_until_s:
                break
        return ran

    def _queue(self) -> None:
        if not self._is_queued and self._ready and not self.is_dead:
            self._is_queued = True
            self._timeline.has_work(self)

    # asyncio's side

    def time(self) -> float:
        return self._timeline.now_s

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.is_dead

    def is_closed(self) -> bool:
        return self.is_dead

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Step:  # type: ignore[override]  # a handle of our own
        step = Step(self, 0.0, callback, args, context or copy_context())
        if not self.is_dead:
            self._ready.append(step)
            if not self._is_queued:
                self._is_queued = True
                self._timeline.has_work(self)
        return step

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # as above

    def call_later(  # type: ignore[override]  # as above
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Step:
        step = Step(self, self._timeline.now_s + max(delay, 0.0), callback, args, context or copy_context())
        return step if self.is_dead else self._timeline.push(step)

    def call_at(  # type: ignore[override]  # as above
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Step:
        step = Step(self, max(when, self._timeline.now_s), callback, args, context or copy_context())
        return step if self.is_dead else self._timeline.push(step)

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> "asyncio.Task[Any]":
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]  # noqa: ARG002
        """In this process's threads: some time passes before it is begun, and before its result is heard."""
        future = self.create_future()

        def again() -> None:
            self.call_soon(begin)

        def begin() -> None:
            try:
                result, fault = func(*args), None
            except Blocked as blocked:
                blocked.news.wait(again)
                return
            except Exception as error:  # noqa: BLE001  # whoever waits for the thread gets it
                result, fault = None, error
            self.call_later(self.latency_s(), end, result, fault)

        def end(result: Any, fault: Exception | None) -> None:
            if not future.done():
                future.set_exception(fault) if fault is not None else future.set_result(result)

        self.call_later(self.latency_s(), begin)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.is_dead:
            self.surprises.append(f"{context.get('message')}: {context.get('exception')!r}")
