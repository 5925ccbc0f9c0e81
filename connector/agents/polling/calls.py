"""What a merchant's polling lanes call: the lists that are due, a page a call; every page onto connector.api-calls."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from prometheus_client import Counter

from connector.agents.api_calls import ApiCalls
from connector.agents.polling.clock import ClockWatch
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.news import PageNews
from connector.agents.polling.rows import Recovery
from connector.agents.returns.reads import ReadCalls
from connector.agents.returns.refreshes import refreshed_return
from connector.domain.outcomes import Accepted
from connector.domain.polling.polls import (
    Poll,
    PolledList,
    PollNewReturns,
    ReadReturns,
    at_location,
    is_by_location_alone,
    status_of,
)
from connector.domain.polling.windows import Page, Watermark, is_ahead, open_sweep, open_window
from connector.lanes.lane import Call, Performed, Prepare
from connector.lanes.under_way import UnderWay
from connector.merchants import Merchant
from connector.smartconnect.lists import PageReport
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.watermarks import Watermarks

Ask = Callable[[PolledList, Page], Awaitable[PageReport]]

KINDS = ("orders", "returns")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Of which list, by which watermark (its `page` is the one asked for), and when by this worker's clock.

    `from_ms`: what was settled before, where the window was set back; None: the same as `opened`'s.
    """

    key: str
    opened: Watermark
    sent_at_ms: int
    from_ms: int | None = None


class PollCalls:
    """The polling lanes of each merchant."""

    def __init__(
        self,
        lists: PolledLists,
        recovery: Recovery,
        *,
        pages: "PageCalls",
        reads: ReadCalls,
        found_by_sweep: Counter,
    ) -> None:
        self._lists = lists
        self._recovery = recovery
        self._pages = pages
        self._reads = reads
        self._found_by_sweep = found_by_sweep

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        yield from self._recovery.read(partition, merchant.merchant_id)
        for kind in KINDS:
            self._found_by_sweep.labels(merchant.merchant_id, kind)  # there from the start, at 0
        yield from self._lists.open(merchant, partition, self._prepare_of)
        self._reads.open(merchant.merchant_id)

    def close(self) -> None:
        """All partitions were given up."""
        self._lists.close()
        self._recovery.close()

    def _prepare_of(self, merchant_id: str, partition: int) -> Prepare:
        return lambda due: self._prepare(merchant_id, partition, due)

    def _prepare(self, merchant_id: str, partition: int, due: Sequence[tuple[str, int]]) -> Call | None:
        ((key, attempts),) = due
        if (return_id := refreshed_return(key)) is not None:
            return self._reads.prepare_refresh(merchant_id, partition, return_id, key, attempts + 1)
        poll = self._lists.get(merchant_id, key)
        if poll is None:
            return None
        if poll.is_sweep and (wait_s := self._lists.sweep_wait_s(poll)) > 0:
            self._offer_later(poll, wait_s)  # its share of the lane is used up
            return None
        if not isinstance(poll, ReadReturns):
            return self._pages.prepare(poll, partition, attempts + 1)
        return self._reads.prepare(merchant_id, partition, key, attempts + 1)

    def _offer_later(self, poll: Poll, wait_s: float) -> None:
        """The lane drops a key for which nothing is called, once that is said."""
        asyncio.get_running_loop().call_soon(self._lists.offer, poll, wait_s)


class PageCalls:
    """`ask` makes the call."""

    def __init__(
        self,
        ask: Ask,
        lists: PolledLists,
        api_calls: ApiCalls,
        *,
        watermarks: Watermarks,
        news: PageNews,
        clock: ClockWatch,
    ) -> None:
        self._ask = ask
        self._lists = lists
        self._api_calls = api_calls
        self._watermarks = watermarks
        self._news = news
        self._clock = clock

    def prepare(self, poll: PolledList, partition: int, attempt: int) -> Call | None:
        if self._watermarks.is_changing(partition, poll.key):
            return None  # offered again by who settles it
        asked, page = self._open(partition, poll)

        def perform(under_way: UnderWay) -> Awaitable[Performed]:
            return self._perform(poll, partition, asked, page, attempt, under_way)

        return Call((poll.key,), perform)

    def _open(self, partition: int, poll: PolledList) -> tuple[AskedPage, Page]:
        row = self._watermarks.get(partition, poll.key) or self._inherited(partition, poll)
        now_ms, terms, scope = self._clock.now_ms(), self._lists.window_terms, self._lists.scope(poll)
        if poll.is_sweep:
            after_ms = now_ms - terms.look_back_ms if isinstance(poll, PollNewReturns) else 0
            opened, page = open_sweep(row, now_ms, scope, after_ms=after_ms)
        else:
            opened, page = open_window(row, now_ms, terms, scope)
        if row is not None and is_ahead(row, now_ms) and not poll.is_sweep:
            ahead_s = (row.settled_ms - now_ms) // 1000
            log.error("a watermark lies in the future: set back", extra={"list": poll.key, "ahead_s": ahead_s})
        from_ms = None if row is None else row.settled_ms
        return AskedPage(poll.key, opened, self._api_calls.now_ms(), from_ms), page

    def _inherited(self, partition: int, poll: PolledList) -> Watermark | None:
        """Where a list of one location goes on from that of the whole merchant, and the other way round: version 0.1
        asked for each location."""
        if poll.is_sweep or is_by_location_alone(poll):
            return None
        others = [at_location(poll, "")] if poll.location_id else list(self._lists.parts(poll))
        rows = [row for other in others if (row := self._watermarks.get(partition, other.key)) is not None]
        return Watermark(min(row.settled_ms for row in rows)) if rows else None

    async def _perform(
        self, poll: PolledList, partition: int, asked: AskedPage, page: Page, attempt: int, under_way: UnderWay
    ) -> Performed:
        started = self._api_calls.start(under_way)
        report = await self._ask(poll, page)
        under_way.answered(report.outcome)
        self._clock.compare(report.answered_at_ms)
        status, location_id = status_of(poll), poll.location_id
        await self._api_calls.record(
            partition,
            poll.merchant_id,
            poll.operation,
            report,
            attempt,
            started_at=started.at_ms,
            answered_at=report.answered_at_ms,
            list_location_id=location_id,
            list_status=status,
            kind=status,
            target=location_id,
            asked=msgspec.json.encode(asked).decode(),
            answer=self._answer(partition, poll.merchant_id, report),
        )
        return Performed(report.outcome, rate_limit_per_s=report.rate_limit)

    def _answer(self, partition: int, merchant_id: str, report: PageReport) -> str | None:
        if not isinstance(report.outcome, Accepted):
            return None
        page = report.outcome.value
        if isinstance(page, ShipmentsPage):
            return msgspec.json.encode(self._news.of_shipments(partition, merchant_id, page)).decode()
        return msgspec.json.encode(self._news.of_returns(partition, merchant_id, page)).decode()
