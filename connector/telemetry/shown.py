"""Which merchants have series of their own, where there are too many for all to have them."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from threading import Lock

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


@dataclass(frozen=True, slots=True)
class Claim:
    """Why a merchant is shown before another. `is_here`: it has lanes, and was not left to another worker."""

    urgency: Urgency
    backlog: float
    is_here: bool
    calls: float


class ShownMerchants:
    """While there is room, each merchant is shown that comes. Then places are given anew once a minute, and only for a
    higher urgency, or ten times the backlog, does one take another's. Who loses its place is shown for a minute more,
    so that nobody misses what it had counted last. `on_move` hear, while `lock` is held, who is shown from now on, and
    who no longer.
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

    def choose(self, claims: Callable[[], Mapping[str, Claim]]) -> frozenset[str]:
        """Who is shown now, in whichever thread. To find the `claims` may take long."""
        if len(self._ids) < self._most or self._clock() >= self._next_at:
            self._give_places(frozenset(self._ids), claims())
            self._next_at = self._clock() + CHOSEN_FOR_S
        return self._leaving.union(self._ids, (NO_MERCHANT,))

    def _give_places(self, known: frozenset[str], claims: Mapping[str, Claim]) -> None:
        """`known`: who was shown when the claims were asked for."""

        def order(merchant_id: str) -> tuple[object, ...]:
            claim = claims[merchant_id]
            digits = len(str(int(claim.backlog))) if claim.backlog else 0
            keeps = merchant_id in known
            return claim.urgency, digits, claim.is_here, keeps, claim.backlog, claim.calls, merchant_id

        first = sorted(claims, key=order, reverse=True)[: self._most]
        with self.lock:
            before = self._ids
            now = {*first, *(before - known)}  # some may have come meanwhile
            self._ids, self._leaving = now, frozenset(before - now)
            for move in self.on_move:
                move(now - before, self._leaving)
