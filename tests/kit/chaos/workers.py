"""Two workers under a supervisor, as in production: one that ends is started again, and how it ended is kept."""

import signal
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tests.kit.chaos.ends import last_word, listed_as
from tests.kit.chaos.plan import Part
from tests.kit.flows.marketplace import POLLING
from tests.kit.flows.world import World
from tests.kit.processes import Process

AGAIN_AFTER_S = 1.0
STOP_WITHIN_S = 60.0  # of its own 30 s, on a busy machine


@dataclass(frozen=True, slots=True)
class End:
    """Of a worker that nobody killed. `listed`: the words of the operators' page for it, None where there are none."""

    at_s: float
    part: Part
    code: int
    said: str
    log: str
    listed: str | None

    def __str__(self) -> str:
        what = f"NOT LISTED: {self.said}" if self.listed is None else f"{self.listed} ({self.said})"
        return f"{self.part} ended with exit code {self.code} ({self.log}): {what}"


@dataclass
class Slot:
    """`worker`: None while there is none. `due_s`: when one is started then, None while a fault says when. `asked_s`:
    when it was told to stop."""

    env: Mapping[str, str]
    worker: Process | None = None
    due_s: float | None = 0.0
    asked_s: float | None = None


class Workers:
    """`causes`: the parts that are disturbed, or were of late: what a worker's end may be put down to."""

    def __init__(
        self, world: World, envs: Mapping[Part, Mapping[str, str]], causes: Callable[[], Collection[Part]]
    ) -> None:
        self._world = world
        self._causes = causes
        self._began_s = time.monotonic()
        self._slots = {part: Slot(env) for part, env in envs.items()}
        self.ends: list[End] = []

    def kill(self, part: Part) -> None:
        self._look_at(part)  # it may have ended by itself a moment ago
        slot = self._slots[part]
        if slot.worker is not None:
            slot.worker.kill()
        slot.worker = slot.due_s = slot.asked_s = None

    def freeze(self, part: Part) -> None:
        if (worker := self._slots[part].worker) is not None:
            worker.freeze()

    def wake(self, part: Part) -> None:
        if (worker := self._slots[part].worker) is not None:
            worker.wake()

    def ask_to_stop(self, part: Part) -> None:
        slot = self._slots[part]
        slot.due_s = None
        if slot.worker is not None:
            slot.worker.signal(signal.SIGTERM)
            slot.asked_s = time.monotonic()

    def start(self, part: Part) -> None:
        """Once it has ended, where it was asked to stop and still does."""
        slot = self._slots[part]
        if slot.worker is None or slot.asked_s is not None:
            slot.due_s = time.monotonic()

    def look(self) -> None:
        """To be called often: starts again what has ended, and keeps how it did."""
        for part in self._slots:
            self._look_at(part)

    def _look_at(self, part: Part) -> None:
        slot, now_s = self._slots[part], time.monotonic()
        if slot.worker is not None and slot.worker.code is not None:
            if slot.asked_s is None:
                slot.due_s = now_s + AGAIN_AFTER_S
            if slot.asked_s is None or not _stopped_well(slot.worker):
                self._keep(part, slot.worker)
            slot.worker = slot.asked_s = None
        elif slot.worker is not None and slot.asked_s is not None and now_s > slot.asked_s + STOP_WITHIN_S:
            slot.worker.kill()
            self._keep(part, slot.worker)  # with the code of a kill, which no page lists
            slot.worker = slot.asked_s = None
        if slot.worker is None and slot.due_s is not None and now_s >= slot.due_s:
            env = {**POLLING, "CONNECTOR_INSTANCE": part.replace(" ", "-"), **slot.env}
            slot.worker, slot.due_s = self._world.start_worker(ready=False, **env), None

    def _keep(self, part: Part, ended: Process) -> None:
        code, said = ended.code or 0, last_word(ended.log.read_text())
        others = self._slots.keys() - {part}  # no worker ends by what was done to another
        listed = listed_as(said, set(self._causes()) - others) if code == 1 else None
        self.ends.append(End(time.monotonic() - self._began_s, part, code, said, ended.log.name, listed))


def _stopped_well(worker: Process) -> bool:
    """Python itself, before the worker has begun, ends by the signal."""
    return worker.code == 0 or (worker.code == -signal.SIGTERM and worker.log.read_text() == "")
