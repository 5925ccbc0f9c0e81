"""The wall clock, in one place: what needs the time of a record is given this function, and tests give their own."""

import time


def now_ms() -> int:
    """Epoch milliseconds, UTC, as records and rows have them."""
    return time.time_ns() // 1_000_000
