"""processShipment, createPackages, updatePackage and updatePackageStatus, each only in its states.

Order of the steps, and that updatePackage goes back: developer-docs.amazon.com, process-shipment.
"""

from typing import Any

from connector.simulator.amazon.shipments.packages import check_all_packed, new_package
from connector.simulator.amazon.shipments.shipments import STATUSES, Shipment, Shipments
from connector.simulator.base.clock import iso
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest
from connector.simulator.http.queries import choice

REASONS = ("OUT_OF_STOCK", "CUSTOMER_REQUESTED")
SUB_STATUSES = ("OUT_FOR_DELIVERY", "DELIVERED", "NOT_DELIVERED", "UNDELIVERABLE")
PACKED = STATUSES[STATUSES.index("PACKAGE_CREATED") : STATUSES.index("SHIPPED")]
AFTER_CONFIRM = STATUSES[STATUSES.index("CONFIRMED") : STATUSES.index("CANCELLED")]
DONE = Answer(204)


class ShipmentSteps:
    def __init__(self, shipments: Shipments) -> None:
        self._shipments = shipments

    def process(self, request: ApiRequest) -> Answer:
        """POST .../shipments/{shipmentId}?operation=CONFIRM or REJECT."""
        operation = choice(request.query, "operation", ("CONFIRM", "REJECT"), required=True)
        shipment = self._shipments.requested(request)
        body = request.json_object() if request.body is not None else {}
        if operation == "CONFIRM":
            return self._confirm(shipment, body, request.wall)
        return self._reject(shipment, body, request.wall)

    def _confirm(self, shipment: Shipment, body: dict[str, Any], wall: float) -> Answer:
        _lines_of(body, shipment)
        allowed = ("ACCEPTED", "CREATED") if self._shipments.switches.confirm_created else ("ACCEPTED",)
        if self._shipments.may_run(shipment, "CONFIRM", allowed, AFTER_CONFIRM):
            self._shipments.advance(shipment, "CONFIRMED", wall)
            self._shipments.effect(shipment, "confirmed", wall)
        return DONE

    def _reject(self, shipment: Shipment, body: dict[str, Any], wall: float) -> Answer:
        reference_id = body.get("referenceId")
        if not isinstance(reference_id, str) or not reference_id:
            raise ApiError(400, "referenceId is mandatory for REJECT.")
        reasons = _lines_of(body, shipment)
        if set(reasons) != set(shipment.lines):
            raise ApiError(400, "Partial rejection is not supported: name every line item of the shipment.")
        if not all(reasons.values()):
            raise ApiError(400, f"reason must be one of {', '.join(REASONS)}.")
        eligible = shipment.body["shipmentInfo"].get("orderStatesEligibleForRejection", ())
        if self._shipments.may_run(shipment, "REJECT", eligible, ("CANCELLED",)):
            cancel(shipment, "SELLER_REJECTED", reasons, wall)
            self._shipments.move(shipment, "CANCELLED", wall)
            self._shipments.effect(shipment, "rejected", wall, reference_id)
        return DONE

    def create_packages(self, request: ApiRequest) -> Answer:
        """POST .../shipments/{shipmentId}/packages."""
        shipment = self._shipments.requested(request)
        given = request.json_object().get("packages")
        if not isinstance(given, list) or not given:
            raise ApiError(400, "packages must hold at least one package.")
        packages = [new_package(package, shipment) for package in given]
        if self._shipments.may_run(shipment, "createPackages", ("CONFIRMED",), PACKED):
            check_all_packed(packages, shipment)
            shipment.body["packages"] = packages
            self._shipments.advance(shipment, "PACKAGE_CREATED", request.wall)
            ids = ",".join(package["id"] for package in packages)
            self._shipments.effect(shipment, "packages_created", request.wall, ids)
        return DONE

    def update_package(self, request: ApiRequest) -> Answer:
        """PUT .../packages/{packageId}: back to the shipping options; invoice and labels are void."""
        shipment, old = self._package(request)
        new = new_package(request.json_object(), shipment)
        if new["id"] != old["id"]:
            raise ApiError(400, "The id of the package differs from the one in the path.")
        packages = [new if package["id"] == new["id"] else package for package in shipment.body["packages"]]
        if shipment.status not in PACKED:
            raise self._shipments.wrong_state(shipment, "updatePackage")
        check_all_packed(packages, shipment)
        shipment.body["packages"] = packages
        for package in packages:
            package["status"] = "CREATED"
        shipment.labels.clear()
        if shipment.invoice is not None:
            shipment.invoice = None
            shipment.body["shipmentRequirements"]["invoice"]["status"] = "PENDING"
            shipment.body.pop("invoiceInfo", None)  # not told yet where the invoice is late
        if shipment.status == "PACKAGE_CREATED":
            self._shipments.touch(shipment, request.wall)
        else:
            self._shipments.move(shipment, "PACKAGE_CREATED", request.wall)
        self._shipments.effect(shipment, "package_updated", request.wall, new["id"])
        return DONE

    def update_package_status(self, request: ApiRequest) -> Answer:
        """PATCH .../packages/{packageId}: SHIPPED by anyone; what follows only where the seller delivers."""
        shipment, package = self._package(request)
        body = request.json_object() if request.body is not None else {}
        status = body.get("status") or choice(request.query, "status", ("SHIPPED",))
        sub_status, reason = body.get("subStatus"), body.get("reason", "")
        if status not in ("SHIPPED", "DELIVERED") or sub_status not in (None, *SUB_STATUSES):
            raise ApiError(400, "status must be SHIPPED or DELIVERED, subStatus one of " + ", ".join(SUB_STATUSES))
        if not isinstance(reason, str) or len(reason) > 128:
            raise ApiError(400, "reason must not be longer than 128.")
        if (status == "DELIVERED" or sub_status) and shipment.program != "SELF_SHIP":
            raise ApiError(400, "Delivery statuses are for self delivery only.")
        if status == "SHIPPED" and not sub_status:
            self._ship(shipment, package, request.wall)
        else:
            self._deliver(shipment, package, status, sub_status or "", reason, request.wall)
        return DONE

    def _ship(self, shipment: Shipment, package: dict[str, Any], wall: float) -> None:
        if package["status"] in ("SHIPPED", "DELIVERED"):
            if not self._shipments.may_repeat(shipment, "SHIPPED"):
                return
        elif shipment.status != "SHIPLABEL_GENERATED":
            raise self._shipments.wrong_state(shipment, "SHIPPED")
        package["status"] = "SHIPPED"
        if all(each["status"] == "SHIPPED" for each in shipment.packages.values()):
            self._shipments.advance(shipment, "SHIPPED", wall)
        else:
            self._shipments.touch(shipment, wall)
        self._shipments.effect(shipment, "package_shipped", wall, package["id"])

    def _deliver(
        self, shipment: Shipment, package: dict[str, Any], status: str, sub_status: str, reason: str, wall: float
    ) -> None:
        if package["status"] != "SHIPPED" or shipment.status != "SHIPPED":
            raise self._shipments.wrong_state(shipment, sub_status or status)
        package["status"] = status
        shipment.body["subStatus"] = sub_status or status
        if reason:
            shipment.body["reason"] = reason
        if all(each["status"] == "DELIVERED" for each in shipment.packages.values()):
            self._shipments.move(shipment, "DELIVERED", wall)
        else:
            self._shipments.touch(shipment, wall)
        if status == "SHIPPED":
            self._shipments.effect(shipment, "package_sub_status", wall, f"{package['id']},{sub_status}")
        else:
            self._shipments.effect(shipment, "package_delivered", wall, package["id"])

    def _package(self, request: ApiRequest) -> tuple[Shipment, dict[str, Any]]:
        shipment = self._shipments.requested(request)
        package = shipment.packages.get(request.params["packageId"])
        if package is None:
            raise ApiError(404, f"Requested Entity with 'packageId' '{request.params['packageId']}' is not found")
        return shipment, package


