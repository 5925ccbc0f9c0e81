"""What time or an operator asks of the connector's own tables. Only agents write tables, so each comes as a record."""

from dataclasses import dataclass

from connector.domain.inventory.commands import ForgetTimes, RecountStock, ResendStock, SeedSequences


@dataclass(frozen=True, slots=True)
class EndCommands:
    """Commands of the shipment end by time alone: expired, or nothing is left to call for them.

    `shipment_id`: or what the shipments table has in its place, for a command with a row of its own.
    """

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
class RetryParked:
    """An operator says that what an alert of this kind names may be tried again at once."""

    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class RereadShipments:
    """Shipments are to be read from Amazon again; what differs from what was told is told."""

    shipment_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RereadReturns:
    """As RereadShipments, of returns."""

    return_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgetMerchant:
    """An operator says that the merchant has left: nothing is to be kept of it. `by`: who says so."""

    by: str


@dataclass(frozen=True, slots=True)
class FinishReconcile:
    """The merchant's nightly reconcile has been made. `night`: its day."""

    night: str


InternalAction = (
    EndCommands
    | FinishManifest
    | ForgetRows
    | SeedSequences
    | RecountStock
    | ResendStock
    | ForgetTimes
    | RetryParked
    | ForgetMerchant
    | RereadShipments
    | RereadReturns
    | FinishReconcile
)
