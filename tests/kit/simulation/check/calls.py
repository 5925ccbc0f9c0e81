"""When requests left: within limits, not while Amazon said to wait, only from the merchant's owner, one at a time."""

from collections import defaultdict, deque
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from math import ceil

from connector.kafka.homes import home_partition
from connector.simulator.base.limits import Limit, default_limits
from tests.kit.simulation.amazon import Departed
from tests.kit.simulation.check.evidence import Evidence

LIMITS: dict[str, Limit] = default_limits() | {"returns": Limit(5)}  # as the merchants file has them by default
UNLIMITED = ("token", "label_file")
WINDOW_S = 1.0
GRAIN_S = 1e-5
OBEYED_S = 170.0
"""What Amazon states and does not say again is tried to be more from then on."""


def _limited(evidence: Evidence) -> Iterator[Departed]:
    return (call for call in evidence.world.network.departed if call.operation not in UNLIMITED)


def beyond_limits(evidence: Evidence) -> Iterator[str]:
    """Over all workers, in no window of a second more than the limit."""
    windows: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
    for call in _limited(evidence):
        window, limit = windows[call.merchant_id, call.operation], LIMITS[call.operation]
        while window and window[0] <= call.at_s - WINDOW_S + GRAIN_S:
            window.popleft()
        window.append(call.at_s)
        if len(window) > limit.rate + limit.burst:
            yield f"{call.merchant_id} {call.operation}: {len(window)} within a second at {call.at_s:.3f}"


def called_while_closed(evidence: Evidence) -> Iterator[str]:
    """After a 429 with Retry-After, the worker that heard of it is silent as long."""
    closed: dict[tuple[int, str, str], float] = {}
    for at_s, _, call in _told(evidence):
        lane = (call.process, call.merchant_id, call.operation)
        if at_s == call.at_s and closed.get(lane, 0.0) > at_s + GRAIN_S:
            yield f"{call.worker} called {call.merchant_id} {call.operation} at {at_s:.3f}, before {closed[lane]:.3f}"
        if at_s == call.heard_at_s and call.status == 429 and call.retry_after:
            closed[lane] = max(closed.get(lane, 0.0), at_s + min(_closed_s(call), 3600.0))


def beyond_stated_limits(evidence: Evidence) -> Iterator[str]:
    """Where Amazon states a lower limit, the worker that heard of it keeps to it."""
    stated: dict[tuple[int, str, str], tuple[float, float]] = {}
    since: defaultdict[tuple[int, str, str], list[float]] = defaultdict(list)
    for at_s, _, call in () if evidence.odd else _told(evidence):  # an odd Amazon states nonsense
        lane = (call.process, call.merchant_id, call.operation)
        if at_s == call.heard_at_s and call.limit:
            per_s = float(call.limit)
            if stated.get(lane, (0.0, 0.0))[0] != per_s:
                since[lane].clear()
            stated[lane] = (per_s, at_s)
        elif at_s == call.at_s and lane in stated:
            per_s, heard_at_s = stated[lane]
            window_s = ceil(per_s) / per_s
            recent = [left_s for left_s in since[lane] if left_s > at_s - window_s + GRAIN_S]
            since[lane] = [*recent, at_s]
            if len(since[lane]) > ceil(per_s) and at_s < heard_at_s + OBEYED_S:
                yield f"{call.worker} called {call.merchant_id} {call.operation} at {at_s:.3f}: stated was {per_s}/s"


def _told(evidence: Evidence) -> list[tuple[float, int, Departed]]:
    """What was heard at a time comes after what left at that time."""
    left = [(call.at_s, 2 * n, call) for n, call in enumerate(_limited(evidence))]
    heard = [(call.heard_at_s, 2 * n + 1, call) for _, n, call in left if call.heard_at_s is not None]
    return sorted([*left, *heard], key=lambda each: (each[0], each[1] % 2))


def _closed_s(call: Departed) -> float:
    """A date is to the second, and by the clock of the answer's own, which may be ahead; one second less is obeyed."""
    if call.retry_after.isdigit():
        return float(call.retry_after)
    try:
        return (parsedate_to_datetime(call.retry_after) - parsedate_to_datetime(call.date)).total_seconds() - 1.0
    except ValueError:
        return 0.0


def called_by_others(evidence: Evidence) -> Iterator[str]:
    """Nobody calls for a merchant whose partition the group has given to another."""
    world = evidence.world
    history = world.group.history
    at = -1
    for call in _limited(evidence):
        while at + 1 < len(history) and history[at + 1].at_s < call.at_s:
            at += 1
        if at < 0 or not call.merchant_id:
            continue
        partition = home_partition(call.merchant_id.encode(), world.group.partitions)
        owner = next((name for name, held in history[at].partitions.items() if partition in held), "")
        if owner != call.worker:
            yield f"{call.worker} called {call.method} {call.path} for {call.merchant_id} at {call.at_s:.3f}, {owner}'s"


def two_at_once(evidence: Evidence) -> Iterator[str]:
    """One call in flight for a SKU, and for a shipment."""
    flying: dict[tuple[int, str], Departed] = {}
    for call in _limited(evidence):
        for key in _keys(call):
            before = flying.get((call.process, key))
            if before is not None and before.heard_at_s is not None and before.heard_at_s > call.at_s + GRAIN_S:
                until = f"{before.at_s:.3f} to {before.heard_at_s:.3f}"
                yield f"{key}: {before.method} {until}, {call.method} {call.at_s:.3f}"
            flying[call.process, key] = call


def _keys(call: Departed) -> list[str]:
    if call.operation == "inventory":
        uris = [part.partition('"')[0] for part in call.body.split("/inventory/")[1:]]
        return [f"{call.merchant_id} {uri.partition('?')[2]}" for uri in uris]
    parts = call.path.split("/shipments/")
    return [f"{call.merchant_id} {parts[1].partition('/')[0]}"] if len(parts) == 2 else []
