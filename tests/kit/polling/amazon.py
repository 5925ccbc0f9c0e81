"""Amazon's lists in memory, for virtual time: complete at once or late, whole or by location, given or not."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from connector.domain.orders.facts.shipment import Shipment
from connector.domain.outcomes import Accepted, Answer, Failed, Refused
from connector.domain.polling.polls import PolledList, PollNewReturns, PollReturns, PollShipments
from connector.domain.polling.windows import Page
from connector.domain.returns.facts import Return
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import departing
from connector.smartconnect.lists import PageReport
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

OK = Answer(http_status=200)
PAGE_SIZE = 100

T = TypeVar("T", Shipment, Return)
Script = Callable[[PolledList, Page], Failed | ShipmentsPage | ReturnsPage | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """`at_s`: seconds of the loop's clock."""

    at_s: float
    poll: PolledList
    page: Page


@dataclass(slots=True)
class Lists:
    """`now_ms`: Amazon's time. `script`: what a page comes to instead, None: as it is.

    `hidden_until_ms`: ids that the lists do not show before. `withheld`: what the reading of one return comes to.
    """

    now_ms: Callable[[], int]
    shipments: dict[str, Shipment] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    hidden_until_ms: dict[str, int] = field(default_factory=dict)
    script: Script = lambda _, __: None
    tells_time: bool = True
    stated_limit: float | None = None
    asked: list[Asked] = field(default_factory=list)
    ordered_s: dict[str, float] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    withheld: dict[str, Failed] = field(default_factory=dict)

    def order(self, facts: Shipment) -> None:
        """Changed now."""
        self.shipments[facts.shipment_id] = replace(facts, last_updated_at_ms=self.now_ms())
        self.ordered_s[facts.shipment_id] = asyncio.get_running_loop().time()

    def send_back(self, facts: Return) -> Return:
        """Changed now, of which Amazon tells the second; created now, if it is new."""
        now_ms = self.now_ms() // 1000 * 1000
        known = self.returns.get(facts.return_id)
        created_ms = known.created_at_ms if known else facts.created_at_ms or now_ms
        self.returns[facts.return_id] = replace(facts, last_updated_at_ms=now_ms, created_at_ms=created_ms)
        return self.returns[facts.return_id]

    async def ask(self, poll: PolledList, page: Page) -> PageReport:
        self._depart()
        self.asked.append(Asked(asyncio.get_running_loop().time(), poll, page))
        await asyncio.sleep(0.05)
        scripted = self.script(poll, page)
        if scripted is None:
            scripted = self._shipments(poll, page) if isinstance(poll, PollShipments) else self._returns(poll, page)
        return self._report(scripted)

    async def get_return(self, merchant_id: str, return_id: str) -> CallReport[Return]:
        assert merchant_id
        self._depart()
        self.read.append(return_id)
        await asyncio.sleep(0.05)
        facts = self.withheld.get(return_id) or self.returns.get(return_id)
        if facts is None:
            return self._report(Refused(Answer(http_status=404, code="NotFound")))
        return self._report(facts)

    def times(self, wanted: Callable[[PolledList], bool]) -> list[float]:
        """When such lists were asked for."""
        return [asked.at_s for asked in self.asked if wanted(asked.poll)]

    def _depart(self) -> None:
        call = departing.get()
        if call is not None:
            call.left(asyncio.get_running_loop().time())

    def _report(self, scripted: Any) -> CallReport[Any]:
        outcome = Accepted(OK, scripted) if isinstance(scripted, ShipmentsPage | ReturnsPage | Return) else scripted
        answered_ms = self.now_ms() // 1000 * 1000 if self.tells_time else None
        sent_at = asyncio.get_running_loop().time()
        return CallReport(outcome, rate_limit=self.stated_limit, sent_at=sent_at, answered_at_ms=answered_ms)

    def _shipments(self, poll: PollShipments, page: Page) -> ShipmentsPage:
        found = [
            facts
            for facts in self.shipments.values()
            if facts.status == poll.status
            and poll.location_id in ("", facts.location_id)
            and self._shows(facts.shipment_id, facts.last_updated_at_ms, page)
        ]
        shown, token = _page(found, page.token, lambda facts: facts.last_updated_at_ms)
        version = ",".join(f"{facts.shipment_id}@{facts.last_updated_at_ms}" for facts in shown)
        return ShipmentsPage(tuple(shown), token, version=version)

    def _returns(self, poll: PollNewReturns | PollReturns, page: Page) -> ReturnsPage:
        def is_listed(facts: Return) -> bool:
            if poll.location_id and poll.location_id not in facts.locations:
                return False
            if isinstance(poll, PollNewReturns):
                return self._shows(facts.return_id, facts.created_at_ms or 0, page)
            return facts.status == poll.status and self._shows(facts.return_id, facts.last_updated_at_ms, page)

        found = list(filter(is_listed, self.returns.values()))
        shown, token = _page(found, page.token, lambda facts: facts.last_updated_at_ms)
        version = ",".join(map(repr, shown))
        return ReturnsPage(tuple(shown), token, version=version)

    def _shows(self, object_id: str, changed_ms: int, page: Page) -> bool:
        if self.now_ms() < self.hidden_until_ms.get(object_id, 0) or changed_ms < page.after_ms:
            return False
        return not page.is_bounded or changed_ms < page.before_ms


def _page(found: Sequence[T], token: str, by: Callable[[T], int]) -> tuple[list[T], str]:
    begin = int(token or "0")
    rest = sorted(found, key=by)[begin:]
    return rest[:PAGE_SIZE], str(begin + PAGE_SIZE) if len(rest) > PAGE_SIZE else ""
