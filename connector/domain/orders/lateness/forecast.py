"""When each shipment will be done at the pace that the limits allow, and which will miss their cut-off by that.

One lane per operation, which takes what has come to it by ship-by, earliest first, as the lanes do. What the OMS has
not asked yet is taken for asked now: it has to be, sooner or later, and all together are done no earlier than this.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STEADY_MS = 300_000
"""What is this close to its cut-off stays at risk once it was: one call more or less is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingShipment:
    """`ship_by_ms`: its urgency, 0 where it is unknown. `cutoff_ms`: until when it is to be done, None where nobody
    says. `calls`: how many of each operation it still needs."""

    shipment_id: str
    location_id: str
    ship_by_ms: int
    cutoff_ms: int | None
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """Of one location: `count` shipments will miss their cut-offs. The first of these is `cutoff_ms`, which
    `first_count` will miss, the last of them done at `done_at_ms`."""

    location_id: str
    count: int
    cutoff_ms: int
    first_count: int
    done_at_ms: int


@dataclass(frozen=True, slots=True)
class CutoffForecast:
    """`done_at_ms`: by shipment, those that need no call left out. `near`: locations where something is at risk, or
    close to it."""

    done_at_ms: dict[str, int]
    at_risk: tuple[AtRisk, ...] = ()
    near: frozenset[str] = frozenset()


def forecast(pending: Sequence[PendingShipment], per_s: Mapping[str, float], now_ms: int) -> CutoffForecast:
    """`pending`: of one merchant. `per_s`: calls per second by operation, in the order in which a shipment needs them.
    What has missed its cut-off already takes its turn and is told elsewhere."""
    done_at = _done_at(pending, per_s, now_ms)
    late: dict[str, list[tuple[int, int]]] = {}
    near = set[str]()
    done_at_ms = dict[str, int]()
    for shipment, at in zip(pending, done_at, strict=True):
        cutoff_ms = shipment.cutoff_ms
        if not shipment.calls:
            continue
        done_at_ms[shipment.shipment_id] = round(at)
        if cutoff_ms is None or cutoff_ms <= now_ms:
            continue
        if at > cutoff_ms:
            late.setdefault(shipment.location_id, []).append((cutoff_ms, round(at)))
        if at > cutoff_ms - STEADY_MS:
            near.add(shipment.location_id)
    return CutoffForecast(done_at_ms, tuple(_at_risk(place, late[place]) for place in sorted(late)), frozenset(near))


def _at_risk(location_id: str, late: Sequence[tuple[int, int]]) -> AtRisk:
    first_ms = min(cutoff_ms for cutoff_ms, _ in late)
    of_first = [done_at_ms for cutoff_ms, done_at_ms in late if cutoff_ms == first_ms]
    return AtRisk(
        location_id=location_id,
        count=len(late),
        cutoff_ms=first_ms,
        first_count=len(of_first),
        done_at_ms=max(of_first),
    )


def _done_at(pending: Sequence[PendingShipment], per_s: Mapping[str, float], now_ms: int) -> list[float]:
    """By their place in `pending`."""
    done_at = [float(now_ms)] * len(pending)
    for operation, rate in per_s.items():
        _through(operation, 1000 / rate, pending, done_at)
    return done_at


def _through(operation: str, interval_ms: float, pending: Sequence[PendingShipment], done_at: list[float]) -> None:
    """One lane: each shipment comes to it at its time in `done_at`, which becomes that at which its calls are made."""
    coming = sorted((done_at[place], place) for place, one in enumerate(pending) if operation in one.calls)
    waiting: list[tuple[int, int]] = []
    free_at, come = 0.0, 0
    while come < len(coming) or waiting:
        if not waiting:
            free_at = max(free_at, coming[come][0])
        while come < len(coming) and coming[come][0] <= free_at:
            place = coming[come][1]
            heapq.heappush(waiting, (pending[place].ship_by_ms, place))
            come += 1
        _, place = heapq.heappop(waiting)
        free_at += interval_ms * pending[place].calls[operation]
        done_at[place] = free_at
