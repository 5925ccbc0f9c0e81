"""The OpenAPI document is valid, committed as the code has it, and says what a worker's port answers."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from connector.kafka.members import GroupMember
from connector.web.api.operations import API_PREFIX, OPERATIONS_OF_API, Operation, Served
from connector.web.api.verbs import Verb
from docs.tables import OPENAPI, openapi_text
from tests.kit.http.api import ToldStatus, api_parts, told_alert, told_merchant
from tests.kit.http.web_port import web_port

TEXT = OPENAPI.read_text()
DOCUMENT: dict[str, Any] = yaml.safe_load(TEXT)
TOKEN = "invented-token-of-workers"
ALERT = told_alert("A1")
IDS = {"merchant_id": "A1", "kind": "sku", "id": "S", "partition": "0", "offset": "1", "alert_id": "a1"}
BODY = {"by": "ann", "reason": "r"}


def test_it_is_as_the_code_is() -> None:
    """To mend it: make tables."""
    assert openapi_text() == TEXT


def test_it_is_valid_by_the_openapi_specification() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_operation_is_there_under_a_name_of_its_own() -> None:
    told = {
        (method, path): operation["operationId"]
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }
    assert told == {(one.method.lower(), API_PREFIX + one.path): one.name for one in OPERATIONS_OF_API}
    assert len(set(told.values())) == len(told)
    assert {served.value for served in Served} <= set(told.values())


def test_what_changes_something_or_tells_of_buyers_and_nothing_else_wants_the_token() -> None:
    for operation in OPERATIONS_OF_API:
        told = _told(operation)
        guarded = operation.method == "POST" or operation.name == "readDeadLetter"
        assert told["security"] == ([{"token": []}] if guarded else [])


@pytest.mark.parametrize("operation", OPERATIONS_OF_API, ids=lambda one: one.name)
async def test_a_worker_answers_as_it_says(operation: Operation, tmp_path: Path) -> None:
    if operation.does in (Served.CHANGES, Served.DOCUMENT):
        pytest.skip("events, and the document itself")
    silent = GroupMember("w-2", "", frozenset({3}))
    known = [told_merchant("A1", backlog=2, alerts=[ALERT]), told_merchant("A2", paused_because="a flood")]
    status = ToldStatus(known, [0, 1], refused="line 3: no such key")  # nobody has partition 2
    (tmp_path / "program.py").write_text("print('[]')")
    program = (sys.executable, str(tmp_path / "program.py"))
    parts = api_parts("w-1", status, lambda: [silent], token=TOKEN, program=program)
    async with (
        web_port(api=parts) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        started = await client.post(
            f"{API_PREFIX}reconciles",
            json={**BODY, "merchant_id": "A1", "subject": "stock"},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        ids = {**IDS, **started.json()}
        path, body = API_PREFIX + operation.path.format(**ids), dict(BODY)
        if operation.does is Served.NEW_RECONCILE:
            body |= {"merchant_id": "A1", "subject": "returns"}
        good = await client.request(
            operation.method,
            path,
            json=body if operation.writes else None,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        bad = await client.request(operation.method, path + "?odd=1", json={"odd": 1} if operation.writes else None)
    said = _told(operation)["responses"]
    _check(said[str(good.status_code)], good)
    assert bad.status_code == (401 if operation.guarded else 422)
    _check(said["default"], bad)


def _told(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = DOCUMENT["paths"][API_PREFIX + operation.path][operation.method.lower()]
    return told


def _check(said: dict[str, Any], answer: httpx.Response) -> None:
    ((content_type, content),) = said["content"].items()
    assert answer.headers["content-type"].startswith(content_type)
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(answer.content))] == []


def test_commands_are_named_by_what_they_do() -> None:
    assert {one.does.name for one in OPERATIONS_OF_API if isinstance(one.does, Verb)} >= {"zeroStock", "readHistory"}
