"""A shipment is read with whatever of it can be read; only what makes it one may be fatal."""

import base64
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connector.domain.orders.facts.documents import GiftMessage
from connector.domain.orders.facts.packages import Length, Weight
from connector.domain.orders.facts.shipment import Shipment
from connector.smartconnect.wire.returns import read_returns
from connector.smartconnect.wire.shipments import read_shipment, read_shipments
from connector.smartconnect.wire.source import Source, Unreadable

LINE: dict[str, Any] = {"shipmentLineItemId": "1", "merchantSku": "s", "numberOfUnits": 1}
LEAST: dict[str, Any] = {
    "id": "S1",
    "status": "ACCEPTED",
    "lastUpdatedDateTime": "2026-01-02T03:04:05Z",
    "lineItems": [LINE],
}


def read(**facts: Any) -> Shipment:
    return read_shipment(Source(LEAST | facts))


def test_the_least_a_shipment_may_say() -> None:
    shipment = read()
    assert (shipment.shipment_id, shipment.status, shipment.created_at_ms) == ("S1", "ACCEPTED", None)
    assert (shipment.packages, shipment.ship_to, shipment.ship_by_ms, shipment.unread) == ((), None, None, ())
    for name in LEAST:
        with pytest.raises(Unreadable, match=name):
            read_shipment(Source({key: value for key, value in LEAST.items() if key != name}))


@pytest.mark.parametrize("name", LINE)
@pytest.mark.parametrize("value", [None, {}, [], "  ", "x" * 300])
def test_the_least_a_line_item_may_say(name: str, value: object) -> None:
    with pytest.raises(Unreadable, match=rf"lineItems\[1\].{name}"):
        read(lineItems=[LINE, LINE | {name: value}])


def test_measures_may_be_numbers_and_fields_unknown() -> None:
    sides: dict[str, Any] = {side: {"value": 28, "dimensionUnit": "CM"} for side in ("length", "width")}
    sides["height"] = {"dimensionUnit": "CM"}
    recommended = {
        "dimensions": sides,
        "weight": {"value": "0.5", "weightUnit": "KG"},
        "lineItems": [{"lineItemId": "1"}],
    }
    shipment = read(newField=[1], shippingInfo={"recommendedPackages": [recommended], "newField": {}})
    (package,) = shipment.recommended_packages
    assert package.length == package.width == Length(Decimal(28), "CM")
    assert package.height is None
    assert package.weight == Weight(Decimal("0.5"), "KG")
    assert package.line_item_ids == ("1",)


def test_new_values_of_an_enum_are_kept() -> None:
    assert read(status="ON_THE_MOON").status == "ON_THE_MOON"


def test_a_side_fact_is_left_empty_and_named() -> None:
    shipment = read(earliestPackDateTime="Fri Jan 12 00:00:00 GMT 2024", packages=[{"id": "P1"}, "P2"])
    assert shipment.earliest_pack_at_ms is None
    assert [package.package_id for package in shipment.packages] == ["P1"]
    assert [(fact.path, fact.raw) for fact in shipment.unread] == [
        ("earliestPackDateTime", '"Fri Jan 12 00:00:00 GMT 2024"'),
        ("packages[1]", '"P2"'),
    ]


@pytest.mark.parametrize("told", [{}, {"orderStatesEligibleForRejection": None}])
def test_states_that_are_not_told_are_not_no_states(told: dict[str, Any]) -> None:
    assert read(shipmentInfo=told).rejectable_states is None
    assert read(shipmentInfo={"orderStatesEligibleForRejection": []}).rejectable_states == ()


@pytest.mark.parametrize("states", ["ACCEPTED", {"0": "ACCEPTED"}, [{"state": "ACCEPTED"}], ["ACCEPTED", {}]])
def test_states_that_are_not_wholly_read_are_not_told(states: object) -> None:
    shipment = read(shipmentInfo={"orderStatesEligibleForRejection": states})
    assert shipment.rejectable_states is None
    assert len(shipment.unread) == 1


