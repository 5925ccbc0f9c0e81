"""Which merchants have series of their own, where there are too many for all to have them."""

import time
from collections.abc import Callable, Collection, Mapping
from enum import IntEnum
from threading import Lock
from typing import NamedTuple

from connector.domain.alerts import NO_MERCHANT

OTHERS = "|others"
"""Stands for all merchants without series of their own: no merchant's id has a bar."""

CHOSEN_FOR_S = 60.0


class Urgency(IntEnum):
    """How soon an operator must see a merchant's series."""

    NONE = 0
    HELD_UP = 1
    TROUBLE = 2
    SUSPENDED = 3


class Rank(NamedTuple):
    """Why a merchant is shown before another. `is_here`: it has lanes, and was not left to another worker."""

    urgency: Urgency
    backlog: float
    is_here: bool
    calls: float


class ShownMerchants:
    """While there is room, each merchant is shown that comes. Then places are given anew once a minute, and only for a
    higher urgency, or ten times the backlog, does one take another's. Who loses its place is shown for a minute more,
    so that nobody misses what it had counted last.

    `on_move` hear who is shown from now on, and who no longer, while `lock` is held.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.lock = Lock()
        self.on_move: list[Callable[[Collection[str], Collection[str]], None]] = []
        self._most = most
        self._clock = clock
        self._ids: set[str] = set()
        self._leaving: frozenset[str] = frozenset()
        self._next_at = float("-inf")

    def admit(self, merchant_id: str) -> bool:
        """Whether it is shown: it came, and there may be room. Hold the lock."""
        if len(self._ids) < self._most:
            self._ids.add(merchant_id)
        return merchant_id in self._ids

    def choose(self, rank: Callable[[], Mapping[str, Rank]]) -> frozenset[str]:
        """Who is shown now, in whichever thread. `rank` may take long."""
        if len(self._ids) < self._most or self._clock() >= self._next_at:
            self._give_places(rank())
            self._next_at = self._clock() + CHOSEN_FOR_S
        return self._leaving.union(self._ids, (NO_MERCHANT,))

    def _give_places(self, ranks: Mapping[str, Rank]) -> None:
        def order(merchant_id: str) -> tuple[object, ...]:
            rank = ranks[merchant_id]
            digits = len(str(int(rank.backlog))) if rank.backlog else 0
            keeps = merchant_id in self._ids
            return rank.urgency, digits, rank.is_here, keeps, rank.backlog, rank.calls, merchant_id

        first = sorted(ranks, key=order, reverse=True)[: self._most]
        with self.lock:
            before = self._ids
            now = {*first, *(before - ranks.keys())}  # some may have come meanwhile
            self._ids, self._leaving = now, frozenset(before - now)
            for move in self.on_move:
                move(now - before, self._leaving)
