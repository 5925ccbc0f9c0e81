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
    counts: dict[str, PreviousCount] = field(default_factory=dict)
    sequence: int = 0
    quantity: int = 0
    phase: Phase = Phase.SETTLED
    origin: PreviousOrigin = PreviousOrigin("", 0)  # frozen
    queued: PreviousOrigin | None = None
    accepted_quantity: int | None = None
    accepted_sequence: int | None = None
    used_sequence: int | None = None
    refusal: InventoryRefusal | None = None
    healed_at_ms: int = 0
    contested: bool = False
    contested_since_ms: int = 0
    trouble: Trouble | None = None
    not_before_ms: int = 0


read_as_before = msgspec.json.Decoder(PreviousRow).decode
