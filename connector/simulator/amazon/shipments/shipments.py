"""The shipments: their states, who may see them, and the stock that they reserve."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from connector.simulator.base.clock import iso
from connector.simulator.base.effects import Effect, EffectName, Effects
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import ApiError
from connector.simulator.http.operations import ApiRequest

Program = Literal["SELLER_FLEX", "EASY_SHIP", "SELF_SHIP"]
STATUSES = (
    "CREATED",
    "ACCEPTED",
    "CONFIRMED",
    "PACKAGE_CREATED",
    "PICKUP_SLOT_RETRIEVED",
    "INVOICE_GENERATED",
    "SHIPLABEL_GENERATED",
    "SHIPPED",
    "DELIVERED",
    "CANCELLED",
)
FULFILLED = ("SHIPPED", "DELIVERED", "CANCELLED")


@dataclass(slots=True)
class Label:
    """`shipping`: shipLabelMetadata as printed. `generation` counts from 1, up with every REGENERATE."""

    shipping: dict[str, Any]
    content: bytes
    format: str
    generation: int = 1


@dataclass(slots=True)
class Shipment:
    """`body`: as getShipment prints it, and the only place of the status. `changed_at`: epoch seconds.

    `reserved`: units by SKU that are counted as Amazon's own.
    """

    merchant_id: str
    program: Program
    body: dict[str, Any]
    changed_at: float
    invoice: bytes | None = None
    labels: dict[str, Label] = field(default_factory=dict)
    reserved: Counter[str] = field(default_factory=Counter)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def location_id(self) -> str:
        return str(self.body["locationId"])

    @property
    def lines(self) -> dict[str, dict[str, Any]]:
        """By shipmentLineItemId."""
        return {line["shipmentLineItemId"]: line for line in self.body["lineItems"]}

    @property
    def packages(self) -> dict[str, dict[str, Any]]:
        """By package id, empty before createPackages."""
        return {package["id"]: package for package in self.body.get("packages", ())}

    @property
    def needs_invoice(self) -> bool:
        return bool(self.body["shipmentRequirements"]["invoice"]["requirement"] == "REQUIRED")


class Shipments:
    """`on_status` hears of every new status. Units of unfulfilled shipments are counted in `reserved`."""

    def __init__(
        self,
        switches: Switches,
        *,
        reserved: Counter[tuple[str, str, str]],
        effects: Effects,
        on_status: Callable[[Shipment], None],
    ) -> None:
        self.switches = switches
        self._reserved = reserved
        self._effects = effects
        self._on_status = on_status
        self._by_id: dict[str, Shipment] = {}
        self._by_status: dict[tuple[str, str], dict[str, Shipment]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Shipment]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, shipment_id: str) -> Shipment:
        """KeyError where there is none."""
        return self._by_id[shipment_id]

    def add(self, shipment: Shipment, wall: float) -> Shipment:
        if shipment.id in self._by_id:
            raise ValueError(f"shipment {shipment.id} exists already")
        self._by_id[shipment.id] = shipment
        self.move(shipment, shipment.status, wall)
        return shipment

    def with_status(self, merchant_id: str, status: str) -> Collection[Shipment]:
        return self._by_status[merchant_id, status].values()

    def requested(self, request: ApiRequest) -> Shipment:
        """The shipment in the path, if it is the caller's."""
        shipment_id = request.params["shipmentId"]
        shipment = self._by_id.get(shipment_id)
        if shipment is None or shipment.merchant_id != request.merchant.merchant_id:
            raise ApiError(404, f"Requested Entity with 'shipmentId' '{shipment_id}' is not found")
        return shipment

    def move(self, shipment: Shipment, status: str, wall: float) -> None:
        """To any status: what is allowed is the caller's to check."""
        self._by_status[shipment.merchant_id, shipment.status].pop(shipment.id, None)
        self._by_status[shipment.merchant_id, status][shipment.id] = shipment
        shipment.body["status"] = status
        self.touch(shipment, wall)
        self._on_status(shipment)

    def advance(self, shipment: Shipment, status: str, wall: float) -> None:
        """As `move`, but never back: a step made again leaves a later status alone."""
        if STATUSES.index(status) > STATUSES.index(shipment.status):
            self.move(shipment, status, wall)
        else:
            self.touch(shipment, wall)

    def touch(self, shipment: Shipment, wall: float) -> None:
        self._reserve(shipment)
        shipment.changed_at = int(wall * 1000) / 1000  # what is printed is what the filters compare
        shipment.body["lastUpdatedDateTime"] = iso(shipment.changed_at)

    def may_run(self, shipment: Shipment, step: str, allowed: Collection[str], done: Collection[str]) -> bool:
        """True: make the effect. False: answer as if made. ApiError where the state does not allow the step.

        `done`: the states of a shipment for which the step was made already.
        """
        if shipment.status in allowed:
            return True
        if shipment.status in done:
            return self.may_repeat(shipment, step)
        raise self.wrong_state(shipment, step)

    def may_repeat(self, shipment: Shipment, step: str) -> bool:
        """What the switches say of a step that was made already, as `may_run`."""
        match self.switches.repeat_step:
            case "apply":
                return True
            case "accept":
                return False
            case "conflict":
                raise ApiError(409, "The requested operation was already processed for the entity.")
            case "refuse":
                raise self.wrong_state(shipment, step)

    def wrong_state(self, shipment: Shipment, step: str) -> ApiError:
        message = f"Invalid workflow state: {step} is not possible for shipment {shipment.id} in {shipment.status}."
        return ApiError(self.switches.wrong_state_status, message, code="InvalidInput")

    def effect(self, shipment: Shipment, name: EffectName, wall: float, detail: str = "") -> None:
        self._effects.add(Effect(wall, shipment.merchant_id, shipment.id, name, detail))

    def _reserve(self, shipment: Shipment) -> None:
        """What is open of each line, or nothing once the units have left."""
        released = (*FULFILLED, "SHIPLABEL_GENERATED") if self.switches.release_stock_at == "label" else FULFILLED
        reserved: Counter[str] = Counter()
        if shipment.status not in released:
            for line in shipment.body["lineItems"]:
                reserved[line["merchantSku"]] += open_units(line)
        for sku in reserved | shipment.reserved:
            key = (shipment.merchant_id, shipment.location_id, sku)
            self._reserved[key] += reserved[sku] - shipment.reserved[sku]
        shipment.reserved = reserved


def open_units(line: dict[str, Any]) -> int:
    """Of a line item: what is ordered and not cancelled."""
    cancelled = sum(int(cancellation["cancelledQuantity"]) for cancellation in line.get("cancellations") or ())
    return int(line["numberOfUnits"]) - cancelled
