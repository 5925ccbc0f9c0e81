"""Amazon's published model as a judge: is this call, and this answer, one that it declares?"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

MODELS = Path(
    os.environ.get("CONNECTOR_SPAPI_MODELS")
    or Path(__file__).parents[3].parent / "shared" / "reference" / "sp-api-models"
)
needs_models = pytest.mark.skipif(
    not MODELS.is_dir(), reason=f"Amazon's models are not at {MODELS} (CONNECTOR_SPAPI_MODELS names another folder)"
)


@cache
def _models() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(MODELS.glob("*.json"))]


def _find(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(model, operation) of a path without its query."""
    for model in _models():
        for template, operations in model["paths"].items():
            if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return model, operations[method.lower()]
    raise AssertionError(f"{method} {path} is not in Amazon's model")


def _validate(model: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    jsonschema.Draft4Validator({**schema, "definitions": model["definitions"]}).validate(value)


def check_request(method: str, path_qs: str, body: str) -> None:
    """AssertionError or jsonschema.ValidationError where the call is not as declared."""
    url = urlsplit(path_qs)
    model, operation = _find(method, url.path)
    given = dict(parse_qsl(url.query))
    declared = {p["name"]: p for p in operation["parameters"] if p["in"] == "query"}
    assert set(given) <= set(declared), f"undeclared query parameters: {set(given) - set(declared)}"
    assert {name for name, p in declared.items() if p.get("required")} <= set(given), "a required parameter is missing"
    for name, text in given.items():
        value = int(text) if declared[name]["type"] == "integer" else text
        limits = {
            key: value for key, value in declared[name].items() if key in ("enum", "maxLength", "minimum", "maximum")
        }
        jsonschema.Draft4Validator(limits).validate(value)
    schemas = [p for p in operation["parameters"] if p["in"] == "body"]
    if body:
        assert schemas, "the model declares no body"
        _validate(model, schemas[0]["schema"], json.loads(body))
    else:
        assert not any(p.get("required") for p in schemas), "a required body is missing"


def check_response(method: str, path_qs: str, status: int, body: str) -> None:
    model, operation = _find(method, urlsplit(path_qs).path)
    assert str(status) in operation["responses"], f"{status} is not declared for {method} {path_qs}"
    schema = operation["responses"][str(status)].get("schema")
    if schema is None:
        assert body == ""
    else:
        _validate(model, schema, json.loads(body))
