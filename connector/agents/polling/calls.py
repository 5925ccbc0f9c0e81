"""What a merchant's polling lanes call: the lists that are due, one page a call; every page onto connector.api-calls.

The lanes are the timers: a list whose page is settled is offered again, to wait until it is due. `list_shipments` and
`returns` are paced apart from the calls that fetch and work orders, so that polling takes nothing from those.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

import msgspec

from connector.agents.api_calls import ApiCalls
from connector.agents.polling.api_access import AccessVerdict, ApiAccess
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.outcomes import Accepted, Outcome, Refused, Unauthorized, Unavailable
from connector.domain.windows import Page, Watermark, WindowTerms, open_window
from connector.intake.polling import LIST_SHIPMENTS, LISTS, Poll, polls_of, returns_updated
from connector.lanes.lane import Call, Departed, Performed
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.settings import PollingSettings
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import tell_departure
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.returns import Returns, return_locations
from connector.tables.shipments import ShipmentTable, shipment_key
from connector.tables.watermarks import Watermarks

MAX_ANSWER_BYTES = 600_000  # a record must stay below the broker's 1 MB
RANK = 0


class ListApi(Protocol):
    async def get_shipments(
        self,
        merchant_id: str,
        status: str,
        *,
        updated_after_ms: int | None = None,
        updated_before_ms: int | None = None,
        location_id: str = "",
        page_token: str = "",
    ) -> CallReport[ShipmentsPage]: ...

    async def list_returns(
        self,
        merchant_id: str,
        *,
        return_location_id: str = "",
        status: str = "",
        created_since_ms: int | None = None,
        created_until_ms: int | None = None,
        updated_since_ms: int | None = None,
        updated_until_ms: int | None = None,
        page_token: str = "",
    ) -> CallReport[ReturnsPage]: ...


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Of which list, by which watermark (its `page` is the one asked for), and when."""

    key: str
    opened: Watermark
    sent_at_ms: int


