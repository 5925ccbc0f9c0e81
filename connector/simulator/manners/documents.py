"""Options that expire, invoices that are late, labels without a file or failing at first, carriers in other letters."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.simulator.amazon.shipments.shipments import Shipments
from connector.simulator.base.later import Later
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners import forms
from connector.simulator.manners.manners import Manner, Manners
from connector.simulator.manners.shipment_facts import OTHER_LETTERS

OPTIONS_EXPIRE = Manner(
    "options-expire",
    0.3,
    "a shipment's options have new ids after a while, and a label asked for with an old one is 400",
    "process-shipment guide: slots are retrieved anew; own review",
)
RECOMMENDED_NOT_LISTED = Manner(
    "recommended-not-listed",
    0.1,
    "the recommended option has an id of its own, which is good for a label",
    "own review",
)
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
MANNERS = (OPTIONS_EXPIRE, RECOMMENDED_NOT_LISTED, LATE_INVOICE, LABEL_WITHOUT_FILE, LABEL_FAILS_FIRST)

UNTIL = "==until=="
RECOMMENDED = "RECOMMENDED=="


class Options:
    """An id is the simulator's own with what the manners hang onto it, which is taken off again before it is used."""

    def __init__(self, manners: Manners, switches: Switches) -> None:
        self._manners = manners
        self._switches = switches

    def offered(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        options = answer.body["shippingOptions"]
        if not options:
            return answer
        key = _key(request)
        recommended = answer.body["recommendedShippingOption"]
        if self._manners.marks(OPTIONS_EXPIRE, *key):
            life_s = self._switches.option_life_s
            until = int((request.wall // life_s + 1) * life_s)
            options = [_renamed(option, f"{option['shippingOptionId']}{UNTIL}{until}") for option in options]
            recommended = options[0]
        if self._manners.marks(RECOMMENDED_NOT_LISTED, *key):
            recommended = _renamed(recommended, f"{RECOMMENDED}{recommended['shippingOptionId']}")
        return replace(answer, body={"shippingOptions": options, "recommendedShippingOption": recommended})

    def chosen(self, request: ApiRequest, handle: Handle) -> Answer:
        given = request.query.get("shippingOptionId", "")
        own, _, until = given.removeprefix(RECOMMENDED).partition(UNTIL)
        asks = bool(given) and request.query.get("operation") == "GENERATE"
        lives = until.isdigit() and int(until) > request.wall
        if asks and not lives and self._manners.marks(OPTIONS_EXPIRE, *_key(request)):
            raise ApiError(400, "The shipping option is not valid any more.")
        if own == given:
            return handle(request)
        answer = handle(replace(request, query={**request.query, "shippingOptionId": own}))
        labels = [_with_option(label, given) for label in answer.body["packageShipLabelList"]]
        return replace(answer, body={"packageShipLabelList": labels})


class Documents:
    def __init__(self, manners: Manners, *, switches: Switches, shipments: Shipments, later: Later) -> None:
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


def _key(request: ApiRequest) -> tuple[str, str]:
    return request.merchant.merchant_id, request.params["shipmentId"]


def _renamed(option: Mapping[str, Any], option_id: str) -> dict[str, Any]:
    return {**option, "shippingOptionId": option_id}


def _with_option(label: dict[str, Any], option_id: str) -> dict[str, Any]:
    metadata = label.get("shipLabelMetadata")
    return label | ({"shipLabelMetadata": _renamed(metadata, option_id)} if metadata else {})
