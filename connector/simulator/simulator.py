"""A stateful fake of Amazon SmartConnect (External Fulfillment 2024-09-11): the state, put together."""

import asyncio

from connector.simulator.amazon.inventory import Inventory
from connector.simulator.amazon.marketplace import Marketplace
from connector.simulator.amazon.returns.returns import Returns
from connector.simulator.amazon.shipments.documents import ShipmentDocuments
from connector.simulator.amazon.shipments.label_files import LabelFiles
from connector.simulator.amazon.shipments.reads import ShipmentReads
from connector.simulator.amazon.shipments.shipments import Shipment, Shipments
from connector.simulator.amazon.shipments.steps import ShipmentSteps
from connector.simulator.amazon.tokens import Tokens
from connector.simulator.base.calls import CallLog
from connector.simulator.base.clock import Clock
from connector.simulator.base.effects import Effects
from connector.simulator.base.fault_syntax import parse_fault
from connector.simulator.base.faults import Fault, Faults
from connector.simulator.base.later import Later
from connector.simulator.base.limits import Limit
from connector.simulator.base.merchants import Merchant, Merchants
from connector.simulator.base.switches import Switches
from connector.simulator.base.windows import SlidingWindows
from connector.simulator.http.operations import Operation
from connector.simulator.manners.catalogue import CLOCK_AHEAD, switch_on
from connector.simulator.manners.incidents import Incidents
from connector.simulator.manners.layers import Layers
from connector.simulator.manners.manners import Manners
from connector.simulator.notifications.delivery import Notifications
from connector.simulator.notifications.subscriptions import Subscriptions

API = "/externalFulfillment/2024-09-11"
INVENTORY_PATH = "/externalFulfillment/inventory/2024-09-11/inventories"


class Simulator:
    """`merchants`: merchant id -> refresh token; None: every refresh token is a merchant (see Merchants).

    `limits` overrides single operations for every merchant. `seed` makes faults with a probability repeatable.
    `keep_bodies` keeps bodies in `calls`. `tokens.client` (id, secret) is checked by the token endpoint where set;
    `notifications.notify` takes the text of every shipment notification, as SQS would. What a caller may ask of
    the state: `calls`, `effects`, `inventory`, `shipments`, `returns`, `notifications`. `marketplace` plays the rest
    of the world. `manners`: how oddly it answers.
    """

    def __init__(
        self,
        merchants: dict[str, str] | None = None,
        *,
        switches: Switches | None = None,
        limits: dict[str, Limit] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        keep_bodies: bool = False,
    ) -> None:
        self.switches = switches or Switches()
        self.manners = Manners(seed)
        self.later = Later()
        self.clock = self._amazons_clock(clock or Clock())
        self.merchants = Merchants(merchants, limits)
        self.tokens = Tokens(self.merchants, self.switches)
        self.windows = SlidingWindows()
        self.calls = CallLog(keep_bodies=keep_bodies)
        self.faults = Faults(seed)
        self.inventory = Inventory(self.switches, self.faults)
        self.effects = Effects()
        self.notifications = Notifications(self.clock, seed)
        self.shipments = Shipments(
            self.switches, reserved=self.inventory.reserved, effects=self.effects, on_status=self._status_changed
        )
        self.returns = Returns(self.switches)
        self.label_files = LabelFiles()
        self.documents = ShipmentDocuments(self.shipments, self.label_files)
        self.subscriptions = Subscriptions()
        self.marketplace = Marketplace(self.clock, self.shipments, self.returns)
        self.incidents = Incidents(
            self.manners, switches=self.switches, later=self.later, clock=self.clock, marketplace=self.marketplace
        )
        self.application = Merchant("", dict(self.merchants.limits))  # who calls with a grantless token
        self.closing = asyncio.Event()

    def merchant(self, merchant_id: str) -> Merchant:
        """To set its limits, `unauthorized`, `revoked`, `slow_s`, `not_enrolled`; made where unknown."""
        return self.merchants[merchant_id]

    def fault(self, text: str) -> Fault:
        """Adds a fault written in the mini-syntax of `--fault`: "503,before,op=inventory,p=0.1"."""
        return self.faults.add(parse_fault(text))

    def manner(self, text: str) -> None:
        """Switches a manner on, written as for `--manner`: "label-void=0.5,match=SHP1"; "odd": all of them."""
        switch_on(self.manners, text)

    def _amazons_clock(self, clock: Clock) -> Clock:
        def wall() -> float:
            ahead = self.manners.marks(CLOCK_AHEAD, "clock")
            return clock.wall() + (self.switches.clock_ahead_s if ahead else 0.0)

        return Clock(clock.monotonic, wall)

    def _status_changed(self, shipment: Shipment) -> None:
        self.notifications.status_changed(shipment)
        self.incidents.status_changed(shipment)

    def operations(self) -> list[Operation]:
        """Each behind the manners that stand before it."""
        layers = Layers(self.manners, switches=self.switches, shipments=self.shipments, later=self.later)
        return [layers.around(operation) for operation in self._operations()]

    def _operations(self) -> list[Operation]:
        reads, steps, documents = ShipmentReads(self.shipments), ShipmentSteps(self.shipments), self.documents
        returns, subscriptions = self.returns, self.subscriptions
        shipments = f"{API}/shipments"
        shipment = f"{shipments}/{{shipmentId}}"
        package = f"{shipment}/packages/{{packageId}}"
        subscription = "/notifications/v1/subscriptions/{notificationType}"
        destinations = "/notifications/v1/destinations"
        return [
            Operation("inventory", "POST", INVENTORY_PATH, self.inventory.batch),
            Operation("list_shipments", "GET", shipments, reads.list),
            Operation("get_shipment", "GET", shipment, reads.get),
            Operation("process_shipment", "POST", shipment, steps.process),
            Operation("create_packages", "POST", f"{shipment}/packages", steps.create_packages),
            Operation("update_package", "PUT", package, steps.update_package),
            Operation("update_package_status", "PATCH", package, steps.update_package_status),
            Operation("shipping_options", "GET", f"{shipment}/shippingOptions", documents.options),
            Operation("invoice", "POST", f"{shipment}/invoice", documents.generate_invoice),
            Operation("invoice", "GET", f"{shipment}/invoice", documents.retrieve_invoice),
            Operation("ship_labels", "PUT", f"{shipment}/shipLabels", documents.labels),
            Operation("returns", "GET", f"{API}/returns", returns.list),
            Operation("returns", "GET", f"{API}/returns/{{returnId}}", returns.get),
            Operation("notifications", "POST", subscription, subscriptions.create_subscription),
            Operation("notifications", "GET", subscription, subscriptions.get_subscription),
            Operation("notifications", "POST", destinations, subscriptions.create_destination, grantless=True),
            Operation("notifications", "GET", destinations, subscriptions.list_destinations, grantless=True),
        ]
