"""What goes next in one lane: a key at a time in flight, the lowest rank first, parked keys when their time comes."""

import heapq
import itertools
from dataclasses import dataclass

Rank = tuple[int, int]
"""(urgency class, since in ms): stock going to zero before the rest, then the oldest."""


@dataclass(slots=True)
class Entry:
    rank: Rank
    offered_at: float
    not_before: float = 0.0
    attempts: int = 0
    claimed: bool = False
    version: int = 0


class Scheduler:
    """Keys that are not settled yet. Times in seconds of the caller's clock."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._ready: list[tuple[Rank, int, str]] = []
        self._later: list[tuple[float, int, str]] = []
        self._flying: set[str] = set()
        self._versions = itertools.count(1)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def oldest_since_ms(self) -> int | None:
        return min((entry.rank[1] for entry in self._entries.values()), default=None)

    def offer(self, key: str, rank: Rank, now: float, not_before: float = 0.0) -> None:
        """The key has work; where it waits already, only its rank is news."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(rank, now, not_before)
        elif entry.rank == rank:
            return
        entry.rank = rank
        self._queue(key, entry)

    def settle(self, key: str, rank: Rank | None, now: float, not_before: float = 0.0) -> None:
        """The last call's outcome is in the table; `rank` None: nothing more to do."""
        if rank is None:
            self._entries.pop(key, None)
            return
        entry = self._entries[key] = Entry(rank, now, not_before)
        self._queue(key, entry)

    def next_wait_s(self, now: float) -> float:
        """Seconds until some key is ready, infinity where none waits."""
        self._ripen(now)
        while self._ready and not self._is_current(self._ready[0][2], self._ready[0][1]):
            heapq.heappop(self._ready)
        if self._ready:
            return 0.0
        return max(self._later[0][0] - now, 0.0) if self._later else float("inf")

    def take(self, count: int, now: float) -> list[tuple[str, Entry]]:
        """Up to `count` keys, each claimed and in flight until `land`."""
        self._ripen(now)
        taken: list[tuple[str, Entry]] = []
        while self._ready and len(taken) < count:
            _, version, key = heapq.heappop(self._ready)
            if self._is_current(key, version):
                entry = self._entries[key]
                entry.claimed = True
                self._flying.add(key)
                taken.append((key, entry))
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

    def _queue(self, key: str, entry: Entry) -> None:
        if entry.claimed or key in self._flying:
            return
        entry.version = next(self._versions)
        heapq.heappush(self._later, (entry.not_before, entry.version, key))

    def _ripen(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            _, version, key = heapq.heappop(self._later)
            if self._is_current(key, version):
                heapq.heappush(self._ready, (self._entries[key].rank, version, key))

    def _is_current(self, key: str, version: int) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.version == version and not entry.claimed and key not in self._flying
