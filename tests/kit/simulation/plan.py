"""A seed's plan: a part of a day of small sellers, and what goes wrong meanwhile. Nothing else of a run is drawn by it,
so that a plan can be made smaller without another one coming of it."""

from dataclasses import dataclass
from typing import Any, Literal

HOUR_S = 3600.0
HOURS = 4.0
"""Of the day, in a run."""

WORKERS = ("worker-1", "worker-2", "worker-3")
PROGRAMS = ("SELLER_FLEX", "EASY_SHIP", "SELF_SHIP")
MERCHANTS = ("A1ANANAS", "A2BANANA", "A3CHERRY", "A4DATTEL", "A5ELDERB")
Fate = Literal["work", "late", "reject", "cancel", "cancel-amid", "console", "again"]
"""The OMS works it at once or late; rejects it; the buyer cancels before or amid the work; the seller works it in
Amazon's console; the OMS sends each command three times."""


@dataclass(frozen=True, slots=True)
class Update:
    """`ago_s`: how long before it is written it was counted. `copies`: times that the OMS writes it."""

    at_s: float
    merchant_id: str
    oms_location: str
    sku: str
    quantity: int
    update_id: str
    ago_s: float = 0.0
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """`after_s`: until the OMS, or the buyer, does what `fate` says."""

    at_s: float
    merchant_id: str
    program: str
    shipment_id: str
    units: int
    fate: Fate
    after_s: float
    comes_back: bool = False


@dataclass(frozen=True, slots=True)
class Garbage:
    """What nobody can read, or what can't be right."""

    at_s: float
    merchant_id: str
    topic: str
    kind: Literal["bytes", "key", "future", "location"]


@dataclass(frozen=True, slots=True)
class Kill:
    """`steps`: of its event loop that the worker still makes."""

    at_s: float
    worker: str
    steps: int
    back_after_s: float


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGTERM."""

    at_s: float
    worker: str
    back_after_s: float


@dataclass(frozen=True, slots=True)
class Freeze:
    at_s: float
    worker: str
    for_s: float


@dataclass(frozen=True, slots=True)
class Strike:
    """From `at_s` on it lies in wait for the first of these effects at Amazon; then the worker that made it is killed
    (`for_s` 0) or frozen for so long, `after_s` later: before it hears of it, or has written down what it heard."""

    at_s: float
    effect: str
    after_s: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Jump:
    """Of the worker's wall clock: not back by more than an update may be ahead of it."""

    at_s: float
    worker: str
    skew_s: float


@dataclass(frozen=True, slots=True)
class KafkaTrouble:
    """Of one worker's connections: nothing gets through, all is slow, or a share of what is sent fails."""

    at_s: float
    worker: str
    for_s: float
    kind: Literal["away", "slow", "failing"]
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class AmazonTrouble:
    """`fault`: of the simulator (--fault), or "lose" (requests and answers) or "slow"."""

    at_s: float
    for_s: float
    fault: str
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Revoke:
    """The seller's consent ends, and is renewed."""

    at_s: float
    merchant_id: str
    for_s: float


@dataclass(frozen=True, slots=True)
class Compact:
    at_s: float


@dataclass(frozen=True, slots=True)
class Truncate:
    """Kafka deletes all that the merchant's partition of an input topic holds, read or not; the OMS writes again what
    nobody had dealt with."""

    at_s: float
    merchant_id: str
    topic: str


@dataclass(frozen=True, slots=True)
class Relocate:
    """The OMS's WH2 is no place of the merchant's any more: the merchants file says so."""

    at_s: float
    merchant_id: str


@dataclass(frozen=True, slots=True)
class Pause:
    """An operator's, of a merchant."""

    at_s: float
    merchant_id: str
    for_s: float


@dataclass(frozen=True, slots=True)
class OffSale:
    """An operator takes stock off sale: of one SKU, of a location (`sku` ""), or all of the merchant's (both "").
    `for_s` None: nobody restores it."""

    at_s: float
    merchant_id: str
    location_id: str
    sku: str
    for_s: float | None


@dataclass(frozen=True, slots=True)
class LowerLimit:
    """Amazon allows a merchant fewer calls of one operation, and says so with each answer."""

    at_s: float
    merchant_id: str
    operation: str
    per_s: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A second integrator posts a SKU that Amazon knows, `ahead` numbers above Amazon's."""

    at_s: float
    merchant_id: str
    location_id: str
    sku: str
    ahead: int
    quantity: int


Input = Update | Order | Garbage | Relocate
Word = Pause | OffSale
OfAmazon = AmazonTrouble | Revoke | LowerLimit | Elsewhere
Trouble = Kill | Strike | Stop | Freeze | Jump | KafkaTrouble | Compact | Truncate | OfAmazon
Action = Input | Word | Trouble


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    hours: float
    workers: int
    switches: tuple[tuple[str, Any], ...]
    manners: tuple[str, ...]
    notified: bool
    actions: tuple[Action, ...]
