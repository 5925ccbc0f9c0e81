"""Shipping options, invoices and labels: what follows the packages, each only in its states."""

import base64
from typing import Any

from connector.simulator.amazon.files import render
from connector.simulator.amazon.shipments.label_files import LabelFiles
from connector.simulator.amazon.shipments.shipments import STATUSES, Label, Shipment, Shipments
from connector.simulator.amazon.shipments.steps import PACKED
from connector.simulator.base.clock import iso
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest
from connector.simulator.http.queries import choice

INVOICED = STATUSES[STATUSES.index("INVOICE_GENERATED") : STATUSES.index("CANCELLED")]
LABELLED = STATUSES[STATUSES.index("SHIPLABEL_GENERATED") : STATUSES.index("CANCELLED")]
LABEL_CANCELED = "LABEL_CANCELED"  # the sub-status of labels that are void: those made anew have other numbers
CARRIERS = {"SELLER_FLEX": "ATS", "EASY_SHIP": "ATSPL", "SELF_SHIP": "Seller's carrier"}
MAX_LABELS = 50


class ShipmentDocuments:
    """`failing_packages`: ids whose labels come back as FAILURE, with the message given."""

    def __init__(self, shipments: Shipments, files: LabelFiles) -> None:
        self._shipments = shipments
        self._files = files
        self._tracking = 0
        self.failing_packages: dict[str, str] = {}

    def options(self, request: ApiRequest) -> Answer:
        """GET .../shippingOptions?packageId=: a read that moves the shipment on."""
        shipment = self._shipments.requested(request)
        if not (package_id := request.query.get("packageId")):
            raise ApiError(400, "packageId is mandatory.")
        if package_id not in shipment.packages:
            raise ApiError(404, f"Requested Entity with 'packageId' '{package_id}' is not found")
        if shipment.status not in PACKED:
            raise self._shipments.wrong_state(shipment, "retrieveShippingOptions")
        offered = shipping_options(shipment, request.wall)
        if not offered:
            return Answer(200, {"shippingOptions": []})
        if shipment.status == "PACKAGE_CREATED" and self._shipments.switches.options_change_state:
            self._advance(shipment, "PICKUP_SLOT_RETRIEVED", request.wall)
        self._shipments.effect(shipment, "options_retrieved", request.wall, package_id)
        return Answer(200, {"shippingOptions": offered, "recommendedShippingOption": offered[0]})

    def generate_invoice(self, request: ApiRequest) -> Answer:
        """POST .../invoice."""
        shipment = self._shipments.requested(request)
        if not shipment.needs_invoice:
            raise ApiError(400, "An invoice is not supported for this shipment.")
        if self._shipments.may_run(shipment, "generateInvoice", self._optioned(shipment), INVOICED):
            shipment.invoice = render(self._shipments.switches.invoice_format, f"INVOICE {shipment.id}")
            shipment.body["shipmentRequirements"]["invoice"]["status"] = "AVAILABLE"
            shipment.body["invoiceInfo"] = {"invoiceId": f"IN-{shipment.id}", "creationDateTime": iso(request.wall)}
            self._advance(shipment, "INVOICE_GENERATED", request.wall)
            self._shipments.effect(shipment, "invoice_generated", request.wall)
        return self._invoice(shipment)

    def retrieve_invoice(self, request: ApiRequest) -> Answer:
        """GET .../invoice."""
        return self._invoice(self._shipments.requested(request))

    def _invoice(self, shipment: Shipment) -> Answer:
        if shipment.invoice is None:
            raise ApiError(404, "Requested artifact of type INVOICE is not found")
        content = base64.b64encode(shipment.invoice).decode()
        return Answer(200, {"document": {"format": self._shipments.switches.invoice_format, "content": content}})

    def labels(self, request: ApiRequest) -> Answer:
        """PUT .../shipLabels?operation=GENERATE or REGENERATE: the only call that gives a label's URL."""
        operation = choice(request.query, "operation", ("GENERATE", "REGENERATE"), required=True)
        shipment = self._shipments.requested(request)
        body = request.json_object() if request.body is not None else {}
        package_ids = _package_ids(body, shipment)
        if operation == "REGENERATE":
            return self._regenerate(request, shipment, package_ids)
        shipping = _shipping(request, shipment, body)
        labelled = set(package_ids) <= set(shipment.labels)
        if shipment.status not in self._ready(shipment) and not (labelled and shipment.status in LABELLED):
            raise self._shipments.wrong_state(shipment, "GENERATE")
        if not labelled or self._shipments.may_repeat(shipment, "GENERATE"):
            wanted = [each for each in package_ids if labelled or each not in shipment.labels]
            made = [each for each in wanted if each not in self.failing_packages]
            for package_id in made:
                shipment.labels[package_id] = self._label(shipment, package_id, shipping)
                shipment.packages[package_id]["status"] = "SHIPLABEL_GENERATED"
            if set(shipment.labels) == set(shipment.packages):
                self._shipments.advance(shipment, "SHIPLABEL_GENERATED", request.wall)
            if made:
                self._shipments.effect(shipment, "labels_generated", request.wall, ",".join(made))
        return self._printed(request, shipment, package_ids)

    def _regenerate(self, request: ApiRequest, shipment: Shipment, package_ids: list[str]) -> Answer:
        if shipment.status != "SHIPLABEL_GENERATED" and not (shipment.labels and shipment.status in PACKED):
            raise self._shipments.wrong_state(shipment, "REGENERATE")
        if missing := [each for each in package_ids if each not in shipment.labels]:
            raise ApiError(404, f"Requested artifact of type SHIP_LABEL is not found for package {missing[0]}")
        void = shipment.body.get("subStatus") == LABEL_CANCELED
        for package_id in package_ids:
            old = shipment.labels[package_id]
            shipping = (
                {name: fact for name, fact in old.shipping.items() if name != "trackingId"} if void else old.shipping
            )
            shipment.labels[package_id] = self._label(shipment, package_id, shipping, old.generation + 1)
        if void:
            del shipment.body["subStatus"]
        self._shipments.touch(shipment, request.wall)
        self._shipments.effect(shipment, "labels_regenerated", request.wall, ",".join(package_ids))
        return self._printed(request, shipment, package_ids)

    def _label(self, shipment: Shipment, package_id: str, shipping: dict[str, Any], generation: int = 1) -> Label:
        if "trackingId" not in shipping:
            self._tracking += 1
            shipping = shipping | {"trackingId": f"{self._tracking:012d}"}
        label_format = self._shipments.switches.label_format
        text = f"{shipment.id} {package_id} {shipping['trackingId']} {generation}"
        return Label(shipping, render(label_format, text), label_format, generation)

    def _printed(self, request: ApiRequest, shipment: Shipment, package_ids: list[str]) -> Answer:
        printed: list[dict[str, Any]] = []
        for package_id in package_ids:
            if package_id in self.failing_packages:
                error = {"code": "InternalFailure", "message": self.failing_packages[package_id]}
                printed.append({"packageId": package_id, "status": "FAILURE", "errorDetails": error})
                continue
            label = shipment.labels[package_id]
            url = self._files.presign(request, label, self._shipments.switches.label_url_ttl_s)
            printed.append(
                {
                    "packageId": package_id,
                    "status": "SUCCESS",
                    "shipLabelMetadata": label.shipping,
                    "fileData": {"url": url},
                }
            )
        return Answer(200, {"packageShipLabelList": printed})

    def _optioned(self, shipment: Shipment) -> tuple[str, ...]:
        """The states after the shipping options, where there are any."""
        free = shipment.program == "SELLER_FLEX" or not self._shipments.switches.options_change_state
        return ("PACKAGE_CREATED", "PICKUP_SLOT_RETRIEVED") if free else ("PICKUP_SLOT_RETRIEVED",)

    def _ready(self, shipment: Shipment) -> tuple[str, ...]:
        """The states in which labels are generated: after the invoice, where the program has one."""
        return ("INVOICE_GENERATED",) if shipment.needs_invoice else self._optioned(shipment)

    def _advance(self, shipment: Shipment, status: str, wall: float) -> None:
        for package in shipment.packages.values():
            if STATUSES.index(status) > STATUSES.index(shipment.status):
                package["status"] = status
        self._shipments.advance(shipment, status, wall)


