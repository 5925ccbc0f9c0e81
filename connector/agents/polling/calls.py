"""What a merchant's polling lanes call: the lists that are due, a page a call; every page onto connector.api-calls."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import msgspec

from connector.agents.api_calls import ApiCalls
from connector.agents.polling.api_access import AccessVerdict
from connector.agents.polling.lists import PolledLists
from connector.domain.orders.facts.shipment import Shipment, without_documents
from connector.domain.outcomes import Accepted, Outcome, Refused, Unauthorized, Unavailable
from connector.domain.windows import LISTS, Page, Poll, PollNewReturns, Watermark, open_window
from connector.lanes.lane import Call, Departed, Performed, Prepare
from connector.merchants import Merchant
from connector.smartconnect.lists import PageReport
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.shipments import ShipmentTable, shipment_key
from connector.tables.watermarks import Watermarks

MAX_ANSWER_BYTES = 600_000  # a record must stay below the broker's 1 MB


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Of which list, by which watermark (its `page` is the one asked for), and when."""

    key: str
    opened: Watermark
    sent_at_ms: int


class PollCalls:
    """`ask(poll, page)` makes the call."""

    def __init__(
        self,
        ask: Callable[[Poll, Page], Awaitable[PageReport]],
        lists: PolledLists,
        api_calls: ApiCalls,
        *,
        watermarks: Watermarks,
        shipments: ShipmentTable,
    ) -> None:
        self._ask = ask
        self._lists = lists
        self._api_calls = api_calls
        self._watermarks = watermarks
        self._shipments = shipments

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        return self._lists.open(merchant, partition, self._prepare_of)

    def close(self) -> None:
        """All partitions were given up."""
        self._lists.close()

    def _prepare_of(self, merchant_id: str, partition: int) -> Prepare:
        return lambda due: self._prepare(merchant_id, partition, due)

    def _prepare(self, merchant_id: str, partition: int, due: Sequence[tuple[str, int]]) -> Call | None:
        ((key, attempts),) = due
        poll = self._lists.get(merchant_id, key)
        if poll is None or self._watermarks.is_changing(partition, key):
            return None  # gone from the merchants file; or offered again by who settles it
        opened = open_window(self._watermarks.get(partition, key), self._api_calls.now_ms(), self._lists.window_terms)
        page = opened.page
        rests = self._lists.access.rests(merchant_id, poll.operation)
        if page is None or (self._lists.is_suspended(merchant_id) and rests):
            # The clock went back, or the probe would tell nothing of the merchant's access
            asyncio.get_running_loop().call_later(poll.every_s, self._lists.offer, poll, 0.0)
            return None

        def perform(departed: Departed) -> Awaitable[Performed]:
            return self._perform(poll, partition, opened, page, attempts + 1, departed)

        return Call((key,), perform)

    async def _perform(
        self, poll: Poll, partition: int, opened: Watermark, page: Page, attempt: int, departed: Departed
    ) -> Performed:
        asked = AskedPage(poll.key, opened, self._api_calls.now_ms())
        started = self._api_calls.start(departed)
        report = await self._ask(poll, page)
        status, location_id = ("", "") if isinstance(poll, PollNewReturns) else (poll.status, poll.location_id)
        await self._api_calls.record(
            partition,
            poll.merchant_id,
            poll.operation,
            report,
            attempt,
            started_at=started.at_ms,
            list_location_id=location_id,
            list_status=status,
            kind=status,
            target=location_id,
            asked=msgspec.json.encode(asked).decode(),
            answer=self._answer(partition, poll.merchant_id, report.outcome),
        )
        outcome: Outcome[Any] = report.outcome
        if isinstance(outcome, Accepted):
            self._lists.access.accepted(poll.merchant_id, poll.operation, poll.key)
        elif isinstance(outcome, Unauthorized) and report.sent_at is not None:
            outcome = self._judge(poll, outcome)
        return Performed(outcome, rate_limit_per_s=report.rate_limit)

    def _answer(self, partition: int, merchant_id: str, outcome: Outcome[Any]) -> str | None:
        """Without the shipments that say nothing new (windows overlap), which would only be copied many times over."""
        if not isinstance(outcome, Accepted):
            return None
        page: ShipmentsPage | ReturnsPage = outcome.value
        if isinstance(page, ReturnsPage):
            return msgspec.json.encode(page).decode()
        news = [facts for facts in page.shipments if not self._is_known(partition, merchant_id, facts)]
        return msgspec.json.encode(_bounded(news, page)).decode()

    def _is_known(self, partition: int, merchant_id: str, facts: Shipment) -> bool:
        row = self._shipments.get(partition, shipment_key(merchant_id, facts.shipment_id))
        if row is None or row.facts is None or row.hint is not None:
            return False
        return without_documents(row.facts) == without_documents(facts)

    def _judge(self, poll: Poll, outcome: Unauthorized) -> Outcome[Any]:
        """What the lane is to make of a 403."""
        if self._lists.is_suspended(poll.merchant_id):
            return outcome
        match self._lists.access.refused(poll.merchant_id, poll.operation, poll.key):
            case AccessVerdict.AGAIN:
                return Unavailable(outcome.answer)
            case AccessVerdict.NOT_ENABLED:
                self._lists.rest(poll.merchant_id, poll.operation, self._lists.access.rest_s)
                return Refused(outcome.answer)
            case AccessVerdict.MERCHANT:
                for operation in LISTS:
                    if operation != poll.operation:
                        self._lists.rest(poll.merchant_id, operation, 0.0)
                return outcome
            case verdict:
                assert_never(verdict)


def _bounded(news: Sequence[Shipment], page: ShipmentsPage) -> ShipmentsPage:
    """What does not fit into a record, or has documents to be stored, is only named: each is then read by itself, as an
    unreadable one is."""
    kept: list[Shipment] = []
    named, size = list(page.unreadable_ids), 0
    for facts in news:
        size += 0 if facts.has_documents else len(msgspec.json.encode(facts))
        if facts.has_documents or size > MAX_ANSWER_BYTES:
            named.append(facts.shipment_id)
        else:
            kept.append(facts)
    return ShipmentsPage(tuple(kept), page.next_token, tuple(named), page.unread)
