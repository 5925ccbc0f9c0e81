"""What the OMS may ask for one shipment, and how each request ends."""

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.orders.facts.documents import Courier, StoredDocument, Tracking
from connector.domain.orders.facts.packages import Package


class Action(StrEnum):
    CONFIRM = "Confirm"
    REJECT = "Reject"
    CREATE_PACKAGES = "CreatePackages"
    SELECT_SHIPPING_OPTION = "SelectShippingOption"
    GENERATE_INVOICE = "GenerateInvoice"
    GENERATE_SHIP_LABELS = "GenerateShipLabels"
    UPDATE_PACKAGE = "UpdatePackage"
    UPDATE_PACKAGE_STATUS = "UpdatePackageStatus"
    SHIP = "Ship"
    PACK = "Pack"
    REFRESH = "Refresh"
    CREATE_MANIFEST = "CreateManifest"


class CommandOutcome(StrEnum):
    DONE = "DONE"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommand:
    """Only the fields of its `action` say anything.

    `packages`: Pack, CreatePackages and (exactly one) UpdatePackage. `package_ids`: GenerateShipLabels and Ship, empty
    for all. `package_id`: SelectShippingOption, UpdatePackageStatus. `reason`: Reject, UpdatePackageStatus.
    """

    command_id: str
    merchant_id: str
    shipment_id: str
    action: Action
    issued_at_ms: int = 0
    expires_at_ms: int | None = None
    packages: tuple[Package, ...] = ()
    package_ids: tuple[str, ...] = ()
    package_id: str = ""
    shipping_option_id: str = ""
    courier: Courier | None = None
    regenerate: bool = False
    reason: str = ""
    reference_id: str = ""
    status: str = ""
    sub_status: str = ""
    shipment_ids: tuple[str, ...] = ()

    def is_expired(self, now_ms: int) -> bool:
        return self.expires_at_ms is not None and now_ms >= self.expires_at_ms


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
    return "; ".join(str(fault) for fault in faults)
