"""What goes next in one lane: a key at a time in flight, the lowest rank first, parked keys when their time comes.

Fresh work comes first. What is repeated gets every fourth call at most while fresh work waits, and what heals (calls
that fail strangely, a SKU that another integrator posts too) never more than that: one's trouble starves nobody.
"""

import heapq
import itertools
from dataclasses import dataclass
from enum import IntEnum

Rank = tuple[int, int]
"""(urgency class, since in ms): stock that an operator took off sale and stock going to zero before the rest, then the
oldest."""

REPEATS_SHARE = 4  # every how manyth call


class Kind(IntEnum):
    FRESH = 0
    RETRY = 1  # what Amazon did not answer, or answered so that it must be asked or told again
    HEALING = 2  # it fails again and again, or another integrator posts it too


_KINDS = tuple(Kind)


@dataclass(slots=True)
class Entry:
    rank: Rank
    offered_at: float
    offered_kind: Kind = Kind.FRESH
    not_before: float = 0.0
    attempts: int = 0
    claimed: bool = False
    version: int = 0

    @property
    def kind(self) -> Kind:
        return Kind.RETRY if self.attempts and self.offered_kind is Kind.FRESH else self.offered_kind


class Scheduler:
    """Keys that are not settled yet. Times in seconds of the caller's clock."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._ready: tuple[list[tuple[Rank, int, str]], ...] = ([], [], [])  # by kind
        self._later: list[tuple[float, int, str]] = []
        self._flying: set[str] = set()
        self._versions = itertools.count(1)
        self._repeats_at = float("-inf")

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def ready(self) -> int:
        """Fresh keys that wait for nothing but the pace; some that were offered anew may be counted twice."""
        return len(self._ready[Kind.FRESH])

    def is_claimed(self, key: str) -> bool:
        """It was taken, and not settled since."""
        entry = self._entries.get(key)
        return entry is not None and entry.claimed

    @property
    def oldest_since_ms(self) -> int | None:
        """Whichever thread asks: what is gone through is a copy, made in one step."""
        return min((entry.rank[1] for entry in list(self._entries.values())), default=None)

    def offer(self, key: str, rank: Rank, now: float, not_before: float = 0.0, *, kind: Kind = Kind.FRESH) -> None:
        """The key has work; where it waits already, only its rank and kind are news."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(rank, now, kind, not_before)
        elif (entry.rank, entry.offered_kind) == (rank, kind):
            return
        entry.rank, entry.offered_kind = rank, kind
        self._queue(key, entry)

    def settle(
        self, key: str, rank: Rank | None, now: float, not_before: float = 0.0, *, kind: Kind = Kind.FRESH
    ) -> None:
        """The last call's outcome is in the table; `rank` None: nothing more to do."""
        if rank is None:
            self._entries.pop(key, None)
            return
        entry = self._entries[key] = Entry(rank, now, kind, not_before)
        self._queue(key, entry)

    def next_wait_s(self, now: float) -> float:
        """Seconds until some key is ready, infinity where none waits."""
        self._ripen(now)
        if self._first(Kind.FRESH) is not None or self._first(Kind.RETRY) is not None:
            return 0.0
        later_s = self._later[0][0] - now if self._later else float("inf")
        healing_s = float("inf") if self._first(Kind.HEALING) is None else self._repeats_at - now
        return max(min(later_s, healing_s), 0.0)

    def first_rank(self, now: float) -> Rank | None:
        """The lowest of the keys that are ready, of whichever kind."""
        self._ripen(now)
        ready = [self._entries[key].rank for kind in _KINDS if (key := self._first(kind)) is not None]
        return min(ready, default=None)

    def take(self, count: int, now: float, interval_s: float) -> list[tuple[str, Entry]]:
        """Up to `count` keys of one kind, each claimed and in flight until `land`. `interval_s`: from call to call."""
        self._ripen(now)
        kind = self._next_kind(now)
        if kind is None:
            return []
        taken: list[tuple[str, Entry]] = []
        while len(taken) < count and (key := self._first(kind)) is not None:
            heapq.heappop(self._ready[kind])
            entry = self._entries[key]
            entry.claimed = True
            self._flying.add(key)
            taken.append((key, entry))
        if kind is not Kind.FRESH:
            self._repeats_at = now + REPEATS_SHARE * interval_s
        return taken

    def land(self, key: str) -> None:
        """The call came back. A claimed key waits for its settlement; one that was settled meanwhile goes on."""
        self._flying.discard(key)
        entry = self._entries.get(key)
        if entry is not None and not entry.claimed:
            self._queue(key, entry)

    def retry(self, key: str, not_before: float) -> None:
        """The same call must be made again; call after `land`."""
        entry = self._entries.get(key)
        if entry is not None and entry.claimed:
            entry.claimed = False
            entry.attempts += 1
            entry.not_before = not_before
            self._queue(key, entry)

    def put_back(self, key: str) -> None:
        """Taken, but not called after all."""
        self._flying.discard(key)
        entry = self._entries[key]
        entry.claimed = False
        self._queue(key, entry)

    def drop(self, key: str) -> None:
        """Nothing to call for the key now; whoever changes its row offers it again."""
        self._flying.discard(key)
        self._entries.pop(key, None)

    def _next_kind(self, now: float) -> Kind | None:
        """Repeats have their turn with every fourth call, retries also when nothing is fresh."""
        fresh, retry, healing = (self._first(kind) for kind in _KINDS)
        if now >= self._repeats_at and (retry is not None or healing is not None):
            if retry is None or healing is None:
                return Kind.HEALING if retry is None else Kind.RETRY
            entries = self._entries
            return Kind.RETRY if entries[retry].rank <= entries[healing].rank else Kind.HEALING
        if fresh is not None:
            return Kind.FRESH
        return None if retry is None else Kind.RETRY

    def _queue(self, key: str, entry: Entry) -> None:
        if entry.claimed or key in self._flying:
            return
        entry.version = next(self._versions)
        heapq.heappush(self._later, (entry.not_before, entry.version, key))

    def _ripen(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            _, version, key = heapq.heappop(self._later)
            if self._is_current(key, version):
                entry = self._entries[key]
                heapq.heappush(self._ready[entry.kind], (entry.rank, version, key))

    def _first(self, kind: Kind) -> str | None:
        """The key of the lowest rank that is still to be called."""
        ready = self._ready[kind]
        while ready and not self._is_current(ready[0][2], ready[0][1]):
            heapq.heappop(ready)
        return ready[0][2] if ready else None

    def _is_current(self, key: str, version: int) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.version == version and not entry.claimed and key not in self._flying
