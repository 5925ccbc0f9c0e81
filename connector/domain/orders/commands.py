"""What the OMS may ask for one shipment (one envelope, and in it one action), and how each request ends.

Each action has the name and the fields of its record in schemas/order_command.avsc; "", None and () are left out there.
Actions are msgspec's Structs: from JSON, which rows are kept as, msgspec reads a union only where its members are
tagged, and it tags no dataclasses.
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from connector.domain.orders.facts.documents import Courier, StoredDocument, Tracking
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipping_options import Offer

MOST_TOLD = 50  # faults of one command


class Confirm(Struct, frozen=True, tag=True):
    """The order is taken on."""


class Reject(Struct, frozen=True, tag=True):
    """Cancels the whole shipment. `reference_id` "": one is made, the same whenever the command is run."""

    reason: str
    reference_id: str = ""


class CreatePackages(Struct, frozen=True, tag=True):
    packages: tuple[Package, ...] = ()


class SelectShippingOption(Struct, frozen=True, tag=True):
    """`shipping_option_id` "": the one that Amazon recommends."""

    package_id: str
    shipping_option_id: str = ""


class GenerateInvoice(Struct, frozen=True, tag=True):
    """Its file, made at Amazon or read there."""


class GenerateShipLabels(Struct, frozen=True, tag=True, kw_only=True):
    """`package_ids` (): all. `regenerate`: printed anew, though they were made already."""

    package_ids: tuple[str, ...] = ()
    shipping_option_id: str = ""
    courier: Courier | None = None
    regenerate: bool = False


class UpdatePackage(Struct, frozen=True, tag=True):
    """What the package leaves out stays as it is at Amazon."""

    package: Package


class UpdatePackageStatus(Struct, frozen=True, tag=True, kw_only=True):
    """A report of the seller's own delivery. `status` is a PackageStatus."""

    package_id: str
    status: str
    sub_status: str = ""
    reason: str = ""


class Ship(Struct, frozen=True, tag=True):
    """Handover to the carrier. `package_ids` (): all."""

    package_ids: tuple[str, ...] = ()


class Pack(Struct, frozen=True, tag=True, kw_only=True):
    """The whole sequence: packages, shipping options, invoice, labels. `packages` (): those that Amazon recommends."""

    packages: tuple[Package, ...] = ()
    shipping_option_id: str = ""
    courier: Courier | None = None


class Refresh(Struct, frozen=True, tag=True):
    """The shipment is read again; `return_id`: in its place this one return, whose command need name no shipment."""

    return_id: str = ""


class CreateManifest(Struct, frozen=True, tag=True):
    """Sheets for the carriers: of 1 to 5,000 shipments, so its command names none in the envelope."""

    shipment_ids: tuple[str, ...] = ()


Action = (
    Confirm
    | Reject
    | CreatePackages
    | SelectShippingOption
    | GenerateInvoice
    | GenerateShipLabels
    | UpdatePackage
    | UpdatePackageStatus
    | Ship
    | Pack
    | Refresh
    | CreateManifest
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommand:
    """`expires_at_ms`: a command not begun by then is not run."""

    command_id: str
    merchant_id: str
    shipment_id: str
    action: Action
    issued_at_ms: int = 0
    expires_at_ms: int | None = None

    @property
    def action_name(self) -> str:
        """As in the schema."""
        return type(self.action).__name__

    def is_expired(self, now_ms: int) -> bool:
        return self.expires_at_ms is not None and now_ms >= self.expires_at_ms


class CommandOutcome(StrEnum):
    DONE = "DONE"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """The one final answer to a command. `code` is Amazon's, or one of ours (INVALID_COMMAND, EXPIRED, CANCELLED).

    `request_id`: Amazon's, of the call that was refused.
    """

    result_id: str
    command_id: str
    merchant_id: str
    shipment_id: str
    action: str
    outcome: CommandOutcome
    settled_at_ms: int
    code: str = ""
    message: str = ""
    documents: tuple[StoredDocument, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    shipping_options: tuple[Offer, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a command and how to mend it, for an operator to read.

    `may_be_outdated`: judged on facts that may have changed at Amazon, so read the shipment before refusing.
    """

    field: str
    remedy: str
    may_be_outdated: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.remedy}"


def describe(faults: tuple[Fault, ...]) -> str:
    """Bounded: what is refused names each of thousands, and its result must fit into a record."""
    told = [str(fault) for fault in faults[:MOST_TOLD]]
    return "; ".join(told if len(faults) <= MOST_TOLD else [*told, f"and {len(faults) - MOST_TOLD} more"])
