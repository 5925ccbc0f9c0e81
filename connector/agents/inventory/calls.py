"""What a merchant's inventory lane calls: ledger rows that want it, batched; every outcome onto connector.api-calls."""

from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connector.agents.api_calls import ApiCalls
from connector.domain.inventory.ledger import CallKind, LedgerRow, Phase
from connector.domain.inventory.requests import FetchInventory, InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.outcomes import (
    Accepted,
    Forbidden,
    Outcome,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
    is_final,
    outcome_name,
)
from connector.lanes.lane import Call, Departed, Performed
from connector.lanes.lanes import Lanes
from connector.lanes.scheduler import Rank
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.tables.ledger import Ledger, key_parts

INVENTORY_CALLS = "inventory"

Levels = tuple[Outcome[InventoryLevel], ...]


class InventoryApi(Protocol):
    async def batch_inventory(self, merchant_id: str, requests: Sequence[InventoryRequest]) -> CallReport[Levels]: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    key: str
    row: LedgerRow
    kind: CallKind
    request: InventoryRequest


class InventoryCalls:
    """Knows which rows may have been sent: those of this run that were, and all that were recovered unsettled."""

    def __init__(self, api: InventoryApi, ledger: Ledger, api_calls: ApiCalls, *, lanes: Lanes) -> None:
        self._api = api
        self.ledger = ledger
        self._lanes = lanes
        self._api_calls = api_calls
        self._maybe_sent: dict[str, int] = {}
        self._alone: set[str] = set()
        self.contested: set[str] = set()

    def maybe_sent(self, key: str, row: LedgerRow | None) -> bool:
        return row is not None and self._maybe_sent.get(key) == row.sequence

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        """Opens the merchant's lane and offers it what the table holds. Rows wait where nothing may be sent."""
        unsettled = []
        for key, row in list(self.ledger.of_merchant(partition, merchant.merchant_id).items()):
            if row.phase is not Phase.SETTLED:
                self._maybe_sent.setdefault(key, row.sequence)
                unsettled.append(key)
            if row.contested:
                self.contested.add(key)
            yield
        if merchant.mode == "observe":
            return
        limit = merchant.limits.of(INVENTORY_CALLS)
        self._lanes.open(
            merchant.merchant_id,
            INVENTORY_CALLS,
            lambda due: self._prepare(merchant, partition, due),
            rate=limit.rate,
            burst=limit.burst,
            batch_size=merchant.inventory_batch_size,
        )
        for key in unsettled:
            if (now := self.ledger.get(partition, key)) is not None:
                self.offer({key: now})
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self._maybe_sent.clear()
        self._alone.clear()
        self.contested.clear()

    def offer(self, rows: dict[str, LedgerRow]) -> None:
        """Rows that updates changed."""
        for key, row in rows.items():
            lane = self._lanes.lane(key_parts(key)[0], INVENTORY_CALLS)
            rank = _rank(row)
            if lane is not None and rank is not None:
                lane.offer(key, rank, self._wait_s(row))

    def settle(self, rows: Iterable[tuple[str, LedgerRow]]) -> None:
        """Rows that outcomes changed."""
        for key, row in rows:
            if row.phase is Phase.SETTLED or self._maybe_sent.get(key) != row.sequence:
                self._maybe_sent.pop(key, None)
            self._alone.discard(key)
            (self.contested.add if row.contested else self.contested.discard)(key)
            lane = self._lanes.lane(key_parts(key)[0], INVENTORY_CALLS)
            if lane is not None:
                lane.settle(key, _rank(row), self._wait_s(row))

    def _wait_s(self, row: LedgerRow) -> float:
        return max(0, row.not_before_ms - self._api_calls.now_ms()) / 1000

    def _prepare(self, merchant: Merchant, partition: int, due: Sequence[tuple[str, int]]) -> Call | None:
        attempts = dict(due)
        asked: list[_Asked] = []
        later: set[str] = set()
        for key in attempts:
            row = self.ledger.get(partition, key)
            if row is None or row.phase is Phase.SETTLED or self.ledger.is_changing(partition, key):
                continue  # whoever changes the row offers it again
            if asked and (key in self._alone or asked[0].key in self._alone):
                later.add(key)
            elif (request := _request(merchant, key, row)) is not None:
                asked.append(
                    _Asked(
                        key,
                        row,
                        CallKind.UPDATE if row.phase is Phase.SEND else CallKind.FETCH,
                        request,
                    )
                )
        if not asked:
            return None
        for item in asked:
            self._maybe_sent[item.key] = item.row.sequence
        attempt = 1 + max(attempts[item.key] for item in asked)

        def perform(departed: Departed) -> Awaitable[Performed]:
            return self._perform(merchant, partition, asked, attempt, departed)

        return Call(tuple(item.key for item in asked), perform, frozenset(later))

    async def _perform(
        self, merchant: Merchant, partition: int, asked: Sequence[_Asked], attempt: int, departed: Departed
    ) -> Performed:
        started = self._api_calls.start(departed)
        report = await self._api.batch_inventory(merchant.merchant_id, [item.request for item in asked])
        items = self._items(report, asked)
        records = [_item_record(item, outcome) for item, outcome in zip(asked, items, strict=True)]
        await self._api_calls.record(
            partition,
            merchant.merchant_id,
            INVENTORY_CALLS,
            report,
            attempt,
            started_at=started.at_ms,
            inventory_items=records,
        )
        again = frozenset(item.key for item, outcome in zip(asked, items, strict=True) if not is_final(outcome))
        return Performed(_of_the_lane(report.outcome, items), again, report.rate_limit)

    def _items(self, report: CallReport[Levels], asked: Sequence[_Asked]) -> Levels:
        match report.outcome:
            case Accepted(_, levels):
                return levels
            case Refused(answer) | Forbidden(answer) | Unknown(answer) if len(asked) > 1:
                # One bad item may have the whole batch refused: each is asked alone before anything is concluded
                self._alone.update(item.key for item in asked)
                return tuple(Unavailable(answer) for _ in asked)
            case failed:
                return tuple(failed for _ in asked)


