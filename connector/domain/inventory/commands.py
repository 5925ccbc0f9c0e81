"""What time and operators ask of the ledger (see `internal_commands.py`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SequenceSeed:
    """`sequence` is what Amazon knows. `known_sequence`: the ledger's when the seed was made."""

    location_id: str
    sku: str
    sequence: int
    known_sequence: int = 0


@dataclass(frozen=True, slots=True)
class SeedSequences:
    """`forced`: numbers may go back, each if the ledger still has its `known_sequence`: so a record that is read twice,
    or after further updates, takes no number back."""

    items: tuple[SequenceSeed, ...]
    forced: bool = False


@dataclass(frozen=True, slots=True)
class RecountStock:
    """Rows of the ledger are to be looked at again: which words of the OMS count, and whether they are contested still.

    Names as Amazon has them."""

    location_id: str
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResendStock:
    """The newest quantity of each SKU is to be sent again."""

    location_id: str
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgetTimes:
    """The next update of each SKU is to count, whatever its time: one from the future had frozen it."""

    location_id: str
    skus: tuple[str, ...]