@pytest.mark.parametrize(
    ("cancelled", "left"), [((), 3), ((1,), 2), ((1, 1), 1), ((3,), 0), ((5,), 0), ((-1,), 3), (("two",), 3)]
)
def test_what_is_left_to_pack(cancelled: tuple[object, ...], left: int) -> None:
    line = LINE | {"numberOfUnits": 3, "cancellations": [{"cancelledQuantity": units} for units in cancelled]}
    (item,) = read(lineItems=[line]).line_items
    assert (item.quantity, item.packable) == (3, left)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Happy birthday!", b"Happy birthday!"),
        (base64.b64encode(b"%PDF-1.7").decode(), b"%PDF-1.7"),
    ],
)
def test_a_gift_message_comes_with_its_digest(content: str, expected: bytes) -> None:
    gift = {"giftMessage": {"format": "PLAIN_TEXT", "content": content}}
    shipment = read(lineItems=[LINE | {"giftAttributes": gift}])
    (item,) = shipment.line_items
    assert item.gift is not None
    assert isinstance(item.gift.message, GiftMessage)
    assert (item.gift.message.format, item.gift.message.content) == ("PLAIN_TEXT", expected)
    assert len(item.gift.message.sha256) == 64
    assert shipment.has_documents
    assert shipment.unread == ()
    assert expected.decode() not in repr(shipment)


def test_gift_messages_take_no_room_from_other_facts() -> None:
    gift = {"giftMessage": {"format": "PDF", "content": base64.b64encode(b"%PDF-1.7 " + b"x" * 300_000).decode()}}
    lines = [LINE | {"shipmentLineItemId": str(number), "giftAttributes": gift} for number in range(4)]
    assert read(lineItems=lines, reason="a reason").reason == "a reason"


BREAKUP = {"baseAmount": {"value": "1.00", "currencyCode": "INR"}}
CHARGE = {"chargeType": "TOTAL", "baseCharge": BREAKUP, "totalCharge": BREAKUP, "taxBreakup": [{"charge": BREAKUP}] * 5}


@pytest.mark.parametrize(
    "large",
    [
        {"charges": [CHARGE] * 5000},
        {"charges": [{}] * 300_000},
        {"lineItems": [LINE | {"charges": [CHARGE] * 50}] * 100},
        {"partyInfoList": [{"address": {"name": "\0" * 9_000, "city": "\u092d" * 9_000}}] * 1000},
        {"packages": [{"id": "P", "packageLineItems": [{"serialNumbers": ["n" * 5000] * 500}]}] * 50},
        dict.fromkeys(("locationId", "subStatus", "reason"), "x" * 9999),
        {"reason": "x" * 5_000_000},
        {"shipmentInfo": {"orderStatesEligibleForRejection": ["x" * 9_999] * 500}},
    ],
    ids=["charges", "empty charges", "charges of lines", "parties", "serials", "texts", "a long text", "states"],
)
def test_however_large_it_is_the_order_fits_into_a_record(large: dict[str, Any]) -> None:
    shipment = read(**large)
    assert len(msgspec.json.encode(shipment)) < 650_000
    assert all(line.quantity == 1 for line in shipment.line_items)
    assert len(shipment.line_items) == len(large.get("lineItems", [LINE]))
    if "reason" not in large or len(large["reason"]) > 10_000:
        assert shipment.unread


def test_a_real_order_of_fifty_lines_is_read_whole() -> None:
    lines = [LINE | {"charges": [CHARGE | {"taxBreakup": [{"charge": BREAKUP}] * 2}] * 3}] * 50
    assert read(lineItems=lines).unread == ()


def test_more_lines_than_any_record_holds_are_fatal() -> None:
    with pytest.raises(Unreadable, match="lineItems is too long"):
        read(lineItems=[LINE | {"merchantSku": "s" * 250}] * 5000)


def test_one_odd_item_does_not_hide_its_page() -> None:
    odd = {**LEAST, "id": "S2", "lineItems": "none"}
    page = read_shipments(Source({"shipments": [LEAST, odd, {}], "pagination": {"nextToken": "t"}}))
    assert ([item.shipment_id for item in page.shipments], [item.object_id for item in page.unreadable]) == (
        ["S1"],
        ["S2"],
    )
    assert (page.next_token, [fact.path for fact in page.unread]) == ("t", ["shipments[2]"])
    returns = read_returns(Source({"returns": [LEAST, {"id": "R2"}, "shell"], "nextToken": "t"}))
    assert ([item.return_id for item in returns.returns], [item.object_id for item in returns.unreadable]) == (
        ["S1"],
        ["R2"],
    )
    assert (returns.next_token, len(returns.unread)) == ("t", 1)


@pytest.mark.parametrize("pagination", ["t", ["t"], {"nextToken": {}}, {"nextToken": ["t"]}])
def test_a_page_whose_next_is_unreadable_is_not_the_last(pagination: object) -> None:
    with pytest.raises(Unreadable, match="pagination"):
        read_shipments(Source({"shipments": [], "pagination": pagination}))
