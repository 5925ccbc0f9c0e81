"""What is read in the form of Amazon's model is what the readers of fields read of it, to the letter."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.orders.facts.shipment import Shipment
from connector.smartconnect.messages import Response
from connector.smartconnect.wire.body import from_json, with_id
from connector.smartconnect.wire.model.pages import shipment_reader, shipments_reader
from connector.smartconnect.wire.model.shipments import facts_of, in_form
from connector.smartconnect.wire.shipments import ShipmentsPage, read_shipment, read_shipments
from connector.smartconnect.wire.source import Unreadable
from tests.kit.amazon.model.answers import answers, plain
from tests.kit.amazon.model.forms import forms_of
from tests.kit.amazon.model.garbage import every_spoilt
from tests.kit.amazon.model.tree import Number, Place, Said, replaced, without, written
from tests.kit.cases import read_case
from tests.kit.hostile import spoilt_json, thrown

FEW = settings(thrown, max_examples=40)  # of hundreds of facts each
PLAIN = plain("getShipment")
ID = json.loads(PLAIN.body)["id"]
GIFT: Place = ("lineItems", 0, "giftAttributes", "giftMessage")
GEOCODES: Sequence[Place] = (
    ("shippingInfo", "shipToAddress", "geocodes"),
    ("partyInfoList", 0, "address", "geocodes"),
    ("partyInfoList", 0, "taxInfo", "address", "geocodes"),
)
CASES = [read_case(f"amazon/{name}")["body"] for name in ("multi-piece", "one-line-cancelled", "side-fact-unreadable")]


def usual() -> Any:
    """With every fact that the form of the model has."""
    tree = without(PLAIN.tree, GIFT)
    for place in GEOCODES:
        tree = without(tree, place)
    return tree


def told(read: Callable[[Response], Shipment | ShipmentsPage], body: bytes) -> bytes | str:
    """All that was read of it, or why nothing was."""
    try:
        return msgspec.json.encode(read(Response(200, content=body)))
    except Unreadable as unreadable:
        return str(unreadable)


def check_alone(body: bytes, shipment_id: str = ID) -> None:
    assert told(shipment_reader(shipment_id), body) == told(from_json(with_id(shipment_id, read_shipment)), body)


def check(body: bytes, shipment_id: str = ID) -> None:
    """By itself, and in a page that is shown once more."""
    check_alone(body, shipment_id)
    check_page(b'{"shipments": [%s, %s], "pagination": {"nextToken": "t"}}' % (body, CASE))


def check_page(body: bytes) -> None:
    reader = shipments_reader()
    for _ in range(2):
        assert told(reader, body) == told(from_json(read_shipments), body)


NUMBERS = ("0.00", "-0.0", "1e3", " 5 ", "1_0", "NaN", "٣", "1\n", "0" * 10_001, "9" * 30)
ODD = (
    *map(Said, (None, "", {}, [], True, 10**20, 2**31, -1, *NUMBERS)),
    *(Said(Number(text)) for text in ("28.10", "-0.0", "1e3", "1e400", "NaN")),
)
CASE = json.dumps(CASES[0]).encode()
USUAL = written(usual()).encode()
BODIES = {"usual": USUAL, **{f"case {number}": json.dumps(case).encode() for number, case in enumerate(CASES)}}


def test_every_fact_of_the_model_but_gifts_and_geocodes_is_in_its_form() -> None:
    found = in_form(USUAL)
    assert found is not None
    assert facts_of(found) is not None


@pytest.mark.parametrize("name", BODIES)
def test_the_usual(name: str) -> None:
    body = BODIES[name]
    check(body, json.loads(body)["id"])


def test_any_side_fact_spoilt() -> None:
    for spoilt in every_spoilt("getShipment"):
        tree: Any = spoilt.answer.tree
        for place in (GIFT, *GEOCODES):
            if spoilt.place[: len(place)] != place and place[: len(spoilt.place)] != spoilt.place:
                tree = without(tree, place)
        check_alone(written(tree).encode())


def test_any_fact_in_any_form_and_left_out_and_null() -> None:
    for place, field, _ in replace(PLAIN, tree=usual()).facts():
        for said in (*forms_of(field).values(), *ODD):
            check_alone(written(replaced(usual(), place, said)).encode())
        if isinstance(place[-1], str):
            check_alone(written(without(usual(), place)).encode())


@pytest.mark.parametrize("length", range(1, 6))
def test_objects_that_say_nothing(length: int) -> None:
    """Of each depth."""
    for place in {place[:length] for place, _, _ in replace(PLAIN, tree=usual()).facts() if len(place) > length}:
        for said in (Said({}), Said({"unheard": 1}), Said([]), Said([{}])):
            check(written(replaced(usual(), place, said)).encode())


@pytest.mark.parametrize("spoilt", [b'"unheard": "\xff"', b'"unheard": "\\ud800"', b'"unheard": NaN', b'"errors": [1]'])
def test_what_nobody_reads(spoilt: bytes) -> None:
    check(b"{%s, %s" % (spoilt, USUAL[1:]))
    check_page(b'{"shipments": [%s], %s}' % (USUAL, spoilt))
    check_page(b'{"payload": {"shipments": [%s]}, %s}' % (USUAL, spoilt))


@FEW
@given(answers("getShipment"))
def test_any_answer_that_the_model_allows(answer: Any) -> None:
    body = answer.body
    shipment = json.loads(body)
    check(body, str(shipment.get("payload", shipment)["id"]))


@FEW
@given(answers("getShipments"))
def test_any_page_that_the_model_allows(answer: Any) -> None:
    check_page(answer.body)


@thrown
@given(st.one_of(spoilt_json(*CASES), spoilt_json(json.loads(USUAL))))
def test_bodies_that_were_made_to_hurt(body: bytes) -> None:
    check(body)


@thrown
@given(spoilt_json({"shipments": CASES, "pagination": {"nextToken": "t"}}))
def test_pages_that_were_made_to_hurt(body: bytes) -> None:
    check_page(body)
