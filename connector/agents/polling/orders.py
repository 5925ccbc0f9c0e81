"""Shipments that lists showed: into their rows, where their location's orders are told."""

from collections.abc import Sequence

from connector.agents.incoming import Incoming
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.agents.polling.answers import AnsweredPage
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.locations import OrderLocations, OrdersOf
from connector.agents.polling.rows import RowEdit
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.polling.alerts import unknown_location_key
from connector.domain.polling.windows import Watermark
from connector.domain.unread import UnreadFact
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.shipments import shipment_key
from connector.telemetry.counter import MerchantCounter


class ListedOrders:
    """`found_by_sweep`: counts what no poll could find, by merchant and kind."""

    def __init__(
        self,
        incoming: Incoming,
        shipments: ShipmentEdits,
        lists: PolledLists,
        *,
        locations: OrderLocations,
        found_by_sweep: MerchantCounter,
    ) -> None:
        self._incoming = incoming
        self._shipments = shipments
        self._lists = lists
        self._locations = locations
        self._found_by_sweep = found_by_sweep

    async def apply(self, edit: RowEdit, answered: Sequence[AnsweredPage], now_ms: int) -> None:
        """`now_ms`: by the worker's clock, which the shipments' rows go by."""
        self._end_alarms(edit)
        pages = [(each, each.listed) for each in answered if isinstance(each.listed, ShipmentsPage)]
        if not any(page.shipments or page.unreadable for _, page in pages):
            return
        async with self._shipments.editing(edit.partition, now_ms) as shipments:
            for each, page in pages:
                unread = {
                    f"shipment {facts.shipment_id}": told
                    for facts in page.shipments
                    if (told := self._observe(edit, shipments, each, facts))
                }
                if unread:
                    shipments.publish([self._incoming.unread_letter(each.received.record, unread)])
                for item in page.unreadable:
                    shipments.hint(each.merchant_id, item.object_id, "")

    def _observe(
        self, edit: RowEdit, shipments: ShipmentEdit, each: AnsweredPage, facts: Shipment
    ) -> Sequence[UnreadFact]:
        """What of it could not be read, where that is news."""
        merchant_id = each.merchant_id
        key = shipment_key(merchant_id, facts.shipment_id)
        before = shipments.row(key)
        match self._locations.of(merchant_id, facts.location_id):
            case OrdersOf.OFF:
                return ()
            case OrdersOf.UNKNOWN if before is None:
                self._alarm(edit, merchant_id, facts.location_id)
                return ()
            case _:
                unread = shipments.observe(merchant_id, facts, Via.POLL, each.asked.sent_at_ms)
        after, poll = shipments.row(key), self._lists.get(merchant_id, each.asked.key)
        if after is not None:
            self._lists.show(before, after)
        if poll is not None and poll.is_sweep and after != before:
            polled = edit.get(each.asked.key.removesuffix("|sweep"))
            overlap_ms = self._lists.window_terms.overlap_ms
            if polled is not None and facts.last_updated_at_ms < polled.settled_ms - overlap_ms:
                self._found_by_sweep.add(merchant_id, "orders")
        return unread

    def _alarm(self, edit: RowEdit, merchant_id: str, location_id: str) -> None:
        """Once: orders of a location of which nobody has said whether it is ours are not told."""
        if (merchant_id, location_id) not in self._locations.alarmed:
            self._locations.alarmed.add((merchant_id, location_id))
            edit.put(unknown_location_key(merchant_id, location_id), Watermark(edit.now_ms))

    def _end_alarms(self, edit: RowEdit) -> None:
        """Locations that entered the merchants file."""
        for merchant_id, location_id in tuple(self._locations.alarmed):
            key = unknown_location_key(merchant_id, location_id)
            known = self._locations.of(merchant_id, location_id) is not OrdersOf.UNKNOWN
            if known and edit.get(key) is not None:
                self._locations.alarmed.discard((merchant_id, location_id))
                edit.delete(key)
