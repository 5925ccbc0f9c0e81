"""Merchants whose home is on this worker: opened when their partition arrives, closed before it leaves."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from connector.errors import MerchantsError
from connector.event_loop import Turns, made_to_last
from connector.kafka.homes import home_partition
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.merchants_file import MerchantsFile

RELOAD_EVERY_S = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MerchantPart:
    """A part of the flow that runs per merchant. `open(merchant, partition)` goes on from piece to piece: it may have
    many rows, and between two of them others must have the event loop. `close`: all merchants are gone.
    """

    open: Callable[[Merchant, int], Iterable[None]]
    close: Callable[[], None]


class OwnedMerchants:
    def __init__(
        self,
        merchants: MerchantsFile,
        *,
        paused: Callable[[str], bool],
        lanes: Lanes,
        partitions: int,
        parts: Sequence[MerchantPart],
        grace_s: float,
    ) -> None:
        self._merchants = merchants
        self._paused = paused
        self._changing = asyncio.Lock()
        self._lanes = lanes
        self._partitions = partitions
        self._parts = parts
        self._grace_s = grace_s
        self._owned: frozenset[int] = frozenset()
        self.arrived = asyncio.Event()
        self.on_removed: Callable[[str], None] = lambda _merchant: None

    @property
    def owned(self) -> frozenset[int]:
        return self._owned

    async def arrive(self, partitions: frozenset[int]) -> None:
        """The tables are recovered: what they hold unsettled may have been sent by whoever had them before."""
        async with self._changing:
            self._owned = partitions
            turns = Turns()
            with made_to_last():
                for merchant in self._merchants.current:
                    await self._open(merchant, turns)
        self.arrived.set()
        log.info("partitions owned", extra={"partitions": sorted(partitions)})

    async def leave(self) -> None:
        self._owned = frozenset()
        self.arrived.clear()
        async with self._changing:  # a lane that is being closed may still have a call in flight
            await self._lanes.close(self._grace_s)
            for part in self._parts:
                part.close()

    async def follow_file(self) -> None:
        """For ever: a new version of the merchants file is in force within seconds, without a rebalance."""
        while True:
            await asyncio.sleep(RELOAD_EVERY_S)
            try:
                diff = await asyncio.to_thread(self._merchants.poll)
            except MerchantsError as refused:
                log.error("the merchants file is refused, the old one stays in force: %s", refused)
                continue
            if diff is None:
                continue
            for merchant in [*diff.removed, *(was for was, _ in diff.changed), *diff.added]:
                await self.reopen(merchant.merchant_id)
            log.info("the merchants file was read again", extra={"merchants": len(self._merchants.current)})

    async def reopen(self, merchant_id: str) -> None:
        """The merchant's place in the file, or whether it is paused, changed."""
        async with self._changing:
            await self._lanes.close(self._grace_s, merchant_id)
            merchant = self._merchants.current.get(merchant_id)
            if merchant is not None:
                await self._open(merchant, Turns())
            elif self.home(merchant_id) in self._owned:
                self.on_removed(merchant_id)

    async def _open(self, merchant: Merchant, turns: Turns) -> None:
        await turns.end()
        home = self.home(merchant.merchant_id)
        if home not in self._owned:
            return
        if self._paused(merchant.merchant_id):
            merchant = merchant.model_copy(update={"mode": "observe"})
        for part in self._parts:
            for _ in part.open(merchant, home):
                await turns.end()

    @property
    def partitions(self) -> int:
        """How many there are, here and elsewhere."""
        return self._partitions

    def home(self, merchant_id: str) -> int:
        return home_partition(merchant_id.encode(), self._partitions)
