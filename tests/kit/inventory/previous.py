"""Ledger rows as the release before has them: what it must still read when workers of both take turns (an upgrade)."""

from dataclasses import dataclass, field

import msgspec

from connector.domain.inventory.ledger import InventoryRefusal, Phase
from connector.domain.quarantine import Trouble


@dataclass(frozen=True, slots=True)
class PreviousCount:
    quantity: int
    occurred_at_ms: int
    update_id: str
    offset: int = -1
    sku: str = ""


@dataclass(frozen=True, slots=True)
class PreviousOrigin:
    update_id: str
    since_ms: int
    superseded_update_ids: tuple[str, ...] = ()
    superseded_count: int = 0


@dataclass(frozen=True, slots=True)
class PreviousRow:
    """By name, as its changelog is: in no order."""

    accepted_quantity: int | None = None
    accepted_sequence: int | None = None
    contested: bool = False
    contested_since_ms: int = 0
    counts: dict[str, PreviousCount] = field(default_factory=dict)
    healed_at_ms: int = 0
    not_before_ms: int = 0
    origin: PreviousOrigin = PreviousOrigin("", 0)  # frozen
    phase: Phase = Phase.SETTLED
    quantity: int = 0
    queued: PreviousOrigin | None = None
    refusal: InventoryRefusal | None = None
    sequence: int = 0
    trouble: Trouble | None = None
    used_sequence: int | None = None


read_as_before = msgspec.json.Decoder(PreviousRow).decode
