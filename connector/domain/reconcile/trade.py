"""One shipment, or one return: its row against what Amazon shows of it by itself. None: one side has it not."""

from dataclasses import dataclass

from connector.domain.orders.announcements import may_be_forgotten
from connector.domain.orders.arrivals import is_outdated
from connector.domain.orders.facts.lifecycle import CLOSED
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import Rules, ShipmentRow
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.reconcile.verdicts import JUST_CHANGED, Agrees, Drift, Moving, Shown, Verdict
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return

UNDER_WAY = "a command or a reading of it is under way"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeTerms:
    """`now_ms`: Amazon's time. What changed there within `grace_ms` may be on its way here: polls have their interval.

    `kept_ms`: for how long rows are kept after nothing more is expected, None for ever.
    """

    now_ms: int
    grace_ms: int
    kept_ms: int | None = None


def compare_order(
    row: ShipmentRow | None, there: Shipment | None, terms: TradeTerms, *, is_known_location: bool = True
) -> Verdict:
    """`is_known_location`: the merchants file has that of `there`."""
    here = row.facts if row is not None else None
    if here is not None and there is not None and here.status == there.status:
        return Agrees()
    if there is None and (here is None or here.status in CLOSED):
        return Agrees()  # Amazon need not keep what is over
    if here is None and there is not None:
        if may_be_forgotten(there, Rules(kept_ms=terms.kept_ms), terms.now_ms):
            return Agrees()
        if not is_known_location:
            return Drift(DriftKind.UNKNOWN_LOCATION, {}, _order(there))
    if row is not None and (row.queue or row.hint is not None or row.in_doubt):
        return Moving(UNDER_WAY)
    if there is None:
        return Drift(DriftKind.UNKNOWN_THERE, _order(here), {})
    if there.last_updated_at_ms > terms.now_ms - terms.grace_ms:
        return Moving(JUST_CHANGED)
    if row is None or here is None:
        return Drift(DriftKind.MISSING_HERE, {}, _order(there))
    kind = DriftKind.NOT_ADOPTED if is_outdated(row, here, there) else DriftKind.OUTDATED_HERE
    return Drift(kind, _order(here), _order(there))


def compare_return(row: ReturnRow | None, there: Return | None, terms: TradeTerms) -> Verdict:
    """Of a place that the merchants file does not have, too: returns may come to any."""
    here = row.facts if row is not None else None
    if here is not None and there is not None and here.status == there.status:
        return Agrees()
    if there is None:
        return Agrees() if here is None or here.is_final else Drift(DriftKind.UNKNOWN_THERE, _return(here), {})
    if there.last_updated_at_ms > terms.now_ms - terms.grace_ms:
        return Moving(JUST_CHANGED)
    if here is None:
        return Drift(DriftKind.MISSING_HERE, {}, _return(there))
    is_older = there.last_updated_at_ms < here.last_updated_at_ms
    return Drift(DriftKind.NOT_ADOPTED if is_older else DriftKind.OUTDATED_HERE, _return(here), _return(there))


def _order(facts: Shipment | None) -> Shown:
    if facts is None:
        return {}
    return {"status": facts.status, "order_id": facts.order_id, "location_id": facts.location_id}


def _return(facts: Return) -> Shown:
    return {"status": facts.status, "rma_id": facts.rma_id, "shipment_id": facts.shipment_id}
