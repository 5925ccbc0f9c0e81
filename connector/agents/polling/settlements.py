"""What polled lists showed: shipments and returns first, then the watermark; what a crash leaves out is asked again."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.agents.incoming import Incoming, Received
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.outbox import Outbox
from connector.agents.polling.calls import AskedPage
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.returns import ReturnSettlements
from connector.domain.orders.events import Via
from connector.domain.outcomes import ACCEPTED, FINAL
from connector.domain.windows import LIST_RETURNS, LIST_SHIPMENTS, LISTS, Page, Watermark, drop_window, settle_page
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.merchants import OPERATIONS
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.watermarks import Watermarks

REFUSED_WAIT_S = 60.0

log = logging.getLogger(__name__)

_PAGES: Mapping[str, type[ShipmentsPage] | type[ReturnsPage]] = {
    LIST_SHIPMENTS: ShipmentsPage,
    LIST_RETURNS: ReturnsPage,
}


@dataclass(frozen=True, slots=True)
class Answered:
    """`listed` None: Amazon refused the page."""

    received: Received
    asked: AskedPage
    page: Page
    listed: ShipmentsPage | ReturnsPage | None

    @property
    def merchant_id(self) -> str:
        return str(self.received.value["merchant_id"])


class PollingSettlements:
    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        lists: PolledLists,
        *,
        shipments: ShipmentEdits,
        returns: ReturnSettlements,
        watermarks: Watermarks,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._lists = lists
        self._shipments = shipments
        self._returns = returns
        self._watermarks = watermarks
        self._shells_told: set[tuple[str, str]] = set()

    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None:
        """All calls of the partition: any that Amazon accepted tells that the merchant's access as such is good."""
        aside: list[OutRecord] = []
        answered: list[Answered] = []
        for received in api_calls:
            call = received.value
            if call["operation"] not in LISTS:
                if call["outcome"] == ACCEPTED and call["operation"] in OPERATIONS:
                    self._lists.access.accepted(call["merchant_id"], call["operation"])
            elif call["outcome"] in FINAL:
                try:
                    answered.append(_read(received))
                except BadRecord as fault:
                    aside.append(self._incoming.dead_letter(received.record, fault))
        aside.extend(self._shells(answered))
        await self._outbox.send(aside)
        await self._settle_shipments(partition, answered, now_ms)
        await self._settle_returns(partition, answered, now_ms)
        await self._move(partition, answered)

    def _shells(self, answered: Sequence[Answered]) -> Iterator[OutRecord]:
        """What has no id to be read by, once a run, though every window that overlaps shows it again."""
        for each in answered:
            shells = each.listed.unread if each.listed else ()
            fresh = [shell for shell in shells if (each.merchant_id, shell.raw) not in self._shells_told]
            self._shells_told.update((each.merchant_id, shell.raw) for shell in fresh)
            if fresh:
                yield self._incoming.unread_letter(each.received.record, {f"list {each.asked.key}": fresh})

    async def _settle_shipments(self, partition: int, answered: Sequence[Answered], now_ms: int) -> None:
        pages = [(each, each.listed) for each in answered if isinstance(each.listed, ShipmentsPage)]
        if not any(page.shipments or page.unreadable_ids for _, page in pages):
            return
        async with self._shipments.editing(partition, now_ms) as edit:
            for each, page in pages:
                unread = {
                    f"shipment {facts.shipment_id}": told
                    for facts in page.shipments
                    if (told := edit.observe(each.merchant_id, facts, Via.POLL, each.asked.sent_at_ms))
                }
                if unread:
                    edit.publish([self._incoming.unread_letter(each.received.record, unread)])
                for shipment_id in page.unreadable_ids:
                    edit.hint(each.merchant_id, shipment_id, "")

    async def _settle_returns(self, partition: int, answered: Sequence[Answered], now_ms: int) -> None:
        pages = [(each.received, each.listed) for each in answered if isinstance(each.listed, ReturnsPage)]
        if any(page.returns or page.unreadable_ids for _, page in pages):
            await self._returns.apply(partition, pages, now_ms)

    async def _move(self, partition: int, answered: Sequence[Answered]) -> None:
        async with self._watermarks.lock(partition):
            rows: dict[str, Watermark | None] = {}
            for each in answered:
                key = each.asked.key
                rows[key] = _moved(rows.get(key) or self._watermarks.get(partition, key), each)
            await self._watermarks.write(partition, rows)
        for each in answered:
            self._lists.settle(each.merchant_id, each.asked.key, self._wait_s(partition, each))

    def _wait_s(self, partition: int, each: Answered) -> float | None:
        row = self._watermarks.get(partition, each.asked.key)
        if row is not None and row.page is not None:
            return 0.0
        if each.listed is not None:
            return None
        call = each.received.value
        log.warning(
            "Amazon refuses a list",
            extra={"merchant": each.merchant_id, "list": each.asked.key, "code": call["code"]},
        )
        return 0.0 if each.page.token else REFUSED_WAIT_S  # a page's token may only have expired


def _read(received: Received) -> Answered:
    call: Mapping[str, Any] = received.value
    try:
        asked = msgspec.json.decode(call["asked"] or "", type=AskedPage)
        listed = None
        if call["outcome"] == ACCEPTED:
            listed = msgspec.json.decode(call["answer"] or "", type=_PAGES[call["operation"]])
    except msgspec.MsgspecError:
        raise BadRecord("INVALID", "asked, answer: no list's, or another version's") from None
    if asked.opened.page is None:
        raise BadRecord("INVALID", "asked: it names no page")
    return Answered(received, asked, asked.opened.page, listed)


def _moved(row: Watermark | None, each: Answered) -> Watermark:
    """A window is opened by its first page's outcome; that of a window closed long ago changes nothing."""
    if row is None or (row.page is None and row.settled_ms == each.asked.opened.settled_ms):
        row = each.asked.opened
    if each.listed is None:
        return drop_window(row, each.page)
    return settle_page(row, each.page, each.listed.next_token)
