"""Stock is counted again when the merchants file or the listings change what counts, when an operator takes it off sale
or restores it, at a start and after a rebalance.

Only agents write tables, so what is found becomes internal commands, and is judged again when they are carried out.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.counting import Counting
from connector.agents.issuer import KEYS_PER_COMMAND, Issuer
from connector.domain.inventory.commands import RecountStock
from connector.domain.inventory.updates import needs_recount
from connector.domain.inventory.zero import is_out_of_line
from connector.merchants import Merchant
from connector.tables.ledger import Ledger, key_parts

SETTLE_S = 1.0  # changes come in bursts: a file of listings is many records
_KEYS_PER_TURN = 2_000  # looked at before others get their turn on the loop


class Recounts:
    """Of the merchants whose home is here."""

    def __init__(self, ledger: Ledger, calls: InventoryCalls, *, counting: Counting, issuer: Issuer) -> None:
        self._ledger = ledger
        self._calls = calls
        self._counting = counting
        self._issuer = issuer
        self._homes: dict[str, int] = {}
        self._due: set[str] = set()
        self._news = asyncio.Event()

    def open(self, merchant: Merchant, partition: int) -> Iterable[None]:
        """The merchant arrived here, or its place in the file changed."""
        self._homes[merchant.merchant_id] = partition
        self.look_at(merchant.merchant_id)
        return ()

    def close(self) -> None:
        """All partitions were given up."""
        self._homes.clear()
        self._due.clear()

    def look_at(self, merchant_id: str) -> None:
        """Its listings, say, or what of it is off sale changed."""
        if merchant_id in self._homes:
            self._due.add(merchant_id)
            self._news.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._news.wait()
            await asyncio.sleep(SETTLE_S)
            self._news.clear()
            await self.sweep()

    async def sweep(self) -> None:
        """One pass over each partition that has merchants to look at."""
        merchants = defaultdict[int, set[str]](set)
        for merchant_id in self._due:
            merchants[self._homes[merchant_id]].add(merchant_id)
        self._due.clear()
        for partition, due in merchants.items():
            for (merchant_id, location_id), skus in (await self._found(partition, due)).items():
                for begin in range(0, len(skus), KEYS_PER_COMMAND):
                    command = RecountStock(location_id, tuple(skus[begin : begin + KEYS_PER_COMMAND]))
                    await self._issuer.issue(partition, merchant_id, command)

    async def _found(self, partition: int, merchants: set[str]) -> Mapping[tuple[str, str], list[str]]:
        """SKUs by merchant and location."""
        async with self._ledger.lock(partition):
            mine = (self._ledger.of_merchant(partition, merchant_id) for merchant_id in merchants)
            keys = tuple(chain.from_iterable(mine))  # what was decided by the old ways is written by now
        found = defaultdict[tuple[str, str], list[str]](list)
        for begin in range(0, len(keys), _KEYS_PER_TURN):
            for merchant_id, location_id, sku in self._needy(partition, keys[begin : begin + _KEYS_PER_TURN]):
                found[merchant_id, location_id].append(sku)
            await asyncio.sleep(0)
        return found

    def _needy(self, partition: int, keys: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        for key in keys:
            place = key_parts(key)
            row = self._ledger.get(partition, key)
            if row is None:
                continue
            counted, maybe_sent = self._counting.of(*place), self._calls.maybe_sent(key, row)
            if is_out_of_line(row, self._counting.is_zeroed(*place)) or needs_recount(
                row, counted, maybe_sent=maybe_sent
            ):
                yield place
