"""The OpenAPI document of the control API, made of its operations."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Literal

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from connector.web.api.openapi import shapes
from connector.web.api.operations import API_PREFIX, OPERATIONS_OF_API, Operation, Served
from connector.web.api.problems import CONTENT_TYPE

API_VERSION = "1"
DESCRIPTION = (
    "Any worker answers for all: it finds the others through Kafka and asks them. What changes something, or may tell "
    "of buyers, needs the workers' CONNECTOR_WEB__TOKEN; changes are in the audit. Other reads need no token: keep the "
    "port inside."
)
_JSON = "application/json"
_OF_COMMAND = "what the command's --json says"
_ANSWERS: dict[Served, type[BaseModel]] = {
    Served.FLEET: shapes.FleetShape,
    Served.STATUS: shapes.StatusShape,
    Served.MERCHANTS: shapes.MerchantsShape,
    Served.MERCHANT: shapes.MerchantShape,
    Served.ALERTS: shapes.AlertsShape,
    Served.RECONCILES: shapes.ReconcilesShape,
    Served.RECONCILE: shapes.WholeReconcile,
    Served.NEW_RECONCILE: shapes.StartedShape,
}
_PATH = {"kind": ["shipment", "sku", "command", "return"]}


@cache
def openapi_json() -> bytes:
    return orjson.dumps(openapi())


def openapi() -> dict[str, Any]:
    models: list[type[BaseModel]] = [shapes.ProblemShape, shapes.ChangeShape, *_ANSWERS.values()]
    models += [operation.said for operation in OPERATIONS_OF_API if operation.writes]
    _, told = models_json_schema([*_as_given(models)], ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS_OF_API:
        paths.setdefault(API_PREFIX + operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "SmartConnect connector", "version": API_VERSION, "description": DESCRIPTION},
        "servers": [{"url": "http://localhost:6066", "description": "any worker"}],
        "paths": paths,
        "components": {
            "schemas": told["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "CONNECTOR_WEB__TOKEN"}},
        },
    }


def _as_given(models: Iterable[type[BaseModel]]) -> Iterator[tuple[type[BaseModel], Literal["validation"]]]:
    for model in dict.fromkeys(models):
        yield model, "validation"


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if parameters := [*_path_parameters(operation), *_query_parameters(operation)]:
        told["parameters"] = parameters
    if operation.writes:
        body = {"$ref": f"#/components/schemas/{operation.said.__name__}"}
        told["requestBody"] = {"required": True, "content": {_JSON: {"schema": body}}}
    told["security"] = [{"token": []}] if operation.guarded else []
    problem = {"$ref": "#/components/schemas/ProblemShape"}
    told["responses"] = {
        "202" if operation.does is Served.NEW_RECONCILE else "200": _answer(operation),
        "default": {"description": "a problem", "content": {CONTENT_TYPE: {"schema": problem}}},
    }
    return told


def _path_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", operation.path):
        schema = {"type": "string"} | ({"enum": _PATH[name]} if name in _PATH else {})
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.writes:
        return
    for name, schema in operation.said.model_json_schema().get("properties", {}).items():
        told = {"name": name, "in": "query", "required": False, "schema": schema}
        yield told | ({"description": schema.pop("description")} if "description" in schema else {})


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.does is Served.CHANGES:
        return {"description": "events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    if operation.does is Served.DOCUMENT:
        return {"description": "this document", "content": {_JSON: {"schema": {"type": "object"}}}}
    if isinstance(operation.does, Served):
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{_ANSWERS[operation.does].__name__}"}
        return {"description": operation.summary, "content": {_JSON: {"schema": schema}}}
    schema = {"$ref": "#/components/schemas/ChangeShape"} if operation.writes else {"type": ["array", "object"]}
    return {"description": _OF_COMMAND, "content": {_JSON: {"schema": schema}}}
