"""Amazon's sandbox answers, and a made-up answer with every field of its model, decode without loss of a fact."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from connector.domain.orders.facts.documents import Document
from connector.smartconnect.wire.documents import read_invoice, read_labels, read_shipping_options
from connector.smartconnect.wire.fields import Json
from connector.smartconnect.wire.notifications import read_destination, read_subscription
from connector.smartconnect.wire.returns import read_return, read_returns
from connector.smartconnect.wire.shipments import read_shipment, read_shipments
from connector.smartconnect.wire.source import Source
from tests.kit.amazon.facts import LABEL, OPTIONS, RETURN, SHIPMENT, check_facts
from tests.kit.amazon.spapi_model import MODELS, needs_models

pytestmark = needs_models

SHIPMENTS_MODEL = "externalFulfillmentShipments_2024-09-11.json"
RETURNS_MODEL = "externalFulfillmentReturns_2024-09-11.json"


def model(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MODELS / name).read_text())
    return loaded


def samples(name: str, operation_id: str) -> list[Json]:
    """The answers of success, each an object that must not be empty."""
    found = [
        case["response"]
        for operations in model(name)["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict) and operation.get("operationId") == operation_id
        for status, response in operation["responses"].items()
        if status == "200"
        for case in response["x-amzn-api-sandbox"]["static"]
    ]
    assert found
    return found


def test_shipments() -> None:
    counts = [
        check_facts(sample, read_shipment(Source(sample)), SHIPMENT)
        for sample in samples(SHIPMENTS_MODEL, "getShipment")
    ]
    assert len(counts) == 2  # FBA and MFN
    assert min(counts) > 100


def test_a_list_of_shipments() -> None:
    for sample in samples(SHIPMENTS_MODEL, "getShipments"):
        page = read_shipments(Source(sample))
        assert page.next_token == sample["pagination"]["nextToken"]
        assert page.unreadable == ()
        for given, shipment in zip(sample["shipments"], page.shipments, strict=True):
            check_facts(given, shipment, SHIPMENT)


def test_returns_of_one_and_of_several_items() -> None:
    pages = samples(RETURNS_MODEL, "listReturns")
    for sample in pages:
        page = read_returns(Source(sample))
        assert page.next_token == sample.get("nextToken", "")
        for given, item in zip(sample["returns"], page.returns, strict=True):
            check_facts(given, item, RETURN)
    several = [page for page in (read_returns(Source(page)) for page in pages) if len(page.returns) > 1]
    assert any(len({item.rma_id for item in page.returns}) == 1 for page in several)


def test_one_return() -> None:
    for sample in samples(RETURNS_MODEL, "getReturn"):
        check_facts(sample, read_return(Source(sample)), RETURN)


def test_shipping_options() -> None:
    for sample in samples(SHIPMENTS_MODEL, "retrieveShippingOptions"):
        check_facts(sample, read_shipping_options(Source(sample)), OPTIONS)


@pytest.mark.parametrize("operation", ["generateInvoice", "retrieveInvoice"])
def test_invoices(operation: str) -> None:
    for sample in samples(SHIPMENTS_MODEL, operation):
        invoice = read_invoice(Source(sample))
        check_facts(sample["document"], invoice, {"format": "format", "content": "content"})
        assert len(invoice.content) > 1000


def test_labels() -> None:
    for sample in samples(SHIPMENTS_MODEL, "generateShipLabels"):
        for given, label in zip(sample["packageShipLabelList"], read_labels(Source(sample)).labels, strict=True):
            check_facts(given, label, LABEL)


def test_destinations_and_subscriptions() -> None:
    for operation in ("createSubscription", "getSubscription"):
        for sample in samples("notifications.json", operation):
            subscription = read_subscription(Source(sample["payload"]))
            assert subscription.subscription_id == sample["payload"]["subscriptionId"]
            assert subscription.destination_id == sample["payload"]["destinationId"]
    for sample in samples("notifications.json", "createDestination"):
        destination = read_destination(Source(sample["payload"]))
        assert destination.queue_arn == sample["payload"]["resource"]["sqs"]["arn"]


class Filler:
    """A value of a model's definition with every field given, each text (enums too) and number its own."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._numbers = itertools.count(1)

    def fill(self, name: str) -> Any:
        return self._value(self._definitions[name], name)

    def _value(self, schema: Mapping[str, Any], name: str) -> Any:
        number = next(self._numbers)
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._value(self._definitions[name], name)
        match schema["type"]:
            case "object":
                return {key: self._value(inner, key) for key, inner in schema["properties"].items()}
            case "array":
                return [self._value(schema["items"], name) for _ in range(2)]
            case "integer":
                return number
            case _ if name == "DateTime":
                return f"2026-01-02T03:{number // 60 % 60:02}:{number % 60:02}Z"
            case _ if name == "orderPlacedTimestamp":
                return str(1_790_000_000_000 + number)
            case _ if name == "Decimal":
                return f"{number}.50"
            case _ if name == "content":
                return "SGVsbG8="
            case _:
                return f"{name} {number}"


def every_field() -> Iterator[tuple[str, str, Callable[[Source], object], Mapping[str, str]]]:
    yield SHIPMENTS_MODEL, "Shipment", read_shipment, SHIPMENT
    yield RETURNS_MODEL, "Return", read_return, RETURN
    yield SHIPMENTS_MODEL, "ShippingOptionsResponse", read_shipping_options, OPTIONS


@pytest.mark.parametrize(("name", "definition", "read", "places"), list(every_field()))
def test_every_field_of_the_model_is_read(
    name: str, definition: str, read: Callable[[Source], object], places: Mapping[str, str]
) -> None:
    filled = Filler(model(name)["definitions"]).fill(definition)
    if definition == "Shipment":
        for unread in ("merchantId", "customAttributes"):  # of the original: the same seller's, and past
            del filled["shipmentInfo"]["originalShipmentInfo"]["marketplaceAttributes"][unread]
    assert check_facts(filled, read(Source(filled)), places) >= len(places)


def test_every_field_of_a_label_is_read() -> None:
    filled = Filler(model(SHIPMENTS_MODEL)["definitions"]).fill("PackageShipLabel")
    # A code that is one, and words that errors are made of: no other pass, nor do details
    filled["errorDetails"] = {"code": "NO_CARRIER", "message": "the package is too large"}
    (label,) = read_labels(Source({"packageShipLabelList": [filled]})).labels
    check_facts(filled, label, LABEL)


def test_personal_data_shows_in_no_repr() -> None:
    filled = Filler(model(SHIPMENTS_MODEL)["definitions"]).fill("Shipment")
    shipment = read_shipment(Source(filled))
    shown = "".join(
        map(repr, (shipment, shipment.ship_to, *shipment.parties, *(party.tax for party in shipment.parties)))
    )
    buyers = [filled["shippingInfo"]["shipToAddress"]]
    for party in filled["partyInfoList"]:
        buyers += [party["address"], party["taxInfo"]["address"], {"number": party["taxInfo"]["number"]}]
    for told in (told for buyer in buyers for told in buyer.values() if isinstance(told, str)):
        assert told not in shown
    assert "Hello" not in shown
    assert "Hello" not in repr(Document("PDF", b"Hello"))
