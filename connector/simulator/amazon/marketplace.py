"""The rest of the world: buyers, carriers, Amazon itself, and sellers at work in Amazon's own console."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from connector.simulator.amazon.returns.new import NewReturn, return_body
from connector.simulator.amazon.returns.returns import RETURN_STATUSES, Return, Returns
from connector.simulator.amazon.shipments.new import NewShipment, body_of
from connector.simulator.amazon.shipments.shipments import STATUSES, Shipment, Shipments, open_units
from connector.simulator.amazon.shipments.steps import cancel
from connector.simulator.base.clock import Clock, iso

CancelledBy = Literal["MARKETPLACE_CANCELLED", "SYSTEM_CANCELLED", "SELLER_REJECTED"]
SUB_STATUSES = (
    "PENDING_SCHEDULE",
    "PENDING_PICKUP",
    "PENDING_DROP_OFF",
    "LABEL_CANCELED",
    "PICKED_UP",
    "DROPPED_OFF",
    "AT_ORIGIN_FC",
    "AT_DESTINATION_FC",
    "DELIVERED",
    "NOT_DELIVERED",
    "UNDELIVERABLE",
    "LOST",
    "OUT_FOR_DELIVERY",
    "DAMAGED",
)
PACKAGED = STATUSES[STATUSES.index("PACKAGE_CREATED") : STATUSES.index("CANCELLED")]


class Marketplace:
    """Nothing here is checked against the states: Amazon does as it likes. KeyError for an unknown id."""

    def __init__(self, clock: Clock, shipments: Shipments, returns: Returns) -> None:
        self._clock = clock
        self._shipments = shipments
        self._returns = returns

    def create_shipment(self, new: NewShipment) -> Shipment:
        """An order arrives. ValueError: its id is in use."""
        wall, number = self._clock.wall(), len(self._shipments) + 1
        named = dataclasses.replace(
            new,
            shipment_id=new.shipment_id or f"SHP{number:07d}",
            order_id=new.order_id or f"407-{number:07d}-{number % 997:07d}",
        )
        return self._shipments.add(Shipment(new.merchant_id, new.program, body_of(named, wall), wall), wall)

    def replace(self, shipment_id: str, lines: Mapping[str, int] | None = None, new_id: str = "") -> Shipment:
        """A free shipment in place of another one: EXCHANGE where `lines` has other SKUs, else REPLACEMENT.

        `new_id` "": the next one.
        """
        old = self._shipments[shipment_id]
        before = {line["merchantSku"]: line["numberOfUnits"] for line in old.body["lineItems"]}
        new = NewShipment(
            old.merchant_id,
            lines or before,
            program=old.program,
            location_id=old.location_id,
            marketplace_id=old.body["marketplaceAttributes"]["marketplaceId"],
            shipment_id=new_id,
            free=True,
            shipment_type="REPLACEMENT" if set(lines or before) <= set(before) else "EXCHANGE",
            original=old,
        )
        return self.create_shipment(new)

    def cancel(
        self, shipment_id: str, reason: str = "Customer cancelled", by: CancelledBy = "MARKETPLACE_CANCELLED"
    ) -> Shipment:
        """A customer or the marketplace (MARKETPLACE_CANCELLED), Amazon's own system, or a seller in the console."""
        shipment, wall = self._shipments[shipment_id], self._clock.wall()
        cancel(shipment, by, dict.fromkeys(shipment.lines, reason), wall)
        self._shipments.move(shipment, "CANCELLED", wall)
        return shipment

    def cancel_units(
        self, shipment_id: str, line_item_id: str, units: int, reason: str = "Customer cancelled"
    ) -> Shipment:
        """Fewer units than ordered, of one line. ValueError where nothing of the shipment would be left: cancel it.

        Amazon says that it has no partial cancellations (Cancellation in its model), and models their quantities.
        """
        shipment, wall = self._shipments[shipment_id], self._clock.wall()
        line = shipment.lines[line_item_id]
        left = sum(open_units(each) for each in shipment.lines.values()) - units
        if not 1 <= units <= open_units(line) or left < 1:
            raise ValueError(f"{units} units of line {line_item_id} can't be cancelled: {open_units(line)} are open")
        cancelled = int(line["numberOfUnits"]) - open_units(line) + units
        line["cancellations"] = [
            {
                "cancelledQuantity": cancelled,
                "cancelledTimestamp": iso(wall),
                "cancellationType": "MARKETPLACE_CANCELLED",
                "cancellationReason": reason,
            }
        ]
        self._shipments.touch(shipment, wall)
        return shipment

    def report(self, shipment_id: str, sub_status: str) -> Shipment:
        """The carrier's word on a shipment, which leaves its status as it is: LOST, LABEL_CANCELED, ..."""
        if sub_status not in SUB_STATUSES:
            raise ValueError(f"sub_status must be one of {', '.join(SUB_STATUSES)}")
        shipment = self._shipments[shipment_id]
        shipment.body["subStatus"] = sub_status
        self._shipments.touch(shipment, self._clock.wall())
        return shipment

    def work_in_console(self, shipment_id: str, status: str) -> Shipment:
        """The seller works in Amazon's console: a jump to any status, packages made where it needs some."""
        if status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}")
        if status == "CANCELLED":
            return self.cancel(shipment_id, "Cancelled in the console", "SELLER_REJECTED")
        shipment = self._shipments[shipment_id]
        shipment.body["shipmentInfo"]["processingSource"] = "EXTERNAL_PLATFORM"
        return self._jump(shipment, status)

    def ship(self, shipment_id: str) -> Shipment:
        """The carrier's first scan."""
        return self._jump(self._shipments[shipment_id], "SHIPPED", "PICKED_UP")

    def deliver(self, shipment_id: str) -> Shipment:
        return self._jump(self._shipments[shipment_id], "DELIVERED", "DELIVERED")

    def _jump(self, shipment: Shipment, status: str, sub_status: str = "") -> Shipment:
        if status in PACKAGED:
            if not shipment.packages:
                shipment.body["packages"] = [_console_package(shipment)]
            for package in shipment.packages.values():
                package["status"] = "CREATED" if status == "PACKAGE_CREATED" else status
        if sub_status:
            shipment.body["subStatus"] = sub_status
        self._shipments.move(shipment, status, self._clock.wall())
        return shipment

    def amend(self, shipment_id: str, patch: Mapping[str, Any]) -> Shipment:
        """Changes facts of the body (ship-by, address, gift, charges): objects are merged, all else is replaced."""
        shipment = self._shipments[shipment_id]
        _merge(shipment.body, patch)
        self._shipments.touch(shipment, self._clock.wall())
        return shipment

    def create_return(self, new: NewReturn) -> Return:
        """One SKU comes back. ValueError: its id is in use, or the shipment has no such SKU."""
        shipment, wall = self._shipments[new.shipment_id], self._clock.wall()
        body = return_body(new, shipment, len(self._returns.by_id) + 1, wall)
        if body["id"] in self._returns.by_id:
            raise ValueError(f"return {body['id']} exists already")
        made = Return(shipment.merchant_id, body, created_at=int(wall * 1000) / 1000, changed_at=wall)
        made.touch(wall)
        self._returns.by_id[made.id] = made
        return made

    def advance_return(self, return_id: str, status: str, patch: Mapping[str, Any] | None = None) -> Return:
        """To any status, or the same one; `patch` changes facts of the body as in `amend`."""
        if status not in RETURN_STATUSES:
            raise ValueError(f"status must be one of {', '.join(RETURN_STATUSES)}")
        found, wall = self._returns.by_id[return_id], self._clock.wall()
        found.body["status"] = status
        if status == "PICKED_FROM_CUSTOMER":
            found.body["returnShippingInfo"]["pickupDateTime"] = iso(wall)
        if status == "DELIVERED":
            found.body["returnShippingInfo"]["deliveryDateTime"] = iso(wall)
        _merge(found.body, patch or {})
        found.touch(wall)
        return found


def _console_package(shipment: Shipment) -> dict[str, Any]:
    side = {"value": "10", "dimensionUnit": "CM"}
    return {
        "id": f"CONSOLE-{shipment.id}",
        "dimensions": {"length": side, "width": side, "height": side},
        "weight": {"value": "300", "weightUnit": "G"},
        "packageLineItems": [
            {"packageLineItemId": line_id, "quantity": open_units(line)}
            for line_id, line in shipment.lines.items()
            if open_units(line)
        ],
    }


def _merge(body: dict[str, Any], patch: Mapping[str, Any]) -> None:
    for name, value in patch.items():
        if isinstance(value, Mapping) and isinstance(body.get(name), dict):
            _merge(body[name], value)
        else:
            body[name] = value
