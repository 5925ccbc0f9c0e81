"""The OMS's stock in a campaign: SKUs that change all day, and some that somebody else posts, too."""

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence

from connector.domain.inventory.updates import InventoryUpdate
from tests.kit.flows.judge import Seen
from tests.kit.flows.world import World, newest_quantities

LOCATION = "SELLER_FLEX"
OURS = tuple(f"stock-{number:02}" for number in range(20))
SHARED = tuple(f"shared-{number:02}" for number in range(4))
AHEAD = 100
"""By so many numbers another integrator is ahead of what Amazon knows."""
LAST_FROM = 1000
"""Quantities of the last round: unlike any before, so that each is sent."""


class Stock:
    def __init__(self, world: World, merchants: Sequence[str], seed: int) -> None:
        self._world = world
        self._merchants = merchants
        self._chance = random.Random(seed)
        self._numbers = itertools.count(1)

    def update(self, merchants: Iterable[str] = ()) -> None:
        """Half of the SKUs of each, or of those merchants."""
        self._write(
            self._update(merchant_id, sku, self._chance.randrange(50))
            for merchant_id in merchants or self._merchants
            for sku in self._chance.sample((*OURS, *SHARED), (len(OURS) + len(SHARED)) // 2)
        )

    def last(self) -> None:
        """Of every SKU."""
        skus = enumerate((*OURS, *SHARED), LAST_FROM)
        self._write(
            self._update(merchant_id, sku, quantity) for quantity, sku in skus for merchant_id in self._merchants
        )

    def _write(self, updates: Iterable[InventoryUpdate]) -> None:
        self._world.produce(updates)

    def _update(self, merchant_id: str, sku: str, quantity: int) -> InventoryUpdate:
        return self._world.update(merchant_id, sku, quantity, next(self._numbers), LOCATION)

    def give_up(self, update_ids: Iterable[str]) -> None:
        """They were deleted before anybody read them."""
        gone = set(update_ids)
        self._world.written[:] = [update for update in self._world.written if update.update_id not in gone]

    def to_post_elsewhere(self) -> Iterator[tuple[str, str, int]]:
        """(merchant, SKU, sequence number)."""
        known = self._world.stock()
        for merchant_id, sku in itertools.product(self._merchants, self._chance.sample(SHARED, 2)):
            yield merchant_id, sku, known.get((merchant_id, sku), {"sequence": 0})["sequence"] + AHEAD

    def missing(self, seen: Seen) -> list[str]:
        """Quantities that Amazon has not, and updates that no result names, where no alert says why."""
        written, at_amazon, settled = self._world.written, self._world.quantities(), self._world.settled_updates()
        told = " ".join(seen.alerted)
        behind = [
            f"{merchant_id} {sku}: Amazon has {at_amazon.get((merchant_id, sku))}, not {quantity}"
            for (merchant_id, sku), quantity in newest_quantities(written).items()
            if at_amazon.get((merchant_id, sku)) != quantity and sku not in told
        ]
        unnamed = [
            f"{update.update_id}: no result"
            for update in written
            if update.update_id not in settled and update.sku not in told
        ]
        return behind + unnamed