def _of_the_lane(outcome: Outcome[Levels], items: Levels) -> Outcome[Any]:
    """A 429 of one SKU closes the lane as one of the whole call does; a 403 of all is one of the operation."""
    throttled = [item for item in items if isinstance(item, Throttled)]
    if throttled:
        return throttled[0]
    return items[0] if all(isinstance(item, Forbidden) for item in items) else outcome


def _rank(row: LedgerRow) -> Rank | None:
    """Stock that goes to zero first (it oversells), then what waits longest; None: nothing to call."""
    if row.phase is Phase.SETTLED:
        return None
    return (0 if row.wanted == 0 else 1, row.origin.since_ms)


def _request(merchant: Merchant, key: str, row: LedgerRow) -> InventoryRequest | None:
    """None where the location is switched off, or gone from the merchants file: the row waits."""
    _, location_id, sku = key_parts(key)
    location = merchant.location(location_id)
    if location is None or not merchant.flows(location, "inventory"):
        return None
    where = (location_id, sku)
    named = (location.channel_name, merchant.marketplace_id)
    if row.phase is Phase.CHECK:
        return FetchInventory(*where, *named)
    return UpdateInventory(*where, row.quantity, row.sequence, *named)


def _item_record(item: _Asked, outcome: Outcome[InventoryLevel]) -> dict[str, Any]:
    level = outcome.value if isinstance(outcome, Accepted) else InventoryLevel()
    return {
        "kind": item.kind,
        "location_id": item.request.location_id,
        "sku": item.request.sku,
        "sequence": item.row.sequence,
        "quantity": item.row.quantity,
        "outcome": outcome_name(outcome),
        "http_status": outcome.answer.http_status,
        "code": outcome.answer.code,
        "message": outcome.answer.message,
        "known_sequence": level.sequence,
        "sellable_quantity": level.sellable_quantity,
        "reserved_quantity": level.reserved_quantity,
        "actionable_errors": list(level.actionable_errors),
    }
