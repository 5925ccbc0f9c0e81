"""The project's own facts of Amazon's model are those of the model, and each of them goes somewhere."""

import json

import pytest

from tests.kit.amazon.model.answers import plain
from tests.kit.amazon.model.carried import Carried, rows, schema_at, table, verdicts
from tests.kit.amazon.model.extract import extract
from tests.kit.amazon.model.facts import FACTS, fields_of, operations
from tests.kit.amazon.spapi_model import MODELS, check_response, needs_models

WITH_A_BODY = [name for name, operation in operations().items() if operation.shape]
PATHS = {
    "batchInventory": "/externalFulfillment/inventory/2024-09-11/inventories",
    "getShipments": "/externalFulfillment/2024-09-11/shipments",
    "getShipment": "/externalFulfillment/2024-09-11/shipments/S1",
    "retrieveShippingOptions": "/externalFulfillment/2024-09-11/shipments/S1/shippingOptions",
    "generateInvoice": "/externalFulfillment/2024-09-11/shipments/S1/invoice",
    "retrieveInvoice": "/externalFulfillment/2024-09-11/shipments/S1/invoice",
    "generateShipLabels": "/externalFulfillment/2024-09-11/shipments/S1/shipLabels",
    "listReturns": "/externalFulfillment/2024-09-11/returns",
    "getReturn": "/externalFulfillment/2024-09-11/returns/R1",
}


@needs_models
def test_the_facts_are_the_models() -> None:
    """Where it fails: Amazon published another model; read what changed, then `python -m tests.kit...extract`."""
    assert json.loads(FACTS.read_text()) == json.loads(json.dumps(extract(MODELS)))


@needs_models
@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_plain_answer_is_one_that_the_model_allows(name: str) -> None:
    answer = plain(name, items=2)
    check_response(answer.operation.method, PATHS[name], answer.operation.status, answer.body.decode())


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_every_field_is_carried_or_left_out_or_known_to_be_lost(name: str) -> None:
    told = {verdict.path: verdict for verdict in verdicts(name)}
    assert not [path for path, verdict in told.items() if verdict.row is None], "no row says where these go"
    unsaid = {
        path
        for path, _ in fields_of(operations()[name].shape)
        if not any(path == known or path.startswith((f"{known}.", f"{known}[]")) for known in told)
    }
    assert not unsaid


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_every_target_is_a_field_of_a_schema(name: str) -> None:
    for verdict in verdicts(name):
        if isinstance(verdict.row, Carried):
            assert schema_at(verdict.row.target), verdict.path


def test_no_row_is_for_nothing() -> None:
    read = {verdict.read_in for name in WITH_A_BODY for verdict in verdicts(name)}
    assert [row for row in rows() if row not in read] == []
    assert set(table()["operations"]) == set(WITH_A_BODY)


def test_what_is_not_carried_has_its_reason() -> None:
    assert not [row for row in rows() if row[1] not in ("carried", "left_out", "lost")]
    assert all(len(table()[owner][how][field]) > 10 for owner, how, field in rows() if how != "carried")
