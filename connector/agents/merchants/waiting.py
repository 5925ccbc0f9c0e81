"""What waits though nothing calls for it, and why; and what must be handed over soon. Counted beside the agents."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import Any, Literal, TypeVar

from connector.agents.merchants.lateness.count import LateShipments
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.lateness.overdue import is_pending
from connector.domain.orders.next_step import is_too_early
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Merchant, Merchants
from connector.tables.ledger import Ledger, key_parts
from connector.tables.shipments import ShipmentTable
from connector.tables.table import Table

SOON_MS = 4 * 60 * 60 * 1000
HANDED_OVER = frozenset({Status.SHIPPED, Status.DELIVERED, Status.CANCELLED})
COUNT_EVERY_S = 2.0
SKUS_AT_ONCE = 1000  # about a millisecond, until others may go on
SHIPMENTS_AT_ONCE = 100  # likewise
REST = 40  # times as long as a count took: then the next begins


class OffSale(StrEnum):
    """How far a SKU is that an operator took off sale. REFUSED: Amazon does not take the zero."""

    AT_ZERO = "at_zero"
    WAITING = "waiting"
    REFUSED = "refused"


_NONE_OFF_SALE = dict.fromkeys(map(str, OffSale), 0)


def _off_sale(row: LedgerRow) -> OffSale:
    if row.phase is not Phase.SETTLED:
        return OffSale.WAITING
    return OffSale.AT_ZERO if row.accepted_quantity == 0 else OffSale.REFUSED


Flow = Literal["inventory", "orders"]
T = TypeVar("T")


class HeldBecause(StrEnum):
    """What has to change before anything is called: the merchants file, an operator's pause, or the time alone."""

    UNKNOWN_MERCHANT = "unknown_merchant"
    PAUSED = "paused"
    OBSERVED = "observed"
    UNKNOWN_LOCATION = "unknown_location"
    SWITCHED_OFF = "switched_off"
    TOO_EARLY = "too_early"


HELD_TEXTS = {
    HeldBecause.UNKNOWN_MERCHANT: "the merchant is not in the merchants file",
    HeldBecause.PAUSED: "the merchant is paused",
    HeldBecause.OBSERVED: "the merchant's mode is observe",
    HeldBecause.UNKNOWN_LOCATION: "the location is not in the merchants file",
    HeldBecause.SWITCHED_OFF: "it is switched off in the merchants file",
    HeldBecause.TOO_EARLY: "their earliest pack time is not reached",
}


@dataclass(frozen=True, slots=True)
class HeldBack:
    """SKUs (inventory) or shipments with commands (orders) that wait. `location_id`: Amazon's, "" where unknown."""

    merchant_id: str
    flow: Flow
    location_id: str
    because: HeldBecause


def held_because(merchant: Merchant | None, is_paused: bool, location_id: str, flow: Flow) -> HeldBecause | None:
    """None: a lane calls for it."""
    if merchant is None:
        return HeldBecause.UNKNOWN_MERCHANT
    if is_paused:
        return HeldBecause.PAUSED
    if merchant.mode == "observe":
        return HeldBecause.OBSERVED
    location = merchant.location(location_id)
    if location is None:
        return HeldBecause.UNKNOWN_LOCATION if location_id else None
    return None if merchant.flows(location, flow) else HeldBecause.SWITCHED_OFF


