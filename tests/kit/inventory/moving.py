"""Stock that moves while it is compared: SKUs between an OMS's log and Amazon, and a view of their rows that lags."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.domain.inventory.ledger import InventoryRefusal, LedgerRow
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.outcomes import Accepted
from connector.domain.reconcile.kinds import DriftKind
from tests.kit.inventory.model import AmazonSku, SkuModel

Level = InventoryLevel | InventoryRefusal

PLANTED = (
    DriftKind.UNKNOWN_SKU,
    DriftKind.STOCK_LOST,
    DriftKind.SEQUENCE_AHEAD,
    DriftKind.SEQUENCE_BEHIND,
    DriftKind.OTHER_QUANTITY,
)


def stocked(values: int = 2, units: int = 7, *, repeat: str = "accept") -> SkuModel:
    """A SKU of which Amazon has taken so many values, the last of `units`."""
    sku = SkuModel(AmazonSku("conflict", repeat))
    for number in range(values):
        sku.say("WH1", units + values - 1 - number, 1_000 + number)
        sku.call("fine")
    return sku


def shown(sku: SkuModel, reserved: int = 0) -> InventoryLevel:
    answer = sku.amazon.level(sku.amazon.sequence)
    assert isinstance(answer, Accepted)
    return replace(answer.value, reserved_quantity=reserved, sellable_quantity=max(0, sku.amazon.quantity - reserved))


def drifted(kind: DriftKind, level: InventoryLevel) -> Level:
    """What Amazon shows instead; of a SKU that has two numbers and a unit to sell at least."""
    assert level.sequence is not None
    assert level.sellable_quantity
    match kind:
        case DriftKind.UNKNOWN_SKU:
            return InventoryRefusal("INVALID_SKU", "")
        case DriftKind.STOCK_LOST:
            return InventoryLevel(None, 0, 0)
        case DriftKind.SEQUENCE_AHEAD:
            return replace(level, sequence=level.sequence + 3)
        case DriftKind.SEQUENCE_BEHIND:
            return replace(level, sequence=level.sequence - 1)
        case DriftKind.OTHER_QUANTITY:
            return replace(level, sellable_quantity=level.sellable_quantity - 1)
        case _:
            raise AssertionError(f"{kind} is of no stock")


@dataclass
class MovingStock:
    """`planted`: what is wrong with which SKU, for good. All others move between any two looks, a little or a lot.

    As `rounds.Versions`: what was known at the last `refresh`.
    """

    skus: Mapping[str, SkuModel]
    planted: Mapping[str, DriftKind]
    chance: random.Random
    asked: list[str] = field(default_factory=list)
    still: bool = False
    _known: dict[str, tuple[int, LedgerRow | None]] = field(default_factory=dict)
    _offsets: dict[str, int] = field(default_factory=dict)

    def refresh(self) -> None:
        self._move()
        self._known = {key: (self._offsets.get(key, 0), sku.row) for key, sku in self.skus.items()}
        self._move()

    def row(self, key: str) -> LedgerRow | None:
        return self._known[key][1]

    def version(self, key: str) -> object:
        return self._known[key]

    async def ask(self, keys: Sequence[str]) -> Mapping[str, Any]:
        answers: dict[str, Level] = {}
        for key in keys:
            self._move()
            level = shown(self.skus[key], self.chance.randrange(3))
            answers[key] = drifted(self.planted[key], level) if key in self.planted else level
            self.asked.append(key)
        return answers

    def _move(self) -> None:
        for key, sku in self.skus.items():
            if not self.still and key not in self.planted and self.chance.random() < 0.3:
                before = sku.row
                if self.chance.random() < 0.4:
                    sku.say("WH1", self.chance.randrange(20), 2_000 + len(sku.log))
                else:
                    sku.call(self.chance.choice(["fine", "fine", "lost before", "lost after"]))
                self._offsets[key] = self._offsets.get(key, 0) + (sku.row is not before)
