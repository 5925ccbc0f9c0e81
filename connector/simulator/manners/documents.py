"""Invoices that are late, labels without a file, labels that fail for a while, carriers in other letters."""

from dataclasses import replace
from typing import Any

from connector.simulator.amazon.shipments import Shipments
from connector.simulator.base.later import Later
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners import forms
from connector.simulator.manners.manners import Manner, Manners
from connector.simulator.manners.shipment_facts import OTHER_LETTERS

LATE_INVOICE = Manner(
    "late-invoice",
    0.3,
    "generateInvoice is 200 without a document; the invoice is PENDING and 404 for a while, then there",
    "own review; Document has no required field in the model",
)
LABEL_WITHOUT_FILE = Manner(
    "label-without-file",
    1.0,
    "a label of the seller's own courier is SUCCESS with its tracking and no file",
    "own review; fileData is optional in the model",
)
LABEL_FAILS_FIRST = Manner(
    "label-fails-first",
    0.05,
    "the first GENERATE for a shipment is FAILURE, ServiceUnavailable, for each package; not applied",
    "own review",
)
MANNERS = (LATE_INVOICE, LABEL_WITHOUT_FILE, LABEL_FAILS_FIRST)


class Documents:
    def __init__(self, manners: Manners, switches: Switches, shipments: Shipments, later: Later) -> None:
        self._manners = manners
        self._switches = switches
        self._shipments = shipments
        self._later = later
        self._late: set[str] = set()
        self._pending: set[str] = set()
        self._failed: set[str] = set()

    def invoice(self, request: ApiRequest, handle: Handle) -> Answer:
        shipment_id = request.params["shipmentId"]
        if request.call.method == "GET":
            if shipment_id in self._pending:
                raise ApiError(404, "Requested artifact of type INVOICE is not found")
            return handle(request)
        answer = handle(request)
        if shipment_id not in self._late and self._manners.marks(
            LATE_INVOICE, request.merchant.merchant_id, shipment_id
        ):
            self._postpone(request, shipment_id)
        return Answer(200, {"document": {}}) if shipment_id in self._pending else answer

    def labels(self, request: ApiRequest, handle: Handle) -> Answer:
        shipment_id, merchant_id = request.params["shipmentId"], request.merchant.merchant_id
        shipment = self._shipments.requested(request)
        if (
            request.query.get("operation") == "GENERATE"
            and shipment.status in ("PACKAGE_CREATED", "PICKUP_SLOT_RETRIEVED", "INVOICE_GENERATED")
            and shipment_id not in self._failed
            and self._manners.marks(LABEL_FAILS_FIRST, merchant_id, shipment_id)
        ):
            self._failed.add(shipment_id)
            return Answer(200, {"packageShipLabelList": [_failure(package_id) for package_id in shipment.packages]})
        answer = handle(request)
        own = bool(request.body.get("courierSupportedAttributes")) if isinstance(request.body, dict) else False
        labels = [self._told(merchant_id, shipment_id, label, own) for label in answer.body["packageShipLabelList"]]
        return replace(answer, body={"packageShipLabelList": labels})

    def _postpone(self, request: ApiRequest, shipment_id: str) -> None:
        """It is made, and nobody is told: PENDING, until it is shown as of then."""
        shipment = self._shipments[shipment_id]
        told = shipment.body.pop("invoiceInfo")
        wanted = shipment.body["shipmentRequirements"]["invoice"]
        wanted["status"] = "PENDING"
        self._late.add(shipment_id)
        self._pending.add(shipment_id)
        due = request.wall + self._switches.invoice_pending_s

        def show() -> None:
            self._pending.discard(shipment_id)
            if shipment.invoice is not None:  # a package update may have voided it meanwhile
                wanted["status"] = "AVAILABLE"
                shipment.body["invoiceInfo"] = told
                self._shipments.touch(shipment, due)

        self._later.at(due, show)

    def _told(self, merchant_id: str, shipment_id: str, label: dict[str, Any], own: bool) -> dict[str, Any]:
        key = (merchant_id, shipment_id)
        if label["status"] != "SUCCESS":
            return label
        if own:
            without = {name: fact for name, fact in label.items() if name != "fileData"}
            return without if self._manners.marks(LABEL_WITHOUT_FILE, *key) else label
        if self._manners.marks(OTHER_LETTERS, *key):
            carrier = self._manners.one_of(OTHER_LETTERS, forms.CARRIERS, *key)
            return label | {"shipLabelMetadata": label["shipLabelMetadata"] | {"carrierName": carrier}}
        return label


def _failure(package_id: str) -> dict[str, Any]:
    error = {"code": "ServiceUnavailable", "message": "The label could not be made. Please try again."}
    return {"packageId": package_id, "status": "FAILURE", "errorDetails": error}
