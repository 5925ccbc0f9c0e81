"""Processes on virtual time: event loops that can be killed and frozen at any step."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from tests.kit.simulation.engine.timeline import Blocked, Step, Timeline

MOST_STEPS_IN_A_ROW = 1_000
"""Of one process, until it is asked whether it goes round in a circle."""


class _InThread:
    """A call in one of a process's threads: some time passes before it is begun, and before its result is heard."""

    __slots__ = ("_args", "_func", "_loop", "future")

    def __init__(self, loop: "ProcessLoop", func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.future = loop.create_future()
        self._loop = loop
        self._func = func
        self._args = args

    def begin(self) -> None:
        try:
            result, fault = self._func(*self._args), None
        except Blocked as blocked:
            blocked.news.wait(self._again)
            return
        except Exception as error:  # noqa: BLE001  # whoever waits for the thread gets it
            result, fault = None, error
        self._loop.call_later(self._loop.latency_s(), self._end, result, fault)

    def _again(self) -> None:
        self._loop.call_soon(self.begin)

    def _end(self, result: Any, fault: Exception | None) -> None:
        if not self.future.done():
            self.future.set_exception(fault) if fault is not None else self.future.set_result(result)


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
        if self._timeline.now_s < self.frozen_until_s:
            step.when_s = self.frozen_until_s
            self._timeline.push(step)
            return
        self._ready.append(step)
        if not self._is_queued:
            self._is_queued = True
            self._timeline.has_work(self)

    def run_ready(self) -> int:
        """Passes, while no other process has work: what becomes ready in one is the next one's. The number of steps."""
        self._is_queued = False
        timeline, ready, ran = self._timeline, self._ready, 0
        now_s = timeline.now_s
        if self.is_dead or now_s < self.frozen_until_s:
            return 0
        timeline.runs(self)
        while True:
            ran += self._pass(ready, now_s)
            if not ready or ran > MOST_STEPS_IN_A_ROW or self.is_dead or now_s < self.frozen_until_s:
                return ran
            if not timeline.is_alone(self):
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

    # asyncio's side. `_queue` is written out in call_soon and due, call_at in call_later: a call less for each of some
    # hundred thousand steps is 6 % of a run (four pairs of runs)

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
        """In this process's threads."""
        called = _InThread(self, func, args)
        self.call_later(self.latency_s(), called.begin)
        return called.future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.is_dead:
            self.surprises.append(f"{context.get('message')}: {context.get('exception')!r}")
