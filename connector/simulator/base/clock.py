"""The simulator's two clocks, as arguments: tests may hold them still."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds. `monotonic` measures limits and token lives; `wall` (epoch) is what Amazon prints."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


def iso(epoch_s: float) -> str:
    """UTC with milliseconds, the form of the published samples: 2026-01-02T03:04:05.000Z."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
