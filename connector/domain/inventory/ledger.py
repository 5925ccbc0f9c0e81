"""The sequence ledger of one SKU at one Amazon location: what Amazon was told, and what it must be told next.

Write-ahead: a row is durable before its (sequence, quantity) may be sent, so a crash can only repeat the same pair.
A number once possibly sent stays bound to its quantity; a newer quantity waits for the next number (guarantee G2).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from connector.domain.inventory.requests import InventoryLevel

MAX_NAMED_SUPERSEDED = 100


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


class UpdateVerdict(StrEnum):
    """What became of an arriving update."""

    WAITING = "waiting"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class InventoryUpdate:
    """The OMS's word on one SKU: `quantity` is absolute on-hand, in units."""

    update_id: str
    merchant_id: str
    location_id: str
    sku: str
    quantity: int
    occurred_at_ms: int


@dataclass(frozen=True, slots=True)
class LocationCount:
    """The newest word of one OMS location."""

    quantity: int
    occurred_at_ms: int
    update_id: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The updates behind one value: the newest, and those it overtook (`since_ms`: when the first arrived)."""

    update_id: str
    since_ms: int
    superseded_update_ids: tuple[str, ...] = ()
    superseded_count: int = 0

    def overtaken_by(self, update_id: str) -> "Origin":
        named = self.superseded_update_ids
        if len(named) < MAX_NAMED_SUPERSEDED:
            named = (*named, self.update_id)
        return Origin(update_id, self.since_ms, named, self.superseded_count + 1)

    def merged_into(self, newer: "Origin") -> "Origin":
        named = (*self.superseded_update_ids, self.update_id, *newer.superseded_update_ids)[:MAX_NAMED_SUPERSEDED]
        return Origin(newer.update_id, self.since_ms, named, self.superseded_count + 1 + newer.superseded_count)


NOBODY = Origin("", 0)


@dataclass(frozen=True, slots=True)
class InventoryRefusal:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """`quantity` is what `sequence` says or will say; `counts` (by OMS location) sum up to what is wanted.

    `accepted_quantity`: what Amazon last confirmed, None before that. `not_before_ms`: no call earlier.
    """

    counts: dict[str, LocationCount] = field(default_factory=dict)
    sequence: int = 0
    quantity: int = 0
    phase: Phase = Phase.SETTLED
    origin: Origin = NOBODY
    queued: Origin | None = None
    accepted_quantity: int | None = None
    refusal: InventoryRefusal | None = None
    healed_at_ms: int = 0
    contested: bool = False
    checks: int = 0
    not_before_ms: int = 0

    @property
    def wanted(self) -> int:
        return sum(count.quantity for count in self.counts.values())


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


def take_update(
    row: LedgerRow | None, update: InventoryUpdate, maybe_sent: bool, now_ms: int
) -> tuple[LedgerRow, UpdateVerdict]:
    """The row after an update arrived. `maybe_sent`: a call with the row's sequence may have left already."""
    row = row or LedgerRow()
    known = row.counts.get(update.location_id)
    if known is not None:
        if update.update_id == known.update_id:
            return row, UpdateVerdict.REPEATED
        if update.occurred_at_ms < known.occurred_at_ms:
            return row, UpdateVerdict.STALE
        if update.occurred_at_ms == known.occurred_at_ms and _names(row, update.update_id):
            return row, UpdateVerdict.REPEATED  # redelivered: already overtaken within its own millisecond
    counts = {**row.counts, update.location_id: LocationCount(update.quantity, update.occurred_at_ms, update.update_id)}
    if row.phase is Phase.SETTLED:
        row = replace(row, counts=counts, origin=Origin(update.update_id, now_ms))
        if row.wanted == row.accepted_quantity:
            return row, UpdateVerdict.UNCHANGED
        return next_value(row), UpdateVerdict.WAITING
    if row.phase is Phase.SEND and not maybe_sent:
        row = replace(row, counts=counts, origin=row.origin.overtaken_by(update.update_id))
        return replace(row, quantity=row.wanted), UpdateVerdict.WAITING
    queued = row.queued.overtaken_by(update.update_id) if row.queued else Origin(update.update_id, now_ms)
    return replace(row, counts=counts, queued=queued), UpdateVerdict.WAITING


def seed_sequence(row: LedgerRow | None, sequence: int) -> LedgerRow:
    """The row after an operator said which number Amazon knows; a waiting value moves on to the one after it."""
    row = row or LedgerRow()
    if row.phase is Phase.SETTLED:
        return replace(row, sequence=sequence, accepted_quantity=None)
    return adopt_sequence(row, sequence)


def _names(row: LedgerRow, update_id: str) -> bool:
    return any(
        origin is not None and (update_id == origin.update_id or update_id in origin.superseded_update_ids)
        for origin in (row.origin, row.queued)
    )


def next_value(row: LedgerRow) -> LedgerRow:
    return replace(
        row,
        sequence=row.sequence + 1,
        quantity=row.wanted,
        phase=Phase.SEND,
        refusal=None,
        checks=0,
        not_before_ms=0,
    )


def adopt_sequence(row: LedgerRow, known: int) -> LedgerRow:
    """A fresh number may carry the newest quantity, so what was queued joins what was sent."""
    origin = row.origin.merged_into(row.queued) if row.queued else row.origin
    return next_value(replace(row, sequence=known, origin=origin, queued=None))
