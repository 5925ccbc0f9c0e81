"""Every clock and source of chance of the process, in place of the machine's, before the connector is imported."""

import os
import random
import secrets
import socket
import time
import uuid
from collections.abc import Callable

from tests.kit.simulation.engine.loop import ProcessLoop
from tests.kit.simulation.engine.timeline import Timeline

EPOCH_S = 1_767_225_600.0
"""2026-01-01: the wall clocks' time when the timeline is at 0."""

real_monotonic_s, real_cpu_s = time.monotonic, time.process_time

REPLACED = frozenset(
    {
        *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter"),
        *("time.clock_gettime", "random.random", "random.getrandbits", "uuid.uuid4", "socket.gethostname"),
        *("secrets.token_hex", "secrets.token_urlsafe", "os.urandom"),
    }
)
"""What the connector may ask in a simulation. The test of the sources of time and chance knows of no other."""

_timeline = Timeline()


def restart(timeline: Timeline, seed: str) -> None:
    """From now on the clocks are this timeline's, and chance is the seed's."""
    global _timeline  # there is one time
    _timeline = timeline
    random.seed(seed)


def running() -> ProcessLoop:
    """Whose step runs now."""
    if _timeline.running is None:
        raise RuntimeError("no process runs now")
    return _timeline.running


def skew_s() -> float:
    return 0.0 if _timeline.running is None else _timeline.running.skew_s


def wall_s() -> float:
    return EPOCH_S + _timeline.now_s + skew_s()


def monotonic_s() -> float:
    return _timeline.now_s


def true_wall_ms(now_s: float) -> int:
    return round((EPOCH_S + now_s) * 1000)


def host() -> str:
    return "world" if _timeline.running is None else _timeline.running.name


def _bytes(count: int | None = None) -> bytes:
    return random.randbytes(count or 32)


def install() -> None:
    """Once, first of all: modules take clocks as default arguments when they are imported."""
    clocks: dict[str, Callable[..., object]] = {
        "time": wall_s,
        "time_ns": lambda: round(wall_s() * 1e9),
        "monotonic": monotonic_s,
        "monotonic_ns": lambda: round(monotonic_s() * 1e9),
        "perf_counter": monotonic_s,
        "clock_gettime": lambda _: monotonic_s(),
    }
    for name, clock in clocks.items():
        setattr(time, name, clock)
    chances: list[tuple[object, str, Callable[..., object]]] = [
        (os, "urandom", _bytes),
        (secrets, "token_hex", lambda count=None: _bytes(count).hex()),
        (secrets, "token_urlsafe", lambda count=None: _bytes(count).hex()),
        (uuid, "uuid4", lambda: uuid.UUID(int=random.getrandbits(128), version=4)),
        (socket, "gethostname", host),
    ]
    for owner, name, chance in chances:
        setattr(owner, name, chance)
