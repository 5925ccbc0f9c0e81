"""A page of a list: asked for, and, unless it told nothing new, onto connector.api-calls."""

from collections.abc import Awaitable, Callable

import msgspec

from connector.agents.api_calls import ApiCalls
from connector.agents.polling.clock import ClockWatch
from connector.agents.polling.pages.news import PageNews
from connector.agents.polling.pages.unchanged import UnchangedLists
from connector.agents.polling.pages.windows import AskedPage, Windows
from connector.domain.outcomes import Accepted
from connector.domain.polling.polls import PolledList, status_of
from connector.domain.polling.windows import Page
from connector.lanes.call import Call, Performed
from connector.lanes.under_way import UnderWay
from connector.smartconnect.lists import PageReport

Ask = Callable[[PolledList, Page], Awaitable[PageReport]]


class PageCalls:
    """`ask` makes the call."""

    def __init__(
        self,
        ask: Ask,
        api_calls: ApiCalls,
        *,
        windows: Windows,
        news: PageNews,
        unchanged: UnchangedLists,
        clock: ClockWatch,
    ) -> None:
        self._ask = ask
        self._api_calls = api_calls
        self._windows = windows
        self._news = news
        self._unchanged = unchanged
        self._clock = clock

    def close(self) -> None:
        """All partitions were given up."""
        self._unchanged.close()

    def prepare(self, poll: PolledList, partition: int, attempt: int) -> Call | None:
        opened = self._windows.open(partition, poll, self._api_calls.now_ms())
        if opened is None:
            return None
        asked, page = opened

        def perform(under_way: UnderWay) -> Awaitable[Performed]:
            return self._perform(poll, partition, asked, page, attempt, under_way)

        return Call((poll.key,), perform)

    async def _perform(
        self, poll: PolledList, partition: int, asked: AskedPage, page: Page, attempt: int, under_way: UnderWay
    ) -> Performed:
        started = self._api_calls.start(under_way)
        report = await self._ask(poll, page)
        under_way.answered(report.outcome, report.rate_limit)
        self._clock.compare(report.answered_at_ms)
        performed, answer = Performed(report.outcome), None
        if isinstance(report.outcome, Accepted):
            news = self._news.of(
                partition,
                poll.merchant_id,
                report.outcome.value,
                sent_at_ms=asked.sent_at_ms,
                worker_ms=self._api_calls.now_ms(),
            )
            if self._unchanged.settle(poll, partition, asked, news, report.rate_limit):
                self._api_calls.count(poll.merchant_id, poll.operation, report)
                return performed
            answer = msgspec.json.encode(news).decode()
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
            answer=answer,
        )
        return performed
