"""What time or an operator asks of the connector's own tables. Only agents write tables, so each comes as a record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndCommands:
    """Commands of the shipment end by time alone: expired, or nothing is left to call for them."""

    shipment_id: str


@dataclass(frozen=True, slots=True)
class ManifestDocument:
    uri: str
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class FinishManifest:
    """Manifests were drawn and stored: the first, and `more`. `document` None: they can't be, for `code`, `message`."""

    command_id: str
    document: ManifestDocument | None = None
    code: str = ""
    message: str = ""
    more: tuple[ManifestDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class ForgetRows:
    """Rows of `table` whose time is over, all of one merchant."""

    table: str
    keys: tuple[str, ...]


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
class RetryParked:
    """An operator says that what an alert of this kind names may be tried again at once."""

    kind: str
    subject: str


InternalAction = EndCommands | FinishManifest | ForgetRows | SeedSequences | RetryParked
