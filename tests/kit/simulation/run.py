"""A plan's run and its judgement; a failing plan made smaller; what a person reads of it."""

import gc
import hashlib
import logging
import re
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from connector.kafka.topics import API_CALLS
from tests.kit.simulation import check
from tests.kit.simulation.engine import clocks
from tests.kit.simulation.engine.timeline import StandsStill
from tests.kit.simulation.plan import Action, Plan
from tests.kit.simulation.world import World

MOST_CPU_S = 120.0
SHOWN = 150
"""Lines of a timeline."""

_UNPRINTABLE = re.compile(r"[^ -~]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`history`: a hash of all that was written and asked, byte by byte."""

    plan: Plan
    faults: tuple[str, ...]
    history: str
    hours: float
    world: World

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(fault.partition(": ")[0] for fault in self.faults)


def _give_up(*_: object) -> None:
    raise StandsStill(f"no end after {MOST_CPU_S:g} s of CPU")


@contextmanager
def _bounded() -> Iterator[None]:
    """A step that never ends, too."""
    signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, MOST_CPU_S, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def run(plan: Plan) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="simulation-") as directory, _no_collection():
        world = World(plan, Path(directory))
        faults: list[str] = []
        with _watched_logs(world):
            try:
                with _bounded():
                    world.run()
            except StandsStill as still:
                faults.append(f"a loop stands still: {still}")
        faults += check.faults(world)
    return Outcome(plan, tuple(faults), _hash(world), world.timeline.now_s / 3600, world)


@contextmanager
def _no_collection() -> Iterator[None]:
    """What is killed is not collected while others run: its coroutines would go on to their ends."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


SECRETS = ("token-A", "client-secret", "Atza|", "Asha Example", "1 Example Road", "080 0000 0000")


class _Leaks(logging.Handler):
    def __init__(self, world: World) -> None:
        super().__init__(logging.INFO)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        told = f"{record.getMessage()} {record.__dict__}"
        self._world.leaks += [f"{record.name}: {told[:200]}" for secret in SECRETS if secret in told]


@contextmanager
def _watched_logs(world: World) -> Iterator[None]:
    log, leaks = logging.getLogger("connector"), _Leaks(world)
    log.addHandler(leaks)
    log.propagate = False
    log.setLevel(logging.INFO)
    logging.getLogger("tests.kit.simulation").setLevel(logging.CRITICAL + 1)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.removeHandler(leaks)


def _hash(world: World) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for record, writer in world.kafka.history:
        where = f"{writer} {record.topic} {record.partition} {record.offset} {record.timestamp}"
        digest.update(where.encode() + (record.key or b"") + (record.value or b"") + repr(record.headers).encode())
    for call in world.network.departed:
        digest.update(repr(call).encode())
    for uri, content in sorted(world.documents.held.items()):
        digest.update(uri.encode() + content)
    return digest.hexdigest()


def shrink(outcome: Outcome, seconds: float, tell: Callable[[str], None]) -> Outcome:
    """Fewer actions that still break one of the same rules: halves are left out, then quarters, down to single ones."""
    ends_at_s, smallest, size = clocks.real_monotonic_s() + seconds, outcome, len(outcome.plan.actions) // 2
    while size >= 1 and clocks.real_monotonic_s() < ends_at_s:
        begin, found = 0, False
        while begin < len(smallest.plan.actions) and clocks.real_monotonic_s() < ends_at_s:
            tried = run(_without(smallest.plan, begin, begin + size))
            if tried.rules & outcome.rules:
                smallest, found = tried, True
            else:
                begin += size
        tell(f"{len(smallest.plan.actions)} actions left")
        size = size if found and size == 1 else size // 2
    return smallest


def _without(plan: Plan, begin: int, end: int) -> Plan:
    left: tuple[Action, ...] = plan.actions[:begin] + plan.actions[end:]
    return replace(plan, actions=left)


def told(outcome: Outcome) -> Iterator[str]:
    """The plan, what happened, and what became of it around the objects that the faults name."""
    plan, world = outcome.plan, outcome.world
    yield f"seed {plan.seed}: {plan.workers} workers, {plan.hours:g} hours, {dict(plan.switches)}"
    yield f"manners {plan.manners or 'none'}, notifications {'on' if plan.notified else 'off'}"
    lines = [(each.at_s, each.what) for each in world.happened]
    for call in world.network.departed:
        if _is_named(outcome, call.target + call.body):
            asked = f"{call.worker} > Amazon: {call.method} {call.target} {call.body[:150]}"
            lines.append((call.at_s, f"{asked} -> {call.status or 'nothing'}"))
    for record, writer in world.kafka.history:
        text = (record.value or b"").decode(errors="replace")
        if _is_named(outcome, text) and record.topic != API_CALLS.name:
            where = f"{writer} > {record.topic}/{record.partition}/{record.offset}"
            lines.append((record.timestamp / 1000 - clocks.EPOCH_S, f"{where} {_UNPRINTABLE.sub('.', text)}"))
    yield from (f"{at_s:11.3f}  {what[:300]}" for at_s, what in sorted(lines, key=lambda line: line[0])[:SHOWN])
    yield from (f"FAILED  {fault}" for fault in outcome.faults)


def _is_named(outcome: Outcome, text: str) -> bool:
    """By its shipment, its update or its SKU."""
    return any(word in text for word in _names(outcome))


def _names(outcome: Outcome) -> frozenset[str]:
    words = {word.strip("(),':") for fault in outcome.faults for word in fault.split()}
    return frozenset(word for word in words if "-S" in word or "-u" in word or word.startswith("sku-"))
