"""One call for one shipment: which, and with what. A step is a value: planned from a row, made by a lane, settled.

One envelope, and in it one of the calls, named after Amazon's operations. Their tags are what connector.api-calls and
rows name them by. They are Structs for the reason given in commands.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

import msgspec
from msgspec import Struct

from connector.domain.ids import stable_id
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Package


class GetShipmentCall(Struct, frozen=True, tag="READ"):
    """getShipment."""


class ConfirmShipmentCall(Struct, frozen=True, tag="CONFIRM"):
    """processShipment, CONFIRM."""


class RejectShipmentCall(Struct, frozen=True, tag="REJECT", kw_only=True):
    """processShipment, REJECT: of all line items, since Amazon rejects whole shipments only."""

    line_item_ids: tuple[str, ...]
    reason: str
    reference_id: str


class CreatePackagesCall(Struct, frozen=True, tag="CREATE_PACKAGES"):
    packages: tuple[Package, ...]


class UpdatePackageCall(Struct, frozen=True, tag="UPDATE_PACKAGE"):
    package: Package


class UpdatePackageStatusCall(Struct, frozen=True, tag="UPDATE_PACKAGE_STATUS", kw_only=True):
    package_id: str
    status: str
    sub_status: str = ""
    reason: str = ""


class RetrieveShippingOptionsCall(Struct, frozen=True, tag="SHIPPING_OPTIONS"):
    package_id: str


class GenerateInvoiceCall(Struct, frozen=True, tag="GENERATE_INVOICE"):
    """generateInvoice."""


class RetrieveInvoiceCall(Struct, frozen=True, tag="RETRIEVE_INVOICE"):
    """retrieveInvoice: of one that was generated."""


class GenerateShipLabelsCall(Struct, frozen=True, tag="GENERATE_LABELS", kw_only=True):
    """generateShipLabels, GENERATE. `shipping_option_id` "": Amazon offers none."""

    package_ids: tuple[str, ...]
    shipping_option_id: str = ""
    courier: Courier | None = None


class RegenerateShipLabelsCall(Struct, frozen=True, tag="REGENERATE_LABELS"):
    """generateShipLabels, REGENERATE: the only way to the file of a label that was made. Option and courier as then."""

    package_ids: tuple[str, ...]
    shipping_option_id: str = ""
    courier: Courier | None = None


StepCall = (
    GetShipmentCall
    | ConfirmShipmentCall
    | RejectShipmentCall
    | CreatePackagesCall
    | UpdatePackageCall
    | UpdatePackageStatusCall
    | RetrieveShippingOptionsCall
    | GenerateInvoiceCall
    | RetrieveInvoiceCall
    | GenerateShipLabelsCall
    | RegenerateShipLabelsCall
)

LIMITS_BY_CALL: Mapping[type[StepCall], str] = {
    GetShipmentCall: "get_shipment",
    ConfirmShipmentCall: "process_shipment",
    RejectShipmentCall: "process_shipment",
    CreatePackagesCall: "create_packages",
    UpdatePackageCall: "update_package",
    UpdatePackageStatusCall: "update_package_status",
    RetrieveShippingOptionsCall: "shipping_options",
    GenerateInvoiceCall: "invoice",
    RetrieveInvoiceCall: "invoice",
    GenerateShipLabelsCall: "ship_labels",
    RegenerateShipLabelsCall: "ship_labels",
}
"""The limit that a call is paid from."""


def is_repeatable(call: StepCall) -> bool:
    """Asking again is harmless, so a lost answer needs no reading first."""
    match call:
        case GetShipmentCall() | RetrieveShippingOptionsCall() | RetrieveInvoiceCall():
            return True
        case (
            ConfirmShipmentCall()
            | RejectShipmentCall()
            | CreatePackagesCall()
            | UpdatePackageCall()
            | UpdatePackageStatusCall()
            | GenerateInvoiceCall()
            | GenerateShipLabelsCall()
            | RegenerateShipLabelsCall()
        ):
            return False
        case _:
            assert_never(call)


def kind_of(call: StepCall) -> str:
    """The name it has on connector.api-calls."""
    return str(type(call).__struct_config__.tag)


def key_of(call: StepCall) -> str:
    """What it does, among the calls of one command. Rows keep it."""
    match call:
        case UpdatePackageCall(package):
            return f"{kind_of(call)}:{package.package_id}"
        case UpdatePackageStatusCall(package_id=package_id) | RetrieveShippingOptionsCall(package_id):
            return f"{kind_of(call)}:{package_id}"
        case GenerateShipLabelsCall(package_ids=package_ids) | RegenerateShipLabelsCall(package_ids):
            return f"{kind_of(call)}:{','.join(package_ids)}"
        case (
            GetShipmentCall()
            | ConfirmShipmentCall()
            | RejectShipmentCall()
            | CreatePackagesCall()
            | GenerateInvoiceCall()
            | RetrieveInvoiceCall()
        ):
            return kind_of(call)
        case _:
            assert_never(call)


def request_key(call: StepCall) -> str:
    """What exactly it asks for: of packages also what is in them, which may have to be packed otherwise."""
    if isinstance(call, CreatePackagesCall | UpdatePackageCall):
        return f"{key_of(call)}:{stable_id(msgspec.json.encode(call).decode())}"
    return key_of(call)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`turn` tells this step's outcome from that of an earlier one. `in_doubt`: an earlier call may have been made.

    `not_before_ms`: make it no earlier. `ship_by_ms`: its urgency, 0 where it is unknown.
    """

    merchant_id: str
    shipment_id: str
    call: StepCall
    turn: int = 0
    command_id: str = ""
    in_doubt: bool = False
    not_before_ms: int = 0
    ship_by_ms: int = 0

    @property
    def operation(self) -> str:
        return LIMITS_BY_CALL[type(self.call)]
