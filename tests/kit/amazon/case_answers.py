"""The answers of tests/cases/amazon, as bytes, and what the real client makes of them."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from connector.domain.outcomes import Accepted
from connector.smartconnect.caller import CallReport
from tests.kit.amazon.client import ask
from tests.kit.cases import read_case


def answer_body(case: Mapping[str, Any]) -> bytes:
    """With long text filled in where the case says so."""
    if "body_base64" in case:
        return base64.b64decode(case["body_base64"])
    if "body_text" in case:
        return str(case["body_text"]).encode()
    body = case["body"]
    for fill in case.get("fill", ()):
        *way, last = fill["at"].strip("/").split("/")
        inner = body
        for step in way:
            inner = inner[int(step)] if step.isdigit() else inner[step]
        text = fill["base64_of"]
        content = text["before"].encode() + text["fill"].encode() * text["times"]
        inner[last] = base64.b64encode(content).decode()
    return json.dumps(body).encode()


def ask_case(name: str, about: Sequence[str] = ("S1",), changes: Mapping[str, object] | None = None) -> CallReport[Any]:
    """`about`: the ids asked for. `changes`: fields of the body that are told otherwise, or None: left out."""
    case = read_case(f"amazon/{name}")
    if changes:
        told = {**case["body"], **changes}
        case["body"] = {field: value for field, value in told.items() if value is not None}
    return ask(case["operation"], answer_body(case), case["status"], about=about, headers=case["headers"])


def accepted_case(name: str, about: Sequence[str] = ("S1",), changes: Mapping[str, object] | None = None) -> Any:
    """What is read of it. AssertionError where it is not believed."""
    outcome = ask_case(name, about, changes).outcome
    assert isinstance(outcome, Accepted), outcome
    return outcome.value
