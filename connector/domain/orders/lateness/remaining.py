"""What a shipment still needs of Amazon until it is handed over, in the order of its calls, and until when."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from connector.domain.orders import steps
from connector.domain.orders.facts.lifecycle import has_shipping_options, needs_invoice, program_of, reached
from connector.domain.orders.facts.shipment import Program, Shipment, Status
from connector.domain.orders.lateness.forecast import PendingShipment
from connector.domain.orders.lateness.overdue import pickup_ends_ms
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import LIMITS_BY_CALL

CALLS_IN_ORDER = tuple(
    LIMITS_BY_CALL[call]
    for call in (
        steps.ConfirmShipmentCall,
        steps.CreatePackagesCall,
        steps.RetrieveShippingOptionsCall,
        steps.GenerateInvoiceCall,
        steps.GenerateShipLabelsCall,
        steps.UpdatePackageStatusCall,
    )
)
"""The operations, as limits name them, in the order in which a shipment needs them."""


def pending_shipment(row: ShipmentRow, facts: Shipment) -> PendingShipment:
    return PendingShipment(
        shipment_id=row.shipment_id,
        location_id=facts.location_id,
        ship_by_ms=facts.ship_by_ms or 0,
        cutoff_ms=cutoff_ms(row, facts),
        calls=calls_left(row, facts),
    )


def cutoff_ms(row: ShipmentRow, facts: Shipment) -> int | None:
    """Its ship-by, or the end of a pickup slot that was chosen for it: whichever is first."""
    return min((at_ms for at_ms in (facts.ship_by_ms, pickup_ends_ms(row)) if at_ms is not None), default=None)


def calls_left(row: ShipmentRow, facts: Shipment) -> Mapping[str, int]:
    """By operation, without those that only ask how it stands. Packages that nobody has made yet are as many as Amazon
    recommends."""
    status, program = facts.status, program_of(facts, row.program)
    packages = len(facts.live_packages) or len(facts.recommended_packages) or 1
    labelled = reached(status, Status.SHIPLABEL_GENERATED)
    offered = len({offer.package_id for offer in row.offers if not offer.refused})
    return _needed(
        0 if reached(status, Status.CONFIRMED) else 1,
        0 if reached(status, Status.PACKAGE_CREATED) else 1,
        0 if labelled or not has_shipping_options(program) else max(0, packages - offered),
        0 if labelled or row.invoice is not None or not needs_invoice(program, facts) else 1,
        0 if labelled else 1,
        packages if program == Program.SELF_SHIP else 0,
    )


@lru_cache(maxsize=1024)
def _needed(*calls: int) -> Mapping[str, int]:
    """One for all shipments that need the same: there are many, and the garbage collector looks at each object."""
    return MappingProxyType({operation: count for operation, count in zip(CALLS_IN_ORDER, calls, strict=True) if count})
