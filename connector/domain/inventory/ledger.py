"""The sequence ledger of one SKU at one Amazon location: what Amazon was told, and what it must be told next.

Write-ahead: a row is durable before its (sequence, quantity) may be sent, so a crash can only repeat the same pair.
A number once possibly sent stays bound to its quantity; a newer quantity waits for the next number (guarantee G2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from connector.domain.inventory.requests import InventoryLevel
from connector.domain.quarantine import Trouble, wait_ms

MAX_NAMED_SUPERSEDED = 100
CONTEST_WINDOW_MS = 10 * 60_000
LARGEST_SEQUENCE = 2**53  # beyond it JSON numbers lose digits on the way to Amazon


class Phase(StrEnum):
    SETTLED = "settled"
    SEND = "send"
    CHECK = "check"


class InventoryOutcome(StrEnum):
    """How an update ended, as its result says."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"


class CallKind(StrEnum):
    UPDATE = "UPDATE"
    FETCH = "FETCH"


class LocationCount(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The newest word of one OMS location: `quantity` units, said of the OMS's `sku` in the record at `offset`.

    Before version 0.2 rows had neither: "" and -1.
    """

    quantity: int
    occurred_at_ms: int
    update_id: str
    offset: int = -1
    sku: str = ""


Counted = Callable[[str, LocationCount], bool]
"""(OMS location, its word) -> whether it counts now: the merchants file names the location for this one of Amazon's,
and the listings name this SKU for the one it was said of."""


class Origin(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The updates behind one value: the newest, and those it overtook (`since_ms`: when the first arrived).

    `update_id` "": no update's, but a recount's.
    """

    update_id: str
    since_ms: int
    superseded_update_ids: tuple[str, ...] = ()
    superseded_count: int = 0

    def overtaken_by(self, update_id: str) -> "Origin":
        """As `merged_into` an origin of that update alone: most that are overtaken are so one by one."""
        named, count = self.superseded_update_ids, self.superseded_count
        if self.update_id:
            count += 1
            if len(named) < MAX_NAMED_SUPERSEDED:
                named = (*named, self.update_id)
        return Origin(update_id, self.since_ms, named, count)

    def merged_into(self, newer: "Origin") -> "Origin":
        overtaken = (self.update_id,) if self.update_id else ()
        named = (*self.superseded_update_ids, *overtaken, *newer.superseded_update_ids)[:MAX_NAMED_SUPERSEDED]
        count = self.superseded_count + len(overtaken) + newer.superseded_count
        return Origin(newer.update_id, self.since_ms, named, count)


NOBODY = Origin("", 0)


@dataclass(frozen=True, slots=True)
class InventoryRefusal:
    code: str
    message: str


class LedgerRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A struct, since one is made for each update: a dataclass takes ten times as long to be replaced.

    `quantity` is what `sequence` says or will say. `counts` (by OMS location) make what is wanted.

    `accepted_quantity`, `accepted_sequence`: what Amazon last confirmed, None before that. `used_sequence`: the highest
    number before `sequence` that may have been sent; None in rows of version 0.1. `trouble`: its calls fail strangely.
    `not_before_ms`: no call earlier. `contested`: another integrator posts the SKU too. `zeroed`: an operator took it
    off sale; then `queued` waits until it is restored (see `zero.py`), otherwise for the end of a call.
    """

    counts: dict[str, LocationCount] = {}  # a struct copies it
    sequence: int = 0
    quantity: int = 0
    phase: Phase = Phase.SETTLED
    origin: Origin = NOBODY
    queued: Origin | None = None
    accepted_quantity: int | None = None
    accepted_sequence: int | None = None
    used_sequence: int | None = None
    refusal: InventoryRefusal | None = None
    healed_at_ms: int = 0
    contested: bool = False
    contested_since_ms: int = 0
    trouble: Trouble | None = None
    not_before_ms: int = 0
    zeroed: bool = False

    def wanted(self, counted: Counted) -> int:
        return 0 if self.zeroed else total(self.counts, counted)

    @property
    def has_units_off_sale(self) -> bool:
        """Its number carries units, and may have been sent, though the stock is off sale by now."""
        return self.zeroed and self.quantity > 0

    @property
    def next_call(self) -> CallKind | None:
        """None: nothing is to be called. Units of stock off sale, whose number may have been sent, are not told again:
        Amazon is asked what it has."""
        if self.phase is Phase.SETTLED:
            return None
        tells = self.phase is Phase.SEND and not self.has_units_off_sale
        return CallKind.UPDATE if tells else CallKind.FETCH

    @property
    def has_trouble(self) -> bool:
        """It may have an alert that stands."""
        return self.contested or self.trouble is not None

    def was_healed_lately(self, now_ms: int) -> bool:
        """No, where it was by a clock that was ahead: until then nothing would end."""
        return self.healed_at_ms > 0 and 0 <= now_ms - self.healed_at_ms < CONTEST_WINDOW_MS

    def contested_until_ms(self, now_ms: int) -> int:
        """Where it is contested."""
        return self.healed_at_ms + CONTEST_WINDOW_MS if self.was_healed_lately(now_ms) else now_ms

    @property
    def highest_used(self) -> int:
        """Of the numbers before `sequence`: no fresh one may be at or below it, for it may have carried something."""
        if self.used_sequence is not None:
            return self.used_sequence
        return self.sequence if self.counts else 0  # of version 0.1; without counts nothing but seeds came so far


def total(counts: Mapping[str, LocationCount], counted: Counted) -> int:
    """The units of what counts."""
    units = 0
    for name, count in counts.items():
        if counted(name, count):
            units += count.quantity
    return units


def no_row() -> LedgerRow:
    """Of a SKU that nobody spoke of yet."""
    return LedgerRow(used_sequence=0)


@dataclass(frozen=True, slots=True)
class InventoryResult:
    """How an update ended; settles `origin.update_id` and all that it names as superseded."""

    outcome: InventoryOutcome
    origin: Origin
    quantity: int
    sequence: int
    code: str = ""
    message: str = ""
    level: InventoryLevel = field(default_factory=InventoryLevel)


def next_value(
    row: LedgerRow,
    counted: Counted,
    now_ms: int,
    *,
    origin: Origin | None = None,
    counts: dict[str, LocationCount] | None = None,
) -> LedgerRow:
    """A fresh number carries what is wanted now. A parked SKU stays at its slow beat until a call goes well.

    `counts`: in place of the row's. All in one replacement: each costs as much as the rest of an update together.
    `origin`: the updates that want it; None: those that wait, and where none does it is a recount's. Where the SKU is
    zeroed its updates are kept, and the number is nobody's.
    """
    trouble, counts, kept = parked(row), row.counts if counts is None else counts, None
    origin = origin or row.queued or Origin("", now_ms)
    if row.zeroed:
        kept, origin = origin if origin.update_id else None, Origin("", now_ms)
    return replace(
        row,
        counts=counts,
        sequence=row.sequence + 1,
        quantity=0 if row.zeroed else total(counts, counted),
        phase=Phase.SEND,
        origin=origin,
        queued=kept,
        refusal=None,
        not_before_ms=now_ms + wait_ms(trouble) if trouble else 0,
    )


def queued_with(row: LedgerRow, update_id: str, now_ms: int) -> Origin:
    """What waits, now that this update arrived."""
    return row.queued.overtaken_by(update_id) if row.queued else Origin(update_id, now_ms)


def adopt_sequence(row: LedgerRow, known: int, counted: Counted, now_ms: int) -> LedgerRow:
    """A fresh number may carry the newest quantity, so what was queued joins what was sent."""
    origin = row.origin.merged_into(row.queued) if row.queued else row.origin
    return next_value(replace(row, sequence=known), counted, now_ms, origin=origin)


def use(row: LedgerRow) -> LedgerRow:
    """Its number may have been sent, and the next one is about to be bound."""
    return replace(row, used_sequence=max(row.sequence, row.used_sequence or 0))


def calm(row: LedgerRow, now_ms: int) -> LedgerRow:
    """Contested no longer, where its value stands and nobody else has posted the SKU for some time."""
    if row.contested and row.phase is Phase.SETTLED and not row.was_healed_lately(now_ms):
        return replace(row, contested=False, contested_since_ms=0)
    return row


def parked(row: LedgerRow) -> Trouble | None:
    return row.trouble if row.trouble is not None and row.trouble.is_parked else None
