"""What a merchant's inventory lane calls: ledger rows that want it, batched; every outcome onto connector.api-calls."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from connector.agents.api_calls import MOST_TOGETHER, TOGETHER_S, ApiCalls
from connector.agents.inventory.asked import AskedItem, item_record, request_of
from connector.agents.inventory.counting import Counting
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.inventory.requests import InventoryLevel, InventoryRequest
from connector.domain.outcomes import (
    Accepted,
    Forbidden,
    Outcome,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
    is_final,
)
from connector.domain.quarantine import rest_ms
from connector.lanes.call import Call, Performed
from connector.lanes.lane import Lane
from connector.lanes.lanes import Lanes
from connector.lanes.scheduler import Kind, Rank
from connector.lanes.under_way import UnderWay
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.tables.ledger import Ledger, key_parts

INVENTORY_CALLS = "inventory"
ORDINARY: Rank = (1, 0)  # of what is not to go to zero, the first
LONG_WAIT_S = 60.0  # from here on waits are spread, by up to a quarter, so that what failed together comes back apart

Levels = tuple[Outcome[InventoryLevel], ...]


class InventoryApi(Protocol):
    async def batch_inventory(self, merchant_id: str, requests: Sequence[InventoryRequest]) -> CallReport[Levels]: ...


class InventoryCalls:
    """Knows which numbers can't have been sent yet: those that this worker bound and has not handed to a call. Whatever
    else is unsettled counts as sent. `chance`: a random number in [0, 1)."""

    def __init__(
        self,
        api: InventoryApi,
        ledger: Ledger,
        api_calls: ApiCalls,
        *,
        lanes: Lanes,
        counting: Counting,
        chance: Callable[[], float],
    ) -> None:
        self._api = api
        self._ledger = ledger
        self._api_calls = api_calls
        self._lanes = lanes
        self._counting = counting
        self._chance = chance
        self._opened: set[str] = set()
        self._unsent: dict[str, int] = {}
        self._alone: set[str] = set()
        self._pressing: set[str] = set()  # are to go to zero as soon as their last call is settled

    def maybe_sent(self, key: str, row: LedgerRow | None) -> bool:
        return row is not None and row.phase is not Phase.SETTLED and self._unsent.get(key) != row.sequence

    def bind(self, key: str, row: LedgerRow) -> None:
        """The row with a fresh number is about to be written; only then may a call carry it."""
        if key_parts(key)[0] in self._opened:
            self._unsent[key] = row.sequence

    def open(self, merchant: Merchant, partition: int) -> None:
        """Opens the merchant's lane, where it may send at all. Each of its rows is to be recovered then."""
        self._opened.add(merchant.merchant_id)
        if merchant.mode == "observe":
            return
        limit = merchant.limits.of(INVENTORY_CALLS)
        self._lanes.open(
            merchant.merchant_id,
            INVENTORY_CALLS,
            lambda _operation: partial(self._prepare, merchant, partition),
            rate=limit.rate,
            burst=limit.burst,
            batch_size=merchant.inventory_batch_size,
        )

    def recover(self, key: str, row: LedgerRow) -> None:
        """As it stands in the table: somebody else may have sent it, had they the partition meanwhile."""
        self._unsent.pop(key, None)
        self.offer([(key, row)])

    def close(self) -> None:
        """All partitions were given up."""
        self._opened.clear()
        self._unsent.clear()
        self._alone.clear()
        self._pressing.clear()

    def offer(self, rows: Iterable[tuple[str, LedgerRow]]) -> None:
        """Rows that have news, whatever was tried for them before."""
        lanes: dict[str, Lane | None] = {}
        for key, row in rows:
            merchant_id, *_ = key_parts(key)
            if merchant_id not in lanes:
                lanes[merchant_id] = self._lanes.lane(merchant_id, INVENTORY_CALLS)
            lane = lanes[merchant_id]
            if lane is not None and (rank := self._rank(key, row)) is not None:
                if rank < ORDINARY and lane.scheduler.is_claimed(key):
                    self._pressing.add(key)
                    self._api_calls.hurry()
                lane.offer(key, rank, self._wait_s(row), kind=_kind(row))

    def settle(self, rows: Iterable[tuple[str, LedgerRow]]) -> None:
        """Rows that begin anew: an outcome or a command was dealt with."""
        for key, row in rows:
            self._alone.discard(key)
            self._pressing.discard(key)
            lane = self._lanes.lane(key_parts(key)[0], INVENTORY_CALLS)
            if lane is not None:
                lane.settle(key, self._rank(key, row), self._wait_s(row), kind=_kind(row))

    def _rank(self, key: str, row: LedgerRow) -> Rank | None:
        """What an operator took off sale first, then what goes to zero (it oversells), then what waits longest. None:
        nothing to call."""
        if row.phase is Phase.SETTLED:
            return None
        if row.zeroed:
            return (-1, row.origin.since_ms)
        units = row.quantity if row.queued is None else row.wanted(self._counting.of(*key_parts(key)))
        return (1 if units else 0, row.origin.since_ms)

    def _wait_s(self, row: LedgerRow) -> float:
        if not row.not_before_ms:
            return 0.0
        wait_s = rest_ms(row.not_before_ms, self._api_calls.now_ms()) / 1000
        return wait_s if wait_s < LONG_WAIT_S else wait_s * (1 + self._chance() / 4)

    def _prepare(self, merchant: Merchant, partition: int, due: Sequence[tuple[str, int]]) -> Call | None:
        attempts = dict(due)
        asked: list[AskedItem] = []
        later: set[str] = set()
        for key in attempts:
            row = self._ledger.get(partition, key)
            kind = None if row is None else row.next_call
            if row is None or kind is None or self._ledger.is_changing(partition, key):
                continue  # whoever changes the row offers it again
            if asked and (self._goes_alone(key, row) or self._goes_alone(asked[0].key, asked[0].row)):
                later.add(key)
            elif (request := request_of(merchant, key, row)) is not None:
                asked.append(AskedItem(key, row, kind, request))
        if not asked:
            return None
        for item in asked:
            self._unsent.pop(item.key, None)
        attempt = 1 + max(attempts[item.key] for item in asked)

        def perform(under_way: UnderWay) -> Awaitable[Performed]:
            return self._perform(merchant, partition, asked, attempt, under_way)

        return Call(tuple(item.key for item in asked), perform, frozenset(later))

    def _goes_alone(self, key: str, row: LedgerRow) -> bool:
        """What fails is not to fail others with it."""
        return key in self._alone or row.trouble is not None

    async def _perform(
        self, merchant: Merchant, partition: int, asked: Sequence[AskedItem], attempt: int, under_way: UnderWay
    ) -> Performed:
        started = self._api_calls.start(under_way)
        report = await self._api.batch_inventory(merchant.merchant_id, [item.request for item in asked])
        items = self._items(report, asked)
        outcome = _of_the_lane(report.outcome, items)
        under_way.answered(outcome, report.rate_limit)
        records = [item_record(item, outcome) for item, outcome in zip(asked, items, strict=True)]
        is_pressing = any(item.key in self._pressing for item in asked)
        may_wait = isinstance(outcome, Accepted) and not is_pressing
        await self._api_calls.record(
            partition,
            merchant.merchant_id,
            INVENTORY_CALLS,
            report,
            attempt,
            started_at=started.at_ms,
            answered_at=report.answered_at_ms,
            inventory_items=records,
            made_for=[item.row.origin.update_id for item in asked],
            may_wait=may_wait and under_way.may_be_told_after(TOGETHER_S, MOST_TOGETHER),
        )
        again = frozenset(item.key for item, outcome in zip(asked, items, strict=True) if not is_final(outcome))
        return Performed(outcome, again)

    def _items(self, report: CallReport[Levels], asked: Sequence[AskedItem]) -> Levels:
        match report.outcome:
            case Accepted(_, levels):
                return levels
            case Refused(answer) | Forbidden(answer) | Unknown(answer) if len(asked) > 1:
                # One bad item may have the whole batch refused: each is asked alone before anything is concluded
                self._alone.update(item.key for item in asked)
                return tuple(Unavailable(answer) for _ in asked)
            case failed:
                return tuple(failed for _ in asked)


def _kind(row: LedgerRow) -> Kind:
    """What a SKU is asked or told again comes after all that is fresh, so that 400 SKUs which another integrator posts
    too hold up nobody in the rounds before they are known as contested."""
    if row.contested or row.trouble is not None:
        return Kind.HEALING
    again = row.phase is Phase.CHECK or row.healed_at_ms >= row.origin.since_ms or row.accepted_sequence == row.sequence
    return Kind.RETRY if again else Kind.FRESH


def _of_the_lane(outcome: Outcome[Levels], items: Levels) -> Outcome[Any]:
    """A 429 of one SKU closes the lane as one of the whole call does; a 403 of all is one of the operation."""
    throttled = [item for item in items if isinstance(item, Throttled)]
    if throttled:
        return throttled[0]
    return items[0] if all(isinstance(item, Forbidden) for item in items) else outcome
