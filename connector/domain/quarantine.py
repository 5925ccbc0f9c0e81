"""What fails strangely is tried a few times, then parked: one key never holds up the others, and is never given up.

Strange is what is neither throttled nor plainly unavailable: a 403 for one thing, an answer that can't be read or says
two things, a number that Amazon does not take. Parked, it is tried at a slow beat; who asked for it gets the refusal
when a day has passed.
"""

import zlib

import msgspec

from connector.domain.outcomes import Answer

TRIES = 5
_FIRST_WAIT_MS = 1_000
SLOW_BEAT_MS = 5 * 60_000
SLOWEST_BEAT_MS = 30 * 60_000
SPREAD = 0.25  # of a slow beat: so much longer it may be
OVERDUE_MS = 24 * 60 * 60_000


class Trouble(msgspec.Struct, frozen=True):
    """How often a key failed strangely in a row, since when, and what Amazon last said."""

    count: int
    since_ms: int
    code: str = ""
    message: str = ""
    request_id: str = ""

    @property
    def is_parked(self) -> bool:
        return self.count >= TRIES

    @property
    def said(self) -> str:
        """Amazon's last words, and under which request."""
        words = ", ".join(filter(None, [self.code, self.message])) or "nothing that could be read"
        return f"Amazon said: {words} (request {self.request_id or 'without an id'})"

    def is_overdue(self, asked_at_ms: int, now_ms: int) -> bool:
        """Parked, and a day has passed since it was asked for and since it began to fail."""
        return self.is_parked and now_ms >= self.overdue_at_ms(asked_at_ms)

    def overdue_at_ms(self, asked_at_ms: int) -> int:
        return max(self.since_ms, asked_at_ms) + OVERDUE_MS


def troubled(known: Trouble | None, answer: Answer, now_ms: int) -> Trouble:
    """After one more strange failure."""
    count, since_ms = (known.count, known.since_ms) if known else (0, now_ms)
    return Trouble(count + 1, since_ms, answer.code, answer.message, answer.request_id)


def wait_ms(trouble: Trouble) -> int:
    """Until the next try: seconds at first, minutes when parked, spread for what failed at once."""
    if not trouble.is_parked:
        return _FIRST_WAIT_MS << (trouble.count - 1)
    beat_ms = SLOW_BEAT_MS << min(trouble.count - TRIES, 8)
    return min(beat_ms + round(beat_ms * SPREAD * _chance(trouble)), SLOWEST_BEAT_MS)


def rest_ms(not_before_ms: int, now_ms: int) -> int:
    """Until a row's next try. What lies further off than any wait was written by a clock that was ahead, this worker's
    before it was set right, or another's: it is not waited for."""
    return min(max(not_before_ms - now_ms, 0), SLOWEST_BEAT_MS)


def _chance(trouble: Trouble) -> float:
    """In [0, 1), by what failed and when: the same after a restart."""
    return zlib.crc32(f"{trouble.since_ms}|{trouble.count}|{trouble.request_id}".encode()) / 2**32
