"""The failing inputs of tests/cases as what they are on Kafka."""

import json
from dataclasses import dataclass
from typing import Any

from tests.kit.cases import read_case


@dataclass(frozen=True)
class CaseRecord:
    """Names of headers are bytes: not all are UTF-8."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[bytes, bytes | None], ...] = ()
    schema_id: int | None = None
    schema: str = ""


def case_record(name: str) -> CaseRecord:
    return _record(read_case(f"records/{name}"))


@dataclass(frozen=True)
class RegistryCase:
    """`answers`: (from this second on, status, headers, body)."""

    path: str
    answers: list[tuple[float, int, dict[str, str], bytes]]
    record: CaseRecord


def registry_case(name: str) -> RegistryCase:
    told = read_case(f"registry/{name}")
    answers = [
        (
            answer["from_s"],
            answer["status"],
            answer["headers"],
            answer["body_text"].encode() if "body_text" in answer else json.dumps(answer["body"]).encode(),
        )
        for answer in told["answers"]
    ]
    return RegistryCase(told["request"].removeprefix("GET "), answers, _record(told["record"]))


def _record(told: dict[str, Any]) -> CaseRecord:
    headers = tuple(
        (
            bytes.fromhex(header["name_hex"]) if "name_hex" in header else header["name"].encode(),
            None if header["value_hex"] is None else bytes.fromhex(header["value_hex"]),
        )
        for header in told["headers"]
    )
    key = bytes.fromhex(told["key_hex"]) if "key_hex" in told else told["key"].encode()
    schema = json.dumps(told["schema"]) if "schema" in told else ""
    return CaseRecord(told["topic"], key, _value(told), headers, told.get("schema_id"), schema)


def _value(told: dict[str, Any]) -> bytes:
    if "value_hex" in told:
        return bytes.fromhex(told["value_hex"])
    fill = told["value_fill"]
    return b"".join(
        (
            bytes.fromhex(fill["before_hex"]),
            bytes.fromhex(fill["fill_hex"]) * fill["times"],
            bytes.fromhex(fill["after_hex"]),
        )
    )
