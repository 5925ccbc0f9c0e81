"""Scripted faults: what goes wrong, when, and for whom."""

import random
from dataclasses import dataclass
from typing import Literal

Phase = Literal["before", "after"]
KINDS = ("timeout", "close", "malformed", "slow")


@dataclass(slots=True)
class Fault:
    """Empty scopes match everything. `kind` is a status in digits or one of KINDS."""

    kind: str
    phase: Phase = "before"
    item: bool = False
    operation: str = ""
    merchant: str = ""
    match: str = ""
    probability: float = 1.0
    count: int | None = None
    nth: int | None = None
    seconds: float = 5.0
    code: str = ""
    matched: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS and not (self.kind.isdigit() and 400 <= int(self.kind) <= 599):
            raise ValueError(f"fault kind {self.kind!r} is none of: an HTTP status from 400 to 599, {', '.join(KINDS)}")
        if self.item and not self.kind.isdigit():
            raise ValueError("an item of a 207 can only fail with an HTTP status")
        if self.phase not in ("before", "after"):
            raise ValueError(f"fault phase {self.phase!r} is neither before nor after")

    @property
    def label(self) -> str:
        return f"{self.kind}/{self.phase}" + ("/item" if self.item else "")

    def fires(self, *, merchant: str, operation: str, text: str, rng: random.Random) -> bool:
        if (
            (self.operation and self.operation != operation)
            or (self.merchant and self.merchant != merchant)
            or self.match not in text
        ):
            return False
        self.matched += 1
        if (self.nth is not None and self.matched != self.nth) or (self.count is not None and self.fired >= self.count):
            return False
        if self.probability < 1.0 and rng.random() >= self.probability:
            return False
        self.fired += 1
        return True


class Faults:
    """The first fault that fires is the one that happens."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - repeatable by seed, nothing secret hangs on it
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        self.active.clear()

    def pick(self, *, merchant: str, operation: str, text: str, item: bool = False) -> Fault | None:
        for fault in self.active:
            if fault.item == item and fault.fires(merchant=merchant, operation=operation, text=text, rng=self._rng):
                return fault
        return None