class Polling:
    def __init__(
        self,
        api: ListApi,
        watermarks: Watermarks,
        lanes: Lanes,
        api_calls: ApiCalls,
        api_access: ApiAccess,
        settings: PollingSettings,
        shipments: ShipmentTable,
        returns: Returns,
        now_ms: Callable[[], int],
    ) -> None:
        self._api = api
        self._watermarks = watermarks
        self._lanes = lanes
        self._api_calls = api_calls
        self._api_access = api_access
        self._settings = settings
        self._shipments = shipments
        self._returns = returns
        self._now_ms = now_ms
        self._terms = WindowTerms(
            overlap_ms=round(settings.overlap_s * 1000),
            lag_ms=round(settings.lag_s * 1000),
            look_back_ms=round(settings.look_back_s * 1000),
        )
        self._merchants: dict[str, Merchant] = {}
        self._polls: dict[str, dict[str, Poll]] = {}

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        """Also where nothing may be sent (mode observe): lists change nothing."""
        locations = return_locations(self._returns, partition, merchant.merchant_id)
        polls = {poll.key: poll for poll in polls_of(merchant, locations, self._settings.slow_interval_s)}
        self._merchants[merchant.merchant_id], self._polls[merchant.merchant_id] = merchant, polls
        for operation in LISTS:
            limit = merchant.limits.of(operation)
            self._lanes.open(
                merchant.merchant_id,
                operation,
                lambda due: self._prepare(merchant.merchant_id, partition, due),
                rate=limit.rate,
                burst=limit.burst,
                standing=True,
            )
        for poll in polls.values():
            self._offer(poll, 0.0)
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self._merchants.clear()
        self._polls.clear()
        self._api_access.clear()

    def settle(self, merchant_id: str, key: str, wait_s: float | None) -> None:
        """The page's outcome is in the tables. `wait_s` None: until the list is due again."""
        poll = self._polls.get(merchant_id, {}).get(key)
        if poll is not None:
            self._offer(poll, poll.every_s if wait_s is None else wait_s)

    def learn(self, merchant_id: str, location_id: str) -> None:
        """Returns go to this location: what becomes of them is asked there, too."""
        polls = self._polls.get(merchant_id)
        if polls is None:
            return
        for poll in returns_updated(self._merchants[merchant_id], location_id, self._settings.slow_interval_s):
            if poll.key not in polls:
                polls[poll.key] = poll
                self._offer(poll, 0.0)

    def _offer(self, poll: Poll, wait_s: float) -> None:
        lane = self._lanes.lane(poll.merchant_id, poll.operation)
        if lane is not None:
            lane.settle(poll.key, (RANK, self._now_ms() + round(wait_s * 1000)), wait_s)

    def _prepare(self, merchant_id: str, partition: int, due: Sequence[tuple[str, int]]) -> Call | None:
        ((key, attempts),) = due
        poll = self._polls.get(merchant_id, {}).get(key)
        if poll is None or self._watermarks.is_changing(partition, key):
            return None  # gone from the merchants file; or offered again by who settles it
        page = (opened := open_window(self._watermarks.get(partition, key), self._now_ms(), self._terms)).page
        access = self._lanes.access(merchant_id)
        rests = f"{merchant_id}|{poll.operation}" in self._api_access.not_enabled
        if page is None or (access is not None and access.suspended and rests):
            # The clock went back, or the probe would tell nothing of the merchant's access
            asyncio.get_running_loop().call_later(poll.every_s, self._offer, poll, 0.0)
            return None

        def perform(departed: Departed) -> Awaitable[Performed]:
            tell_departure.set(departed)  # each call runs in a task, and so in a context, of its own
            return self._perform(poll, partition, opened, page, attempts + 1)

        return Call((key,), perform)

    async def _perform(self, poll: Poll, partition: int, opened: Watermark, page: Page, attempt: int) -> Performed:
        asked = AskedPage(poll.key, opened, self._now_ms())
        report = await self._ask(poll, page)
        await self._api_calls.record(
            partition,
            poll.merchant_id,
            poll.operation,
            report,
            attempt,
            kind=poll.status,
            target=poll.location_id,
            asked=msgspec.json.encode(asked).decode(),
            answer=self._answer(partition, poll.merchant_id, report.outcome),
        )
        outcome: Outcome[Any] = report.outcome
        if isinstance(outcome, Accepted):
            self._api_access.accepted(poll.merchant_id, poll.operation, poll.key)
        elif isinstance(outcome, Unauthorized) and report.sent_at is not None:
            outcome = self._judge(poll, outcome)
        return Performed(outcome, rate_limit_per_s=report.rate_limit)

    async def _ask(self, poll: Poll, page: Page) -> CallReport[ShipmentsPage] | CallReport[ReturnsPage]:
        merchant_id, status, token = poll.merchant_id, poll.status, page.token
        if poll.operation == LIST_SHIPMENTS:
            return await self._api.get_shipments(
                merchant_id,
                status,
                updated_after_ms=page.after_ms,
                updated_before_ms=page.before_ms,
                location_id=poll.location_id,
                page_token=token,
            )
        if not poll.location_id:
            return await self._api.list_returns(
                merchant_id, created_since_ms=page.after_ms, created_until_ms=page.before_ms, page_token=token
            )
        return await self._api.list_returns(
            merchant_id,
            return_location_id=poll.location_id,
            status=status,
            updated_since_ms=page.after_ms,
            updated_until_ms=page.before_ms,
            page_token=token,
        )

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
        return row is not None and row.facts == facts and row.hint is None

    def _judge(self, poll: Poll, outcome: Unauthorized) -> Outcome[Any]:
        """What the lane is to make of a 403."""
        access = self._lanes.access(poll.merchant_id)
        if access is not None and access.suspended:
            return outcome
        match self._api_access.refused(poll.merchant_id, poll.operation, poll.key):
            case AccessVerdict.AGAIN:
                return Unavailable(outcome.answer)
            case AccessVerdict.NOT_ENABLED:
                self._rest(poll.merchant_id, poll.operation, self._settings.not_enabled_interval_s)
                return Refused(outcome.answer)
            case AccessVerdict.MERCHANT:
                for operation in LISTS:
                    if operation != poll.operation:
                        self._rest(poll.merchant_id, operation, 0.0)
                return outcome
            case verdict:
                assert_never(verdict)

    def _rest(self, merchant_id: str, operation: str, wait_s: float) -> None:
        for poll in self._polls.get(merchant_id, {}).values():
            if poll.operation == operation:
                self._offer(poll, wait_s)


def _bounded(news: Sequence[Shipment], page: ShipmentsPage) -> ShipmentsPage:
    """What does not fit into a record is only named: each is then read by itself, as an unreadable one is."""
    kept, size = 0, 0
    for facts in news:
        size += len(msgspec.json.encode(facts))
        if size > MAX_ANSWER_BYTES:
            break
        kept += 1
    named = (*page.unreadable_ids, *(facts.shipment_id for facts in news[kept:]))
    return ShipmentsPage(tuple(news[:kept]), page.next_token, named)
