"""The states of a shipment in their order, and what of it a program goes through (reference A7, A14)."""

from connector.domain.orders.facts.shipment import INDIA, NOT_REQUIRED, Program, Shipment, Status

ORDER = (
    Status.CREATED,
    Status.ACCEPTED,
    Status.CONFIRMED,
    Status.PACKAGE_CREATED,
    Status.PICKUP_SLOT_RETRIEVED,
    Status.INVOICE_GENERATED,
    Status.SHIPLABEL_GENERATED,
    Status.SHIPPED,
    Status.DELIVERED,
    Status.CANCELLED,
)
_RANKS: dict[str, int] = {status: rank for rank, status in enumerate(ORDER)}
# updatePackage goes back to PACKAGE_CREATED from any of these (process-shipment guide); a seller may do it elsewhere
_PACKING = ORDER[3:7]
CLOSED = frozenset({Status.SHIPPED, Status.DELIVERED, Status.CANCELLED})

_PROGRAMS = {
    ("FBA", "MARKETPLACE"): Program.SELLER_FLEX,
    ("MFN", "MARKETPLACE"): Program.EASY_SHIP,
    ("MFN", "SELF"): Program.SELF_SHIP,
}


def rank(status: str) -> int:
    """The place of a state in the order; -1 for one that this version does not know."""
    return _RANKS.get(status, -1)


def reached(status: str, goal: Status) -> bool:
    return rank(status) >= rank(goal)


def may_go_back(before: str, after: str) -> bool:
    return before in _PACKING and after in _PACKING


def program_of(shipment: Shipment, configured: str = "") -> str:
    """From channel and shipping type; what the location is configured as where these do not say (samples lack them)."""
    return _PROGRAMS.get((shipment.channel_name, shipment.shipping_type), configured)


def has_shipping_options(program: str) -> bool:
    return program != Program.SELLER_FLEX


def needs_invoice(program: str, shipment: Shipment) -> bool:
    return has_invoice(program, shipment.marketplace_id) and shipment.invoice_requirement != NOT_REQUIRED


def has_invoice(program: str, marketplace_id: str) -> bool:
    return program != Program.EASY_SHIP or marketplace_id == INDIA


def skipped_states(program: str, marketplace_id: str, before: str, after: str) -> tuple[str, ...]:
    """The states of this program strictly between two; none where it went back, was cancelled, or is unknown."""
    if after == Status.CANCELLED or rank(before) < 0:
        return ()
    return tuple(
        status
        for status in ORDER[rank(before) + 1 : max(rank(after), 0)]
        if (status != Status.PICKUP_SLOT_RETRIEVED or has_shipping_options(program))
        and (status != Status.INVOICE_GENERATED or has_invoice(program, marketplace_id))
    )