class Waiting:
    """One count of rows. `near_ship_by`, by merchant: shipments that are not handed over though they should be within
    four hours, or should have been. `late`: those that are late, or will be."""

    def __init__(self, merchants: Merchants, is_paused: Callable[[str], bool], now_ms: int) -> None:
        self._merchants = merchants
        self._is_paused = is_paused
        self._now_ms = now_ms
        self.held_back: Counter[HeldBack] = Counter()
        self.near_ship_by: Counter[str] = Counter()
        self.late = LateShipments(now_ms)
        self._skus_held: dict[tuple[str, str], HeldBecause | None] = {}  # by merchant and location
        self._zeroed: defaultdict[str, Counter[OffSale]] = defaultdict(Counter)

    def take_skus(self, rows: Iterable[tuple[str, LedgerRow]]) -> None:
        for key, row in rows:
            if row.zeroed:
                self._zeroed[key_parts(key)[0]][_off_sale(row)] += 1
            if row.phase is not Phase.SETTLED:
                merchant_id, location_id, _ = key_parts(key)
                place = merchant_id, location_id
                if place not in self._skus_held:  # asked once for all of its SKUs
                    merchant, paused = self._merchants.get(merchant_id), self._is_paused(merchant_id)
                    self._skus_held[place] = held_because(merchant, paused, location_id, "inventory")
                if (because := self._skus_held[place]) is not None:
                    self.held_back[HeldBack(merchant_id, "inventory", location_id, because)] += 1

    def take_shipments(self, rows: Iterable[ShipmentRow]) -> None:
        for row in rows:
            facts = row.facts
            if row.queue or (facts is not None and is_pending(facts)):
                self._take_open(row, "" if facts is None else facts.location_id)
            if facts is not None and facts.status not in HANDED_OVER and facts.ship_by_ms is not None:
                self.near_ship_by[row.merchant_id] += facts.ship_by_ms < self._now_ms + SOON_MS

    def zeroed(self, merchant_id: str) -> dict[str, int]:
        """How many SKUs an operator took off sale, by how far that is."""
        found = self._zeroed.get(merchant_id)
        return {str(far): found[far] for far in OffSale} if found else dict(_NONE_OFF_SALE)

    def told(self, merchant_id: str) -> list[dict[str, Any]]:
        """What is held back of a merchant, as `connector status` tells it."""
        return [
            {
                "what": held.flow,
                "location_id": held.location_id,
                "count": count,
                "because": held.because,
                "why": HELD_TEXTS[held.because],
            }
            for held, count in self._by_merchant.get(merchant_id, ())
        ]

    @property
    def strangers(self) -> frozenset[str]:
        """Merchants whose rows wait for the merchants file to name them again."""
        return frozenset(h.merchant_id for h in self.held_back if h.because is HeldBecause.UNKNOWN_MERCHANT)

    @cached_property
    def _by_merchant(self) -> dict[str, list[tuple[HeldBack, int]]]:
        """Asked for when the count is complete."""
        by_merchant: dict[str, list[tuple[HeldBack, int]]] = {}
        for held, count in sorted(self.held_back.items(), key=lambda item: (item[0].flow, item[0].location_id)):
            by_merchant.setdefault(held.merchant_id, []).append((held, count))
        return by_merchant

    def _take_open(self, row: ShipmentRow, location_id: str) -> None:
        """One that is not handed over, or has commands. What others serve is none of ours; a pause holds up ours."""
        merchant = self._merchants.get(row.merchant_id)
        because = held_because(merchant, self._is_paused(row.merchant_id), location_id, "orders")
        waits = because
        if row.queue and because is None and row.facts is not None and is_too_early(row, self._now_ms):
            waits = HeldBecause.TOO_EARLY
        if row.queue and waits is not None:
            self.held_back[HeldBack(row.merchant_id, "orders", location_id, waits)] += 1
        if merchant is not None and because in (None, HeldBecause.PAUSED):
            self.late.take(row, merchant, is_held=waits is not None)


async def _nobody(_: LateShipments) -> None:
    return


class WaitingWatch:
    """`current`: the last count, seconds old. `on_counted` hears what is late of each."""

    def __init__(
        self,
        ledger: Ledger,
        shipments: ShipmentTable,
        *,
        owned: Callable[[], Iterable[int]],
        begin: Callable[[], Waiting],
        on_counted: Callable[[LateShipments], Awaitable[None]] = _nobody,
    ) -> None:
        self._ledger = ledger
        self._shipments = shipments
        self._owned = owned
        self._begin = begin
        self._on_counted = on_counted
        self.current = begin()

    def counts(self) -> Iterator[tuple[str, Flow, HeldBecause, int]]:
        """By merchant, flow, cause and location; the last is not told. What is too early needs nobody's attention."""
        for held, count in self.current.held_back.items():
            if held.because is not HeldBecause.TOO_EARLY:
                yield held.merchant_id, held.flow, held.because, count

    async def run(self) -> None:
        """For ever."""
        while True:
            began_at = time.monotonic()
            await self.count()
            await asyncio.sleep(max(COUNT_EVERY_S, REST * (time.monotonic() - began_at)))

    async def count(self) -> None:
        waiting = self._begin()
        for partition in self._owned():
            unsettled = chain.from_iterable(self._ledger.unsettled(partition).values())
            for skus in _parts(self._ledger, partition, unsettled, SKUS_AT_ONCE):
                waiting.take_skus(skus)
                await asyncio.sleep(0)
            for shipments in _parts(self._shipments, partition, self._shipments.rows(partition), SHIPMENTS_AT_ONCE):
                waiting.take_shipments(row for _, row in shipments)
                await asyncio.sleep(0)
        await self._on_counted(waiting.late)
        self.current = waiting


def _parts(table: Table[T], partition: int, those: Iterable[str], at_once: int) -> Iterator[Iterator[tuple[str, T]]]:
    """Rows as they stand when their part's turn comes: to copy all of them at once would hold up the loop."""
    keys = tuple(those)
    for begin in range(0, len(keys), at_once):
        part = keys[begin : begin + at_once]
        yield ((key, row) for key in part if (row := table.get(partition, key)) is not None)