def cancel(shipment: Shipment, kind: str, reasons: dict[str, str], wall: float) -> None:
    """Writes it on every line and package; `reasons` by line id. Always whole: Amazon knows no partial one."""
    for package in shipment.packages.values():
        package["status"] = "CANCELLED"
    for line_id, line in shipment.lines.items():
        cancellation = {
            "cancelledQuantity": line["numberOfUnits"],
            "cancelledTimestamp": iso(wall),
            "cancellationType": kind,
        }
        if reason := reasons.get(line_id, ""):
            cancellation["cancellationReason"] = reason
        line["cancellations"] = [cancellation]


def _lines_of(body: dict[str, Any], shipment: Shipment) -> dict[str, str]:
    """Line id -> reason. A quantity is all of the line's units, or 0 as in Amazon's own sample."""
    if not body:
        return {}
    given = body.get("lineItems")
    if not isinstance(given, list):
        raise ApiError(400, "lineItems is mandatory in the request body.")
    reasons: dict[str, str] = {}
    for entry in given:
        found = entry.get("lineItem") if isinstance(entry, dict) else None
        item = found if isinstance(found, dict) else {}
        line = shipment.lines.get(str(item.get("id", "")))
        if line is None:
            raise ApiError(400, "lineItem.id is not a line item of the shipment.")
        if item.get("quantity", 0) not in (0, line["numberOfUnits"]):
            raise ApiError(400, "Partial quantities are not supported.")
        if entry.get("reason") not in (None, *REASONS):
            raise ApiError(400, f"reason must be one of {', '.join(REASONS)}.")
        reasons[line["shipmentLineItemId"]] = entry.get("reason") or ""
    return reasons
