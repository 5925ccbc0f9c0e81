"""What of a list's page is new: windows overlap, so most of it is known, and would only be copied many times over."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from connector.agents.polling.locations import OrderLocations, OrdersOf
from connector.agents.returns.queue import ReadQueue
from connector.domain.orders.arrivals import is_told_by_our_calls
from connector.domain.orders.facts.shipment import Shipment, without_documents
from connector.domain.polling.alerts import return_read_key
from connector.domain.polling.windows import Watermark
from connector.domain.returns.facts import Return
from connector.domain.unread import UnreadableItem
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.returns import Returns, return_key
from connector.tables.shipments import ShipmentTable, shipment_key
from connector.tables.watermarks import Watermarks

MAX_ANSWER_BYTES = 600_000  # a record must stay below the broker's 1 MB
MAX_REMEMBERED = 10_000
STILL_LISTED_MS = 60 * 60_000  # how often it is told of a return that can't be read

T = TypeVar("T")


class PageNews:
    """Remembers which unreadable items it has told of, so that each version of one is read by itself once. `now_ms`:
    Amazon's time."""

    def __init__(
        self,
        shipments: ShipmentTable,
        returns: Returns,
        *,
        locations: OrderLocations,
        reads: ReadQueue,
        watermarks: Watermarks,
        now_ms: Callable[[], int],
    ) -> None:
        self._shipments = shipments
        self._returns = returns
        self._locations = locations
        self._reads = reads
        self._watermarks = watermarks
        self._now_ms = now_ms
        self._told: set[tuple[str, UnreadableItem]] = set()

    def of(
        self, partition: int, merchant_id: str, page: ShipmentsPage | ReturnsPage, *, sent_at_ms: int, worker_ms: int
    ) -> ShipmentsPage | ReturnsPage:
        """The page without what is known. `sent_at_ms`: when it was asked for, by the worker's clock, which says
        `worker_ms` now."""
        if isinstance(page, ShipmentsPage):
            return self._of_shipments(partition, merchant_id, page, sent_at_ms, worker_ms)
        return self._of_returns(partition, merchant_id, page)

    def _of_shipments(
        self, partition: int, merchant_id: str, page: ShipmentsPage, sent_at_ms: int, worker_ms: int
    ) -> ShipmentsPage:
        """Also without orders that are not to be told. What does not fit into a record, or has documents, is only
        named: it is read by itself, as an unreadable one is."""
        news = [
            facts
            for facts in page.shipments
            if self._is_new_shipment(partition, merchant_id, facts, sent_at_ms, worker_ms)
        ]
        small = [facts for facts in news if not facts.has_documents]  # which are to be stored
        kept, rest = _fitting(small, _named_shipment)
        stored = (_named_shipment(facts) for facts in news if facts.has_documents)
        unreadable = (*self._untold(merchant_id, page.unreadable), *rest, *stored)
        return replace(page, shipments=kept, unreadable=unreadable)

    def _of_returns(self, partition: int, merchant_id: str, page: ReturnsPage) -> ReturnsPage:
        news = [facts for facts in page.returns if self._is_new_return(partition, merchant_id, facts)]
        kept, rest = _fitting(news, lambda facts: UnreadableItem(facts.return_id, str(facts.last_updated_at_ms)))
        untold = self._untold(merchant_id, page.unreadable)
        listed = (item for item in page.unreadable if self._is_listed_news(partition, merchant_id, item.object_id))
        return replace(page, returns=kept, unreadable=tuple(dict.fromkeys((*untold, *listed, *rest))))

    def _is_new_shipment(
        self, partition: int, merchant_id: str, facts: Shipment, sent_at_ms: int, worker_ms: int
    ) -> bool:
        row = self._shipments.get(partition, shipment_key(merchant_id, facts.shipment_id))
        match self._locations.of(merchant_id, facts.location_id):
            case OrdersOf.OFF:
                return False
            case OrdersOf.UNKNOWN if row is None:
                return (merchant_id, facts.location_id) not in self._locations.alarmed
            case _:
                if row is None or row.facts is None or row.hint is not None:
                    return True
                if is_told_by_our_calls(row, facts, sent_at_ms=sent_at_ms, now_ms=worker_ms):
                    return False
                return without_documents(row.facts) != without_documents(facts)

    def _is_new_return(self, partition: int, merchant_id: str, facts: Return) -> bool:
        if self._unread(partition, merchant_id, facts.return_id) is not None:
            return True  # this reads it
        row = self._returns.get(partition, return_key(merchant_id, facts.return_id))
        if row is not None and (facts == row.facts or facts.last_updated_at_ms < row.facts.last_updated_at_ms):
            if not row.facts.is_final:
                self._reads.follow(merchant_id, facts.return_id)
            return False
        return True

    def _is_listed_news(self, partition: int, merchant_id: str, return_id: str) -> bool:
        """It is known that it can't be read, but not that it is listed still."""
        row = self._unread(partition, merchant_id, return_id)
        return row is not None and self._now_ms() - row.settled_ms >= STILL_LISTED_MS

    def _unread(self, partition: int, merchant_id: str, return_id: str) -> Watermark | None:
        """The row of a return whose own reading fails."""
        row = self._watermarks.get(partition, return_read_key(merchant_id, return_id))
        return row if row is not None and row.trouble is not None else None

    def _untold(self, merchant_id: str, items: Sequence[UnreadableItem]) -> list[UnreadableItem]:
        fresh = [item for item in items if (merchant_id, item) not in self._told]
        if len(self._told) > MAX_REMEMBERED:
            self._told.clear()
        self._told.update((merchant_id, item) for item in fresh)
        return fresh


def _named_shipment(facts: Shipment) -> UnreadableItem:
    return UnreadableItem(facts.shipment_id, str(facts.last_updated_at_ms))


def _fitting(
    news: Sequence[T], named: Callable[[T], UnreadableItem]
) -> tuple[tuple[T, ...], tuple[UnreadableItem, ...]]:
    """What fits into a record, and the names of the rest."""
    size = 0
    for number, facts in enumerate(news):
        size += len(msgspec.json.encode(facts))
        if size > MAX_ANSWER_BYTES:
            return tuple(news[:number]), tuple(map(named, news[number:]))
    return tuple(news), ()
