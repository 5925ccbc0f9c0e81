"""Single returns, read by themselves: those that no list has shown for a sweep's time, those whose list entry can't be
read, and those that the OMS asks for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from connector.agents.api_calls import ApiCalls
from connector.agents.polling.clock import ClockWatch
from connector.agents.returns.index import ReturnIndex
from connector.agents.returns.refreshes import ReturnRefreshes
from connector.domain.outcomes import Accepted, Repeatable
from connector.domain.polling.alerts import return_read_key
from connector.domain.polling.polls import LIST_RETURNS
from connector.domain.returns.facts import Return
from connector.lanes.call import Call, Performed
from connector.lanes.under_way import UnderWay
from connector.smartconnect.caller import CallReport
from connector.smartconnect.wire.returns import ReturnsPage
from connector.tables.watermarks import Watermarks


class GetReturn(Protocol):
    def __call__(self, merchant_id: str, return_id: str) -> Awaitable[CallReport[Return]]: ...


@dataclass(frozen=True, slots=True)
class AskedRead:
    """Keys of the commands (rows of the shipments table) that the call answers: those that waited when it was made."""

    commands: tuple[str, ...]


class ReadCalls:
    """`refreshes`: who waits for which return."""

    def __init__(
        self,
        get_return: GetReturn,
        api_calls: ApiCalls,
        returns: ReturnIndex,
        *,
        refreshes: ReturnRefreshes,
        watermarks: Watermarks,
        clock: ClockWatch,
    ) -> None:
        self._get_return = get_return
        self._api_calls = api_calls
        self._returns = returns
        self._queue = returns.queue
        self._refreshes = refreshes
        self._watermarks = watermarks
        self._clock = clock

    def open(self, merchant_id: str) -> None:
        """The merchant's lane is open: whoever waits has its call."""
        self._refreshes.open(merchant_id)

    def prepare(self, merchant_id: str, partition: int, key: str, attempt: int) -> Call | None:
        """None: nothing is due now."""
        while (due := self._queue.next(merchant_id)) is not None and due[1] <= 0:
            return_id = due[0]
            if self._is_wanted(merchant_id, partition, return_id):
                self._queue.follow(merchant_id, return_id)  # not again before this call is settled
                return Call((key,), self._performer(merchant_id, partition, return_id, attempt))
            self._queue.drop(merchant_id, return_id)
        return None

    def prepare_refresh(self, merchant_id: str, partition: int, return_id: str, key: str, attempt: int) -> Call | None:
        """None: nobody waits for it any more."""
        commands = self._refreshes.waiting(merchant_id, return_id)
        if not commands:
            return None
        return Call((key,), self._performer(merchant_id, partition, return_id, attempt, AskedRead(commands)))

    def _is_wanted(self, merchant_id: str, partition: int, return_id: str) -> bool:
        if self._watermarks.get(partition, return_read_key(merchant_id, return_id)) is not None:
            return True
        return self._returns.is_open(merchant_id, partition, return_id)

    def _performer(
        self, merchant_id: str, partition: int, return_id: str, attempt: int, asked: AskedRead | None = None
    ) -> Callable[[UnderWay], Awaitable[Performed]]:
        async def perform(under_way: UnderWay) -> Performed:
            started = self._api_calls.start(under_way)
            report = await self._get_return(merchant_id, return_id)
            under_way.answered(report.outcome, report.rate_limit)
            self._clock.compare(report.answered_at_ms)
            page = ReturnsPage((report.outcome.value,)) if isinstance(report.outcome, Accepted) else None
            if isinstance(report.outcome, Repeatable) and asked is None:
                self._queue.want(merchant_id, return_id, 0.0)
            await self._api_calls.record(
                partition,
                merchant_id,
                LIST_RETURNS,
                report,
                attempt,
                started_at=started.at_ms,
                answered_at=report.answered_at_ms,
                return_id=return_id,
                target=return_id,
                asked=None if asked is None else msgspec.json.encode(asked).decode(),
                answer=None if page is None else msgspec.json.encode(page).decode(),
            )
            return Performed(report.outcome)

        return perform
