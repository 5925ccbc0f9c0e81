"""Answers to batches that are read in the form of Amazon's model are what the readers of fields read, to the letter."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.inventory.requests import FetchInventory, InventoryRequest, UpdateInventory
from connector.domain.outcomes import Answer
from connector.smartconnect.messages import Response
from connector.smartconnect.outcomes import answered
from connector.smartconnect.wire.body import json_object
from connector.smartconnect.wire.inventory import read_batch
from connector.smartconnect.wire.model.batches import all_accepted, batch_reader
from connector.smartconnect.wire.source import Unreadable
from tests.kit.amazon.client import ids_in
from tests.kit.amazon.model.answers import answers, plain
from tests.kit.amazon.model.forms import forms_of
from tests.kit.amazon.model.tree import Number, Said, replaced, without, written
from tests.kit.hostile import spoilt_json, thrown

LEVEL = {"clientSequenceNumber": 7, "sellableQuantity": 5, "reservedQuantity": 0}
REQUESTS: Sequence[InventoryRequest] = (
    UpdateInventory("EXSB", "SKU-1", 5, 7),
    FetchInventory("EXSB", "SKU & 2"),
    UpdateInventory("EXSC", "SKU-1", 5, 7),
)


def item(request: InventoryRequest, **body: object) -> dict[str, Any]:
    where = {"locationId": request.location_id, "skuId": request.sku, "actionableErrors": []}
    return {"status": {"statusCode": 200, "reasonPhrase": "Success"}, "body": {**where, **LEVEL, **body}}


BATCH = {"responses": [item(request) for request in REQUESTS]}
PLAIN = plain("batchInventory")


def read(body: bytes, requests: Sequence[InventoryRequest], *, by_fields: bool) -> object:
    response = Response(207, {"x-amzn-requestid": "r-1"}, body)
    try:
        if by_fields:
            return read_batch(json_object(response), requests, answered(response))
        return batch_reader(requests)(response)
    except Unreadable as unreadable:
        return str(unreadable)


def check(body: object, requests: Sequence[InventoryRequest] = REQUESTS) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert repr(read(content, requests, by_fields=False)) == repr(read(content, requests, by_fields=True))


def test_the_usual_is_in_its_form() -> None:
    assert all_accepted(json.dumps(BATCH).encode(), REQUESTS, Answer()) is not None
    check(BATCH)


@pytest.mark.parametrize("sequence", [0, None, -1, 2**53, 2**63, 2**63 - 1, 5.0, 5.5, True, "7", "", [], {}])
def test_numbers(sequence: object) -> None:
    for name in LEVEL:
        for request in REQUESTS[:2]:
            check({"responses": [item(request, **{name: sequence})]}, [request])
    check(json.dumps(BATCH).encode().replace(b"7", b"9007199254740993.0"))


@pytest.mark.parametrize("code", [199, 200.0, 299, 300, 400, 409, 429, 500, "200", "", None])
def test_statuses(code: object) -> None:
    for request in REQUESTS[:2]:
        check({"responses": [item(request) | {"status": {"statusCode": code, "reasonPhrase": "Too Many"}}]}, [request])


@pytest.mark.parametrize(
    "body",
    [
        {"responses": BATCH["responses"][:2]},
        {"responses": [*BATCH["responses"], 5]},
        {"responses": [*BATCH["responses"], item(REQUESTS[0])]},
        {"responses": BATCH["responses"][::-1]},
        {"responses": [item(REQUESTS[0], locationId="other"), *BATCH["responses"][1:]]},
        {"responses": [item(REQUESTS[0], locationId="EXSC"), *BATCH["responses"][1:]]},
        {"responses": [item(REQUESTS[0], errors=[{}]), *BATCH["responses"][1:]]},
        {"responses": [item(REQUESTS[0], actionableErrors=[{"errorType": "A"}]), *BATCH["responses"][1:]]},
        {**BATCH, "errors": [{"code": "x"}]},
        {"payload": BATCH},
        {**BATCH, "payload": {"responses": []}},
        [],
    ],
)
def test_items_that_are_fewer_or_others_or_fail(body: object) -> None:
    check(body)


@pytest.mark.parametrize("spoilt", [b'"unheard": "\xff"', b'"unheard": "\\ud800"', b'"unheard": NaN', b'"errors": ""'])
def test_what_nobody_reads(spoilt: bytes) -> None:
    check(b"{%s, %s" % (spoilt, json.dumps(BATCH).encode()[1:]))


def test_any_fact_in_any_form_and_left_out_and_null() -> None:
    requests = [FetchInventory("EXSB", sku) for sku in ids_in(PLAIN)]
    for place, field, _ in PLAIN.facts():
        for said in (*forms_of(field).values(), *map(Said, (None, "", {}, [], True, -1, Number("28.10"), 200, 207))):
            check(written(replaced(PLAIN.tree, place, said)).encode(), requests)
        if isinstance(place[-1], str):
            check(written(without(PLAIN.tree, place)).encode(), requests)


@settings(max_examples=100)
@given(answer=answers("batchInventory"), sku=st.sampled_from(["SKU-1", ""]))
def test_any_answer_that_the_model_allows(answer: Any, sku: str) -> None:
    check(answer.body, [UpdateInventory("EXSB", sku, 5, 7)])


@thrown
@given(spoilt_json(BATCH))
def test_bodies_that_were_made_to_hurt(body: bytes) -> None:
    check(body)
