"""The life cycle of a shipment, as a table; all that is asked of a state is read from it (reference A7, A14).

docs/lifecycle.md shows it drawn: `python docs/draw_lifecycle.py` after each change.
"""

from dataclasses import dataclass

from connector.domain.orders.facts.shipment import INDIA, NOT_REQUIRED, Program, Shipment, Status


@dataclass(frozen=True, slots=True)
class Skip:
    """A program does not go through the state, but in the marketplace `except_in` it does."""

    program: Program
    except_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`entered_by`: the call, or who, brings a shipment into it. `opens`: it may begin so. `then`: what may follow.

    `cancellable`: the customer or Amazon may still cancel in it (the seller may while Amazon lists it among the
    shipment's orderStatesEligibleForRejection). `packing`: updatePackage goes back from it to PACKAGE_CREATED.
    `closed`: nothing of the shipment may be changed any more.
    """

    status: Status
    entered_by: str
    opens: bool = False
    then: tuple[Status, ...] = ()
    cancellable: bool = False
    packing: bool = False
    closed: bool = False
    skipped_by: tuple[Skip, ...] = ()


LIFECYCLE = (  # in the order of their place
    State(
        status=Status.CREATED,
        entered_by="Amazon, without stock for it",
        opens=True,
        then=(Status.ACCEPTED, Status.CONFIRMED),  # nobody says whether CONFIRM is legal here: Amazon is asked
        cancellable=True,
        skipped_by=(Skip(Program.SELLER_FLEX),),  # MFN channels only (retrieve-list-of-shipments guide)
    ),
    State(
        status=Status.ACCEPTED,
        entered_by="Amazon, stock is assigned",
        opens=True,
        then=(Status.CONFIRMED,),
        cancellable=True,
    ),
    State(
        status=Status.CONFIRMED,
        entered_by="processShipment CONFIRM",
        then=(Status.PACKAGE_CREATED,),
        cancellable=True,
    ),
    State(
        status=Status.PACKAGE_CREATED,
        entered_by="createPackages",
        then=(Status.PICKUP_SLOT_RETRIEVED, Status.INVOICE_GENERATED, Status.SHIPLABEL_GENERATED),
        cancellable=True,
        packing=True,
    ),
    State(
        status=Status.PICKUP_SLOT_RETRIEVED,
        entered_by="retrieveShippingOptions",
        then=(Status.INVOICE_GENERATED, Status.SHIPLABEL_GENERATED),
        cancellable=True,
        packing=True,
        skipped_by=(Skip(Program.SELLER_FLEX),),
    ),
    State(
        status=Status.INVOICE_GENERATED,
        entered_by="generateInvoice",
        then=(Status.SHIPLABEL_GENERATED,),
        cancellable=True,
        packing=True,
        skipped_by=(Skip(Program.EASY_SHIP, except_in=INDIA),),
    ),
    State(
        status=Status.SHIPLABEL_GENERATED,
        entered_by="generateShipLabels",
        then=(Status.SHIPPED,),
        cancellable=True,  # what Amazon does then with the label is nowhere said; its word is adopted
        packing=True,
    ),
    State(
        status=Status.SHIPPED,
        entered_by="updatePackageStatus, or the carrier",
        then=(Status.DELIVERED,),
        closed=True,
    ),
    State(
        status=Status.DELIVERED,
        entered_by="updatePackageStatus, or the carrier",
        closed=True,
    ),
    State(
        status=Status.CANCELLED,
        entered_by="processShipment REJECT, the customer, or Amazon",
        closed=True,
    ),
)

_STATES: dict[str, State] = {state.status: state for state in LIFECYCLE}
_PLACES: dict[str, int] = {state.status: place for place, state in enumerate(LIFECYCLE)}
CLOSED = frozenset(state.status for state in LIFECYCLE if state.closed)

_PROGRAMS = {
    ("FBA", "MARKETPLACE"): Program.SELLER_FLEX,
    ("MFN", "MARKETPLACE"): Program.EASY_SHIP,
    ("MFN", "SELF"): Program.SELF_SHIP,
}


def rank(status: str) -> int:
    """The place of a state in the order; -1 for one that this version does not know."""
    return _PLACES.get(status, -1)


def reached(status: str, goal: Status) -> bool:
    return rank(status) >= rank(goal)


def may_go_back(before: str, after: str) -> bool:
    """By updatePackage, also one made elsewhere and followed by further calls (process-shipment guide)."""
    return all(status in _STATES and _STATES[status].packing for status in (before, after))


def program_of(shipment: Shipment, configured: str = "") -> str:
    """From channel and shipping type; what the location is configured as where these do not say (samples lack them)."""
    return _PROGRAMS.get((shipment.channel_name, shipment.shipping_type), configured)


def has_shipping_options(program: str) -> bool:
    return not _is_skipped(Status.PICKUP_SLOT_RETRIEVED, program, "")


def needs_invoice(program: str, shipment: Shipment) -> bool:
    return has_invoice(program, shipment.marketplace_id) and shipment.invoice_requirement != NOT_REQUIRED


def has_invoice(program: str, marketplace_id: str) -> bool:
    return not _is_skipped(Status.INVOICE_GENERATED, program, marketplace_id)


def skipped_states(program: str, marketplace_id: str, before: str, after: str) -> tuple[str, ...]:
    """The states of this program strictly between two; none where it went back, was cancelled, or is unknown."""
    if after == Status.CANCELLED or rank(before) < 0:
        return ()
    between = LIFECYCLE[rank(before) + 1 : max(rank(after), 0)]
    return tuple(state.status for state in between if not _is_skipped(state.status, program, marketplace_id))


def _is_skipped(status: Status, program: str, marketplace_id: str) -> bool:
    skips = _STATES[status].skipped_by
    return any(skip.program == program and skip.except_in != marketplace_id for skip in skips)