def shipping_options(shipment: Shipment, wall: float) -> list[dict[str, Any]]:
    """None where Amazon has chosen already (Seller Flex); else the recommended one first. Windows in epoch seconds."""
    if shipment.program == "SELLER_FLEX":
        return []
    start = int(wall) // 3600 * 3600 + 86_400  # the same for an hour, so that a repeat offers the same
    window = {"startTime": start, "endTime": start + 7200}
    if shipment.program == "SELF_SHIP":
        return [
            {"shippingOptionId": f"SELF=={shipment.id}", "shipBy": "SELLER", "carrierName": "Self delivery"},
            {"shippingOptionId": f"COURIER=={shipment.id}", "shipBy": "THIRD_PARTY_CARRIER"},
        ]
    return [
        {
            "shippingOptionId": f"{method}=={shipment.id}",
            "shipBy": "MARKETPLACE",
            "carrierName": CARRIERS["EASY_SHIP"],
            "pickupWindow": window,
            "timeSlot": window | {"handoverMethod": method},
        }
        for method in ("PICKUP", "DROPOFF")
    ]


def _shipping(request: ApiRequest, shipment: Shipment, body: dict[str, Any]) -> dict[str, Any]:
    """shipLabelMetadata, from the chosen option and the caller's own courier."""
    offered = {option["shippingOptionId"]: option for option in shipping_options(shipment, request.wall)}
    chosen = request.query.get("shippingOptionId", "")
    if (chosen and chosen not in offered) or (offered and not chosen):
        raise ApiError(400, "shippingOptionId must be one of the shipment's shipping options.")
    option = offered.get(chosen, {})
    courier = body.get("courierSupportedAttributes") or {}
    if option.get("shipBy") == "THIRD_PARTY_CARRIER" and not (courier.get("carrierName") and courier.get("trackingId")):
        raise ApiError(400, "courierSupportedAttributes needs carrierName and trackingId for a third-party carrier.")
    kept = ("shippingOptionId", "pickupWindow", "timeSlot")
    shipping: dict[str, Any] = {name: option[name] for name in kept if name in option}
    shipping["carrierName"] = courier.get("carrierName") or option.get("carrierName") or CARRIERS[shipment.program]
    return shipping | ({"trackingId": courier["trackingId"]} if courier.get("trackingId") else {})


def _package_ids(body: dict[str, Any], shipment: Shipment) -> list[str]:
    """All packages where the body names none."""
    if not body:
        return list(shipment.packages)
    given: Any = body.get("packageIds")
    fits = isinstance(given, list) and 1 <= len(given) <= MAX_LABELS and all(isinstance(each, str) for each in given)
    if not fits or len(set(given)) < len(given):
        raise ApiError(400, f"packageIds must hold 1 to {MAX_LABELS} different ids.")
    if unknown := [each for each in given if each not in shipment.packages]:
        raise ApiError(404, f"Requested Entity with 'packageId' '{unknown[0]}' is not found")
    return list(given)
