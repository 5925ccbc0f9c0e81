"""What the callers changed: every effect of a call on a shipment, so that tests can say "exactly once"."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

EffectName = Literal[
    "confirmed",
    "rejected",
    "packages_created",
    "package_updated",
    "options_retrieved",
    "invoice_generated",
    "labels_generated",
    "labels_regenerated",
    "package_shipped",
    "package_sub_status",
    "package_delivered",
]


@dataclass(frozen=True, slots=True)
class Effect:
    """`detail`: package ids joined by commas, a reference id, or a sub-status. `wall`: epoch seconds."""

    wall: float
    merchant_id: str
    shipment_id: str
    name: EffectName
    detail: str = ""


class Effects:
    """What Amazon, customers and carriers do by themselves is not in here.

    `listeners` hear of each effect before its call is answered: a test cancels in the middle of a sequence.
    """

    def __init__(self) -> None:
        self._effects: list[Effect] = []
        self.listeners: list[Callable[[Effect], object]] = []

    def add(self, effect: Effect) -> None:
        self._effects.append(effect)
        for listener in self.listeners:
            listener(effect)

    def of(self, *, merchant: str = "", shipment: str = "", name: str = "") -> list[Effect]:
        """The effects that match every argument given, in the order they were made."""
        return [
            effect
            for effect in self._effects
            if (not merchant or effect.merchant_id == merchant)
            and (not shipment or effect.shipment_id == shipment)
            and (not name or effect.name == name)
        ]

    def count(self, shipment: str, name: EffectName) -> int:
        return len(self.of(shipment=shipment, name=name))

    def counts(self, shipment: str) -> dict[str, int]:
        return dict(Counter(effect.name for effect in self.of(shipment=shipment)))

    def repeated(self) -> list[tuple[str, str, str, int]]:
        """(shipment, name, detail, times) of every effect made more than once."""
        found = Counter((effect.shipment_id, effect.name, effect.detail) for effect in self._effects)
        return [(*key, times) for key, times in found.items() if times > 1]
