"""Statuses: Amazon's word where its own error body is there, the network's where it is not. Never an exception."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.outcomes import Accepted, Failed, Throttled, Unavailable
from tests.kit.amazon.client import CALLS, ask
from tests.kit.amazon.model.answers import trees
from tests.kit.amazon.model.facts import operations
from tests.kit.amazon.model.tree import written

HTML = b"<!DOCTYPE html><html><head><title>Temporarily unavailable</title></head><body></body></html>"
NOT_AMAZONS = {
    "a page": HTML,
    "nothing": b"",
    "half of a body": b'{"errors":[{"code":"Inva',
    "words": b"upstream connect error",
    "null": b"null",
    "an empty object": b"{}",
    "an empty list of errors": b'{"errors":[]}',
    "a gateway's message": b'{"message":"Service Unavailable"}',
    "no text": b"\xff\xfe\x00",
}
OPERATIONS = list(CALLS)
REFUSING = (400, 403, 404, 409, 413, 415, 422)
BODIES = [f"{status}, {body}" for status in REFUSING for body in NOT_AMAZONS]


@pytest.mark.parametrize("case", BODIES)
def test_a_status_without_amazons_body_is_the_networks(case: str) -> None:
    status, _, body = case.partition(", ")
    report = ask("processShipment", NOT_AMAZONS[body], int(status), headers={"content-type": "text/html"})
    assert isinstance(report.outcome, Unavailable), report.outcome


@pytest.mark.parametrize("body", NOT_AMAZONS)
def test_too_many_is_too_many_whoever_says_it(body: str) -> None:
    assert isinstance(ask("processShipment", NOT_AMAZONS[body], 429).outcome, Throttled)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", NOT_AMAZONS)
def test_a_server_in_trouble_is_unavailable(body: str, status: int) -> None:
    assert isinstance(ask("processShipment", NOT_AMAZONS[body], status).outcome, Unavailable)


SILENT = {"no text", "a page", "half of a body", "words", "null"}


@pytest.mark.parametrize("body", sorted(SILENT))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_success_that_nobody_can_read_is_not_believed(operation: str, body: str) -> None:
    assert not isinstance(ask(operation, NOT_AMAZONS[body]).outcome, Accepted)


@settings(max_examples=200)
@given(operation=st.sampled_from(OPERATIONS), data=st.data())
def test_any_list_of_errors_is_a_failure(operation: str, data: st.DataObject) -> None:
    errors = data.draw(trees("shipments.ErrorList"))
    body = written(errors, escaped=data.draw(st.booleans())).encode()
    outcome = ask(operation, body, data.draw(st.sampled_from(operations()[operation].refusals))).outcome
    assert isinstance(outcome, Failed)
    outcome.answer.message.encode()  # it goes into records, which are UTF-8


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
ANY_BODY = ANY_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)


@settings(max_examples=300)
@given(operation=st.sampled_from(OPERATIONS), body=ANY_BODY, status=st.integers(200, 599))
def test_any_body_of_any_status_comes_to_something(operation: str, body: bytes, status: int) -> None:
    assert isinstance(ask(operation, body, status).outcome, Accepted | Failed)


NAMES = (
    "responses",
    "shipments",
    "packageShipLabelList",
    "shippingOptions",
    "document",
    "returns",
    "payload",
    "errors",
)


@settings(max_examples=300)
@given(operation=st.sampled_from(OPERATIONS), value=ANY_JSON)
def test_any_value_in_place_of_each_list_comes_to_something(operation: str, value: object) -> None:
    assert isinstance(ask(operation, json.dumps(dict.fromkeys(NAMES, value)).encode()).outcome, Accepted | Failed)
