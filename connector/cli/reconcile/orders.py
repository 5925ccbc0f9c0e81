"""Shipments, as a reconcile asks for them."""

from collections.abc import Sequence

from connector.cli.reconcile.subject import TradeSubject
from connector.domain.internal_commands import RereadShipments
from connector.domain.orders.facts.lifecycle import CLOSED, LIFECYCLE
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import ShipmentRow
from connector.domain.polling.polls import PolledList, PollShipments
from connector.domain.reconcile.trade import TradeTerms, compare_order
from connector.domain.reconcile.verdicts import Verdict
from connector.merchants import Merchant
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage


def _shipment_lists(merchant_id: str, *, closed: bool) -> list[PolledList]:
    statuses = [state.status for state in LIFECYCLE if state.closed is closed]
    return [PollShipments(merchant_id, status, 0.0) for status in statuses]


def _listed_shipments(page: ShipmentsPage | ReturnsPage) -> Sequence[Shipment]:
    return page.shipments if isinstance(page, ShipmentsPage) else ()


def _is_order_told(merchant: Merchant, facts: Shipment) -> bool:
    location = merchant.location(facts.location_id)
    return merchant.orders and (location is None or location.orders)


def _compare_order(merchant: Merchant, row: ShipmentRow | None, there: Shipment | None, terms: TradeTerms) -> Verdict:
    place = there.location_id if there is not None else ""
    return compare_order(row, there, terms, is_known_location=not place or merchant.location(place) is not None)


ORDER_SUBJECT: TradeSubject[ShipmentRow, Shipment] = TradeSubject(
    operation="get_shipment",
    read=SmartConnect.get_shipment,
    open_lists=lambda merchant_id: _shipment_lists(merchant_id, closed=False),
    closed_lists=lambda merchant_id: _shipment_lists(merchant_id, closed=True),
    listed=_listed_shipments,
    id_of=lambda facts: facts.shipment_id,
    facts_of=lambda row: row.facts,
    is_open=lambda facts: facts.status not in CLOSED,
    places=lambda facts: frozenset({facts.location_id}),
    is_told=_is_order_told,
    compare=_compare_order,
    reread=RereadShipments,
)
