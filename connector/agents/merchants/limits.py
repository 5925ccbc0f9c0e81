"""What Amazon asked of a merchant's calls (Retry-After, a lower limit), for the lanes of whoever owns it next."""

from collections.abc import Callable, Sequence
from typing import Any

from connector.agents.incoming import Received
from connector.agents.merchants.known import KnownMerchants
from connector.domain.limits import NOTHING_ASKED, Asked, LimitRow, believable, heed, is_over
from connector.kafka.homes import home_partition
from connector.lanes.lanes import Lanes
from connector.lanes.pace import Learnt
from connector.merchants import OPERATIONS
from connector.tables.limits import LimitTable, limit_key


class LimitSettlements:
    """`clock`: that of the lanes, in seconds. `now_ms`: epoch milliseconds."""

    def __init__(
        self,
        table: LimitTable,
        lanes: Lanes,
        merchants: KnownMerchants,
        *,
        partitions: int,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
    ) -> None:
        self._table = table
        self._lanes = lanes
        self._merchants = merchants
        self._partitions = partitions
        self._clock = clock
        self._now_ms = now_ms

    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None:
        """Outcomes of calls. A lane that is open hears of a closing that another worker's lane was told of."""
        telling = [
            call for received in api_calls if (call := received.value)["operation"] in OPERATIONS and _asks(call)
        ]
        if not telling:
            return
        rows: dict[str, LimitRow | None] = {}
        async with self._table.lock(partition):
            for call in telling:
                self._heed(partition, call, rows, now_ms)
            await self._table.write(partition, rows)
        for key, row in rows.items():
            lane = self._lanes.lane(*key.split("|", 1))
            if row is not None and lane is not None:
                lane.recall(Learnt(closed_until=self._on_clock(row.closed_until_ms)))

    def recall(self, merchant_id: str, operation: str) -> Learnt:
        """For a lane that opens."""
        partition = home_partition(merchant_id.encode(), self._partitions)
        row = believable(self._table.get(partition, limit_key(merchant_id, operation)) or NOTHING_ASKED, self._now_ms())
        return Learnt(self._on_clock(row.closed_until_ms), row.limit_per_s, self._on_clock(row.stated_at_ms))

    def _heed(self, partition: int, call: dict[str, Any], rows: dict[str, LimitRow | None], now_ms: int) -> None:
        merchant = self._merchants.get(call["merchant_id"])
        if merchant is None:
            return
        key = limit_key(call["merchant_id"], call["operation"])
        known = rows.get(key) or self._table.get(partition, key) or NOTHING_ASKED
        asked = Asked(
            answered_at_ms=call["started_at"] + call["latency_ms"],
            retry_after_ms=call["retry_after_ms"],
            limit_per_s=call["rate_limit_per_s"],
        )
        row = heed(believable(known, now_ms), asked, merchant.limits.of(call["operation"]).rate)
        if row != known:
            rows[key] = None if is_over(row, now_ms) else row

    def _on_clock(self, at_ms: int) -> float:
        return self._clock() + (at_ms - self._now_ms()) / 1000


def _asks(call: dict[str, Any]) -> bool:
    return call["retry_after_ms"] is not None or call["rate_limit_per_s"] is not None
