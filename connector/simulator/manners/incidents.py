"""What happens to a shipment by itself, some time after its status says that it may."""

from connector.simulator.amazon.marketplace import Marketplace
from connector.simulator.amazon.shipments.shipments import Shipment, open_units
from connector.simulator.base.clock import Clock
from connector.simulator.base.later import Later
from connector.simulator.base.switches import Switches
from connector.simulator.manners.manners import Manner, Manners

LABEL_VOID = Manner(
    "label-void",
    0.1,
    "sub-status LABEL_CANCELED after the labels are made; REGENERATE makes others, with other tracking ids",
    "own review; a sub-status of the model",
)
LOST_ON_THE_WAY = Manner(
    "lost-on-the-way",
    0.1,
    "sub-status UNDELIVERABLE, LOST or DAMAGED after SHIPPED",
    "sub-statuses of the model that no guide explains",
)
UNITS_CANCELLED = Manner(
    "units-cancelled",
    0.1,
    "one unit of a confirmed shipment of several is cancelled; only what is left can be packed",
    "own review: the model has the quantities, and says that it does not happen",
)
MANNERS = (LABEL_VOID, LOST_ON_THE_WAY, UNITS_CANCELLED)

LOST = ("UNDELIVERABLE", "LOST", "DAMAGED")


class Incidents:
    def __init__(
        self, manners: Manners, *, switches: Switches, later: Later, clock: Clock, marketplace: Marketplace
    ) -> None:
        self._manners = manners
        self._switches = switches
        self._later = later
        self._clock = clock
        self._marketplace = marketplace

    def status_changed(self, shipment: Shipment) -> None:
        match shipment.status:
            case "CONFIRMED" if sum(map(open_units, shipment.lines.values())) > 1:
                self._plan(UNITS_CANCELLED, shipment)
            case "SHIPLABEL_GENERATED" if shipment.program != "SELF_SHIP":  # there the carrier is the seller's
                self._plan(LABEL_VOID, shipment)
            case "SHIPPED":
                self._plan(LOST_ON_THE_WAY, shipment)

    def _plan(self, manner: Manner, shipment: Shipment) -> None:
        occasion = self._manners.comes(manner, shipment.merchant_id, shipment.id)
        if occasion is None:
            return
        after_s = self._manners.chance(manner, *occasion, "after") * self._switches.incident_within_s
        status = shipment.status

        def happen() -> None:
            if shipment.status == status:  # it has moved on else: too late
                self._happen(manner, shipment, occasion)

        self._later.at(self._clock.wall() + after_s, happen)

    def _happen(self, manner: Manner, shipment: Shipment, occasion: tuple[str, ...]) -> None:
        if manner == LABEL_VOID:
            self._marketplace.report(shipment.id, "LABEL_CANCELED")
        elif manner == LOST_ON_THE_WAY:
            self._marketplace.report(shipment.id, self._manners.one_of(manner, LOST, *occasion))
        else:
            lines = [line_id for line_id, line in shipment.lines.items() if open_units(line)]
            self._marketplace.cancel_units(shipment.id, self._manners.one_of(manner, lines, *occasion), 1)
