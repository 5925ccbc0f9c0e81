"""A body is read whatever numbers it holds, and an answer for another object is none."""

import time

import pytest

from connector.domain.outcomes import Accepted, Unknown
from connector.smartconnect.messages import Response
from connector.smartconnect.wire.body import from_json, load, with_id
from connector.smartconnect.wire.fields import decimal, integer, text, time_ms
from connector.smartconnect.wire.source import Source, Unreadable
from tests.kit.amazon.client import ask
from tests.kit.amazon.model.answers import plain
from tests.kit.amazon.model.tree import Number, Said, replaced

BEYOND = ("1E+9999999999999999999", "-1e-9999999999999999999", "9" * 5000, "NaN", "-Infinity")


def answered(content: bytes) -> Response:
    return Response(200, content=content)


def test_a_price_stays_what_amazon_wrote() -> None:
    body = b'{"value": 28.10, "huge": 12345678901234567890.12}'
    assert from_json(lambda source: (text(source, "value"), text(source, "huge")))(answered(body)) == (
        "28.10",
        "12345678901234567890.12",
    )


def test_half_of_a_surrogate_pair_is_replaced() -> None:
    read = from_json(lambda source: text(source, "name"))
    assert read(answered(rb'{"name": "Jos\u00e9 \ud83d"}')) == "Jos\u00e9 ?"


@pytest.mark.parametrize("number", BEYOND, ids=lambda number: number[:12])
def test_a_number_beyond_all_reason_hides_no_other_fact(number: str) -> None:
    body = f'{{"id": "S1", "amount": {number}, "others": [1, 2.5, {number}]}}'.encode()
    read = from_json(lambda it: (text(it, "id"), decimal(it, "amount"), integer(it, "amount"), time_ms(it, "amount")))
    assert read(answered(body)) == ("S1", None, None, None)


@pytest.mark.parametrize("number", BEYOND, ids=lambda number: number[:12])
def test_an_order_is_read_all_the_same(number: str) -> None:
    good = plain("getShipment")
    tree = replaced(good.tree, ("charges", 0, "totalTax", "rate"), Said(Number(number)))
    odd = type(good)(good.operation, tree)
    outcome = ask("getShipment", odd.body, about=["id 1"]).outcome
    assert isinstance(outcome, Accepted), outcome
    assert [fact.path for fact in outcome.value.unread] == ["charges[0].totalTax.rate"]


def test_what_is_no_json_is_named_and_not_shown() -> None:
    for content in (b"SECRET", b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(Unreadable, match="JSON"):
            load(content)
    for content in (b"[]", b"null", b'"SECRET"'):
        with pytest.raises(Unreadable, match="object"):
            from_json(lambda _: None)(answered(content))


def test_a_number_of_a_million_digits_takes_no_time() -> None:
    began = time.process_time()
    assert load(b"[" + b"9" * 1_000_000 + b"]") == ["9" * 1_000_000]
    assert time.process_time() - began < 1


def test_an_answer_may_be_wrapped_in_a_payload() -> None:
    read = from_json(lambda source: text(source, "id"))
    assert read(answered(b'{"payload": {"id": "S1"}}')) == read(answered(b'{"id": "S1"}')) == "S1"


@pytest.mark.parametrize("told", ["S2", "s1", "S1 ", "", None, {"id": "S1"}])
def test_an_answer_for_another_object_is_none(told: object) -> None:
    read = with_id("S1", lambda source: source.values["id"])
    assert read(Source({"id": "S1"})) == "S1"
    with pytest.raises(Unreadable, match="id"):
        read(Source({"id": told}))


def test_another_shipments_answer_is_not_adopted() -> None:
    good = plain("getShipment")
    assert isinstance(ask("getShipment", good.body, about=["id 1"]).outcome, Accepted)
    assert isinstance(ask("getShipment", good.body, about=["S2"]).outcome, Unknown)
