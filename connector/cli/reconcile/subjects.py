"""Shipments and returns, as a reconcile asks for them."""

from collections.abc import Sequence

from connector.agents.merchants.known import KnownMerchants
from connector.agents.returns.flows import is_told
from connector.cli.reconcile.trade import TradeSubject
from connector.domain.internal_commands import RereadReturns, RereadShipments
from connector.domain.orders.facts.lifecycle import CLOSED, LIFECYCLE
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import ShipmentRow
from connector.domain.polling.polls import OPEN_RETURNS, PolledList, PollReturns, PollShipments
from connector.domain.reconcile.trade import TradeTerms, compare_order, compare_return
from connector.domain.reconcile.verdicts import Verdict
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return
from connector.merchants import Merchant, Merchants
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage


def _shipment_lists(merchant_id: str, *, closed: bool) -> list[PolledList]:
    statuses = [state.status for state in LIFECYCLE if state.closed is closed]
    return [PollShipments(merchant_id, status, 0.0) for status in statuses]


def _return_lists(merchant_id: str) -> list[PolledList]:
    return [PollReturns(merchant_id, status, 0.0) for status in OPEN_RETURNS]


def _listed_shipments(page: ShipmentsPage | ReturnsPage) -> Sequence[Shipment]:
    return page.shipments if isinstance(page, ShipmentsPage) else ()


def _listed_returns(page: ShipmentsPage | ReturnsPage) -> Sequence[Return]:
    return page.returns if isinstance(page, ReturnsPage) else ()


def _is_order_told(merchant: Merchant, facts: Shipment) -> bool:
    location = merchant.location(facts.location_id)
    return merchant.orders and (location is None or location.orders)


def _is_return_told(merchant: Merchant, facts: Return) -> bool:
    return is_told(KnownMerchants(lambda: Merchants({merchant.merchant_id: merchant})), merchant.merchant_id, facts)


def _compare_order(merchant: Merchant, row: ShipmentRow | None, there: Shipment | None, terms: TradeTerms) -> Verdict:
    place = there.location_id if there is not None else ""
    return compare_order(row, there, terms, is_known_location=not place or merchant.location(place) is not None)


def _compare_return(_: Merchant, row: ReturnRow | None, there: Return | None, terms: TradeTerms) -> Verdict:
    return compare_return(row, there, terms)


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

RETURN_SUBJECT: TradeSubject[ReturnRow, Return] = TradeSubject(
    operation="returns",
    read=SmartConnect.get_return,
    open_lists=_return_lists,
    closed_lists=lambda _: (),
    listed=_listed_returns,
    id_of=lambda facts: facts.return_id,
    facts_of=lambda row: row.facts,
    is_open=lambda facts: not facts.is_final,
    places=lambda facts: facts.locations,
    is_told=_is_return_told,
    compare=_compare_return,
    reread=RereadReturns,
)
