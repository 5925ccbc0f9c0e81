"""Invoices, labels and manifests: as Amazon hands them over, and where they are kept."""

from dataclasses import dataclass, field
from enum import StrEnum

from connector.domain.orders.facts.shipping_options import HandoverLocation, TimeWindow
from connector.domain.unread import UnreadFact


class DocumentKind(StrEnum):
    INVOICE = "INVOICE"
    SHIP_LABEL = "SHIP_LABEL"
    MANIFEST = "MANIFEST"
    GIFT_MESSAGE = "GIFT_MESSAGE"


@dataclass(frozen=True, slots=True)
class Document:
    """`format`: what it is said to be (ZPL, PDF, PNG or PLAIN_TEXT; empty: nobody says). `content`: its bytes."""

    format: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftMessage:
    """What is to be printed for the one who gets the gift: as it came its `content`, kept its `uri`."""

    format: str = ""
    content: bytes = field(default=b"", repr=False)
    uri: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageShipLabel:
    """A label of one package, or why there is none (`status` SUCCESS or FAILURE).

    `url` is presigned: it opens the file for whoever holds it, and expires. `error_text`: Amazon's own words, masked.
    """

    package_id: str
    status: str = ""
    url: str = field(default="", repr=False)
    carrier_name: str = ""
    tracking_id: str = ""
    shipping_option_id: str = ""
    pickup_window: TimeWindow | None = None
    time_slot: TimeWindow | None = None
    handover_location: HandoverLocation | None = field(default=None, repr=False)
    error_code: str = ""
    error_text: str = ""


@dataclass(frozen=True, slots=True)
class ShipLabels:
    """What a label call is answered with."""

    labels: tuple[PackageShipLabel, ...]
    unread: tuple[UnreadFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document kept in our own store. `package_id`: of a label."""

    kind: DocumentKind
    uri: str
    sha256: str
    content_type: str
    package_id: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """Who carries a labelled package, and when and where it is handed over."""

    package_id: str
    carrier_name: str
    tracking_id: str
    shipping_option_id: str = ""
    pickup_window: TimeWindow | None = None
    time_slot: TimeWindow | None = None
    handover_location: HandoverLocation | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Courier:
    """The seller's own carrier, told to Amazon with the label call."""

    carrier_name: str
    tracking_id: str
