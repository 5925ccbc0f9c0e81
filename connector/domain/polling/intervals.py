"""How long until a merchant's orders are polled again: seldom while its notifications are proven to arrive (G8).

A change of a shipment's state is told by a notification and shown by a list. Each one of which a notification told,
before a list showed it or shortly after, doubles the interval. A list that shows one untold ends that at once: until
its notification comes after all, orders are polled as often as the merchants file says; and if it does not come, all
that was proven is void. So are proofs that are old: who has no orders may have no notifications either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from connector.domain.orders.row import ShipmentRow

LATE_S = 60.0
"""Amazon's notifications come within seconds, mostly: by so much one may come after a list showed what it tells."""

PROOF_LASTS_S = 3600.0
MOST_UNTOLD = 100
"""So many at once are no lag."""


@dataclass(frozen=True, slots=True)
class Untold:
    """A list showed the shipment in this status, at a time of the caller's clock, and no notification had told so."""

    shipment_id: str
    status: str
    shown_at: float


@dataclass(frozen=True, slots=True)
class Proof:
    """What a merchant's notifications have shown. `told`: changes in a row that had one, the last at `told_at`.

    `untold`: those that may still get theirs. Times are seconds of one clock, and so is `now` in all of this.
    """

    told: int = 0
    told_at: float = -inf
    untold: Sequence[Untold] = ()


UNPROVEN = Proof()


def count_told(proof: Proof, now: float) -> Proof:
    """A notification told of a change that nobody knew."""
    proof = _at(proof, now)
    return replace(proof, told=proof.told + 1, told_at=now)


def take_notification(proof: Proof, shipment_id: str, status: str, now: float) -> Proof:
    """One that a list had been ahead of proves as much. Of others nothing is known yet."""
    proof = _at(proof, now)
    left = tuple(each for each in proof.untold if (each.shipment_id, each.status) != (shipment_id, status))
    return proof if len(left) == len(proof.untold) else count_told(replace(proof, untold=left), now)


def take_untold(proof: Proof, shipment_id: str, status: str, now: float) -> Proof:
    """A list, of a poll or a sweep, shows what no notification has told."""
    proof = _at(proof, now)
    if any((each.shipment_id, each.status) == (shipment_id, status) for each in proof.untold):
        return proof
    if len(proof.untold) >= MOST_UNTOLD:
        return UNPROVEN
    return replace(proof, untold=(*proof.untold, Untold(shipment_id, status, now)))


def interval_s(proof: Proof, now: float, often_s: float, slowest_s: float) -> float:
    """From `often_s`, as configured, to `slowest_s`; never shorter than `often_s`."""
    proof = _at(proof, now)
    if proof.untold:
        return often_s
    return max(often_s, min(slowest_s, often_s * 2.0 ** min(proof.told, 16)))


def _at(proof: Proof, now: float) -> Proof:
    """Without what has become void by now."""
    if proof is UNPROVEN:
        return proof
    waiting = tuple(each for each in proof.untold if now - each.shown_at <= LATE_S)
    is_void = len(waiting) < len(proof.untold) or now - proof.told_at > PROOF_LASTS_S
    return Proof(untold=waiting) if is_void else proof


def has_new_status(before: ShipmentRow | None, after: ShipmentRow) -> bool:
    """The shipment is in another state than was known."""
    known = before.facts.status if before and before.facts else ""
    return after.facts is not None and after.facts.status != known


def was_notified(before: ShipmentRow | None, after: ShipmentRow) -> bool:
    """A notification had told of exactly this state: hints of others name none."""
    told = before.hint.status if before and before.hint else ""
    return after.facts is not None and after.facts.status == told
