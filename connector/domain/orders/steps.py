"""One call for one shipment: which, and with what. A step is a value: planned from a row, made by a lane, settled."""

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Package


class StepKind(StrEnum):
    READ = "READ"
    CONFIRM = "CONFIRM"
    REJECT = "REJECT"
    CREATE_PACKAGES = "CREATE_PACKAGES"
    UPDATE_PACKAGE = "UPDATE_PACKAGE"
    UPDATE_PACKAGE_STATUS = "UPDATE_PACKAGE_STATUS"
    SHIPPING_OPTIONS = "SHIPPING_OPTIONS"
    GENERATE_INVOICE = "GENERATE_INVOICE"
    RETRIEVE_INVOICE = "RETRIEVE_INVOICE"
    GENERATE_LABELS = "GENERATE_LABELS"
    REGENERATE_LABELS = "REGENERATE_LABELS"
    EXPIRE = "EXPIRE"


OPERATIONS = {
    StepKind.READ: "get_shipment",
    StepKind.CONFIRM: "process_shipment",
    StepKind.REJECT: "process_shipment",
    StepKind.CREATE_PACKAGES: "create_packages",
    StepKind.UPDATE_PACKAGE: "update_package",
    StepKind.UPDATE_PACKAGE_STATUS: "update_package_status",
    StepKind.SHIPPING_OPTIONS: "shipping_options",
    StepKind.GENERATE_INVOICE: "invoice",
    StepKind.RETRIEVE_INVOICE: "invoice",
    StepKind.GENERATE_LABELS: "ship_labels",
    StepKind.REGENERATE_LABELS: "ship_labels",
    StepKind.EXPIRE: "",
}
"""The limit that a step's call is paid from; "" where no call is made."""

REPEATABLE = frozenset({StepKind.READ, StepKind.SHIPPING_OPTIONS, StepKind.RETRIEVE_INVOICE})
"""Asking again is harmless, so a lost answer needs no reading first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`turn` tells this step's outcome from that of an earlier one. `in_doubt`: an earlier call may have been made.

    `not_before_ms`: make it no earlier. `ship_by_ms`: its urgency, 0 where it is unknown.
    """

    kind: StepKind
    merchant_id: str
    shipment_id: str
    turn: int = 0
    command_id: str = ""
    in_doubt: bool = False
    not_before_ms: int = 0
    ship_by_ms: int = 0
    package_id: str = ""
    packages: tuple[Package, ...] = ()
    package_ids: tuple[str, ...] = ()
    shipping_option_id: str = ""
    courier: Courier | None = None
    reason: str = ""
    reference_id: str = ""
    line_item_ids: tuple[str, ...] = ()
    status: str = ""
    sub_status: str = ""

    @property
    def operation(self) -> str:
        return OPERATIONS[self.kind]

    @property
    def key(self) -> str:
        """What it does, among the steps of one command."""
        named = self.package_id or ",".join(self.package_ids)
        return f"{self.kind}:{named}" if named else str(self.kind)
