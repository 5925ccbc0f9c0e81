"""Each verb asks what Amazon's model declares."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, get_args

import pytest

from connector.domain.money import Money
from connector.domain.orders import steps
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Length, Package, PackageItem, Weight
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.steps import Step, StepCall
from connector.domain.outcomes import Accepted, Unknown
from connector.domain.returns.facts import ReturnStatus
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.steps import perform
from tests.kit.amazon.server import MERCHANT, Asked, Reply, client_of, serving
from tests.kit.amazon.spapi_model import check_request, needs_models

PACKAGE = Package(
    package_id="P1",
    length=Length(Decimal("1E+1"), "CM"),
    width=Length(Decimal("10.0"), "CM"),
    height=Length(Decimal("0.05"), "M"),
    weight=Weight(Decimal("200"), "G"),
    items=(
        PackageItem(
            line_item_id="1",
            quantity=2,
            serial_numbers=("sn1", "sn2"),
            pieces=1,
            country_of_origin="IN",
            item_value=Money(Decimal("28.10"), "INR"),
        ),
        PackageItem(line_item_id="2", quantity=1),
    ),
    hazmat_labels=("LITHIUM",),
    handling="FRAGILE",
    status="CREATED",
)
COURIER = Courier("ATS", "151958276037")
AT_MS = 1_790_000_000_123

Verb = Callable[[SmartConnect], Awaitable[CallReport[Any]]]


def listing(status: Status) -> Verb:
    return lambda client: client.get_shipments(
        MERCHANT, status, updated_after_ms=AT_MS, updated_before_ms=AT_MS, location_id="L", page_token="t=="
    )


def returned(status: ReturnStatus) -> Verb:
    return lambda client: client.list_returns(
        MERCHANT, return_location_id="L", status=status, updated_since_ms=AT_MS, updated_until_ms=AT_MS
    )


VERBS: dict[str, Verb] = {
    **{f"get_shipments {status}": listing(status) for status in Status},
    "get_shipments, least": lambda client: client.get_shipments(MERCHANT, "ACCEPTED"),
    "get_shipments, of a channel": lambda client: client.get_shipments(
        MERCHANT, "ACCEPTED", marketplace_id="M", channel_name="FBA", max_results=1
    ),
    "get_shipment": lambda client: client.get_shipment(MERCHANT, "S1"),
    "confirm": lambda client: client.confirm_shipment(MERCHANT, "S1"),
    "reject": lambda client: client.reject_shipment(
        MERCHANT, "S1", ["1", "2"], reason="CUSTOMER_REQUESTED", reference_id="r1"
    ),
    "create_packages": lambda client: client.create_packages(MERCHANT, "S1", [PACKAGE, PACKAGE]),
    "update_package": lambda client: client.update_package(MERCHANT, "S1", PACKAGE),
    "shipped": lambda client: client.update_package_status(MERCHANT, "S1", "P1", "SHIPPED"),
    "not delivered": lambda client: client.update_package_status(
        MERCHANT, "S1", "P1", "SHIPPED", sub_status="NOT_DELIVERED", reason="nobody home"
    ),
    "shipping_options": lambda client: client.retrieve_shipping_options(MERCHANT, "S1", "P1"),
    "generate_invoice": lambda client: client.generate_invoice(MERCHANT, "S1"),
    "retrieve_invoice": lambda client: client.retrieve_invoice(MERCHANT, "S1"),
    "labels, all": lambda client: client.generate_ship_labels(MERCHANT, "S1"),
    "labels": lambda client: client.generate_ship_labels(
        MERCHANT, "S1", ["P1"], shipping_option_id="o==", courier=COURIER, regenerate=True
    ),
    "labels, by courier": lambda client: client.generate_ship_labels(
        MERCHANT, "S1", ["P1"], shipping_option_id="o==", courier=COURIER
    ),
    "labels, again": lambda client: client.generate_ship_labels(MERCHANT, "S1", ["P1"], regenerate=True),
    **{f"list_returns {status}": returned(status) for status in ReturnStatus},
    "list_returns, created": lambda client: client.list_returns(
        MERCHANT, rma_id="r", created_since_ms=AT_MS, created_until_ms=AT_MS, page_token="t"
    ),
    "get_return": lambda client: client.get_return(MERCHANT, "R1"),
    "create_destination": lambda client: client.create_destination("n", "arn:aws:sqs:us-east-2:444455556666:queue1"),
    "get_destinations": lambda client: client.get_destinations(),
    "create_subscription": lambda client: client.create_subscription(MERCHANT, "d"),
    "get_subscription": lambda client: client.get_subscription(MERCHANT),
}


async def asked_by(call: Verb) -> Asked:
    async with serving() as server, client_of(server) as client:
        await call(client)
        (asked,) = server.asked
        return asked


@needs_models
@pytest.mark.parametrize("verb", VERBS)
async def test_it_is_as_the_model_declares(verb: str) -> None:
    asked = await asked_by(VERBS[verb])
    check_request(asked.method, asked.path, asked.body.decode())


async def test_measures_are_text_without_an_exponent_and_the_status_is_amazons_to_say() -> None:
    body = (await asked_by(VERBS["update_package"])).json
    assert body["dimensions"] == {
        "length": {"value": "10", "dimensionUnit": "CM"},
        "width": {"value": "10.0", "dimensionUnit": "CM"},
        "height": {"value": "0.05", "dimensionUnit": "M"},
    }
    assert body["weight"] == {"value": "200", "weightUnit": "G"}
    assert body["packageLineItems"][0]["itemValue"] == {"value": "28.10", "currencyCode": "INR"}
    assert body["packageLineItems"][1] == {"packageLineItemId": "2", "quantity": 1}
    assert "status" not in body


async def test_a_rejection_names_all_line_items_each_with_its_reason() -> None:
    assert (await asked_by(VERBS["reject"])).json == {
        "referenceId": "r1",
        "lineItems": [
            {"lineItem": {"id": "1", "quantity": 0}, "reason": "CUSTOMER_REQUESTED"},
            {"lineItem": {"id": "2", "quantity": 0}, "reason": "CUSTOMER_REQUESTED"},
        ],
    }


async def test_times_are_utc_to_the_millisecond() -> None:
    path = (await asked_by(VERBS["list_returns, created"])).path
    assert "createdSince=2026-09-21T14%3A13%3A20.123Z" in path


async def test_the_sellers_token_subscribes_and_the_applications_makes_the_destination() -> None:
    async with serving() as server, client_of(server) as client:
        await client.create_subscription(MERCHANT, "d")
        assert b"grant_type=refresh_token" in server.grants[0].body
        await client.create_destination("n", "arn")
        assert b"grant_type=client_credentials" in server.grants[1].body


CALLS: list[tuple[StepCall, str]] = [
    (steps.GetShipmentCall(), "get_shipment"),
    (steps.ConfirmShipmentCall(), "confirm"),
    (steps.RejectShipmentCall(line_item_ids=("1", "2"), reason="CUSTOMER_REQUESTED", reference_id="r1"), "reject"),
    (steps.CreatePackagesCall((PACKAGE, PACKAGE)), "create_packages"),
    (steps.UpdatePackageCall(PACKAGE), "update_package"),
    (
        steps.UpdatePackageStatusCall(
            package_id="P1", status="SHIPPED", sub_status="NOT_DELIVERED", reason="nobody home"
        ),
        "not delivered",
    ),
    (steps.RetrieveShippingOptionsCall("P1"), "shipping_options"),
    (steps.GenerateInvoiceCall(), "generate_invoice"),
    (steps.RetrieveInvoiceCall(), "retrieve_invoice"),
    (steps.GenerateShipLabelsCall(package_ids=()), "labels, all"),
    (
        steps.GenerateShipLabelsCall(package_ids=("P1",), shipping_option_id="o==", courier=COURIER),
        "labels, by courier",
    ),
    (steps.RegenerateShipLabelsCall(("P1",)), "labels, again"),
]


def test_every_call_is_tried() -> None:
    assert {type(call) for call, _ in CALLS} == {*get_args(StepCall)}


@pytest.mark.parametrize(("call", "verb"), CALLS)
async def test_a_step_makes_the_call_of_its_verb(call: StepCall, verb: str) -> None:
    step = Step(merchant_id=MERCHANT, shipment_id="S1", call=call)
    by_step = await asked_by(lambda client: perform(client, step))
    by_verb = await asked_by(VERBS[verb])
    assert (by_step.method, by_step.path, by_step.body) == (by_verb.method, by_verb.path, by_verb.body)


async def test_no_body_is_needed_where_the_status_says_it_all_but_an_unreadable_one_is_no_success() -> None:
    async with serving() as server, client_of(server) as client:
        server.replies = [Reply(204), Reply(200, b"{}"), Reply(200, b"<whatever>")]
        outcomes = [(await client.confirm_shipment(MERCHANT, "S1")).outcome for _ in range(3)]
        assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, Unknown]
