"""Amazon's lists, whole: every page of each, by location where Amazon gives no list of the whole merchant."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

from connector.cli.reconcile.amazon.answers import unanswered
from connector.cli.reconcile.amazon.calls import PacedAmazon
from connector.domain.outcomes import Accepted, Forbidden, Outcome, Refused, Unknown
from connector.domain.polling.polls import PolledList, at_location, list_name
from connector.domain.polling.windows import Page
from connector.errors import ConnectorError
from connector.smartconnect.caller import CallReport
from connector.smartconnect.lists import ask
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

MOST_PAGES = 10_000
_UNREADABLE_TRIES = 3

_Pages = list[ShipmentsPage | ReturnsPage]


class WholeLists:
    """`locations`: Amazon's names of those whose lists stand for the whole merchant's."""

    def __init__(self, amazon: PacedAmazon, locations: Sequence[str]) -> None:
        self._amazon = amazon
        self._locations = locations

    async def read(self, lists: Iterable[PolledList], after_ms: int = 0) -> _Pages:
        """`after_ms`: only what changed since, 0: whenever. Raises ConnectorError where a list can't be had: without
        it nobody could say what is missing."""
        pages: _Pages = []
        for whole in lists:
            outcome = await self._page(whole, Page(after_ms, 0, is_bounded=False))
            if not isinstance(outcome, Refused | Forbidden):
                await self._follow(whole, after_ms, outcome, pages)
                continue
            for location_id in self._locations:
                one = at_location(whole, location_id)
                await self._follow(one, after_ms, await self._page(one, Page(after_ms, 0, is_bounded=False)), pages)
        return pages

    async def _follow(
        self, one: PolledList, after_ms: int, outcome: Outcome[ShipmentsPage | ReturnsPage], pages: _Pages
    ) -> None:
        tokens: set[str] = set()
        while True:
            if not isinstance(outcome, Accepted):
                raise ConnectorError(f"{list_name(one.key)}: Amazon does not give the list: {unanswered(outcome).why}")
            pages.append(outcome.value)
            token = outcome.value.next_token
            if not token:
                return
            if token in tokens or len(tokens) >= MOST_PAGES:
                raise ConnectorError(f"{list_name(one.key)}: the list has no end after {len(tokens)} pages; try again")
            tokens.add(token)
            outcome = await self._page(one, Page(after_ms, 0, token, is_bounded=False))

    async def _page(self, one: PolledList, page: Page) -> Outcome[ShipmentsPage | ReturnsPage]:
        make: Callable[[], Awaitable[CallReport[Any]]] = partial(ask, self._amazon.api, one, page)  # Any: either page's
        for _ in range(_UNREADABLE_TRIES):
            outcome: Outcome[ShipmentsPage | ReturnsPage] = await self._amazon.call(one.operation, make)
            if not isinstance(outcome, Unknown):
                break
        return outcome
