"""Avro schemas in the form that the codec reads and writes with, and the versions kept in schemas/.

Times are epoch milliseconds (int) and decimals Decimal on our side, so every logical type but decimal is taken off.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

_PACKAGE = Path(__file__).parents[2]
_PACKAGED = _PACKAGE / "schemas"  # in a wheel; a checkout has them beside the package, where other programs look
SCHEMAS_DIR = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent / "schemas"
SINGLE_OBJECT_MARKER = b"\xc3\x01"  # Avro 1.11 specification, "Single-object encoding"


class UnusableSchema(Exception):
    """Not an Avro schema, or one whose values we would misread."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """`canonical` is Avro's parsing canonical form: equal forms have equal bytes."""

    schema: Any
    canonical: str

    @property
    def single_object_header(self) -> bytes:
        return SINGLE_OBJECT_MARKER + bytes.fromhex(fingerprint(self.canonical, "CRC-64-AVRO"))


def parse(texts: Iterable[str]) -> Parsed:
    """The last schema of `texts`; those before it are the ones it refers to by name."""
    named: dict[str, Any] = {}
    schema: Any = None
    try:
        for text in texts:
            schema = parse_schema(_plain(json.loads(text)), named_schemas=named)
        return Parsed(schema, to_parsing_canonical_form(schema))
    except UnusableSchema:
        raise
    except Exception as error:  # noqa: BLE001 - a registry may hold anything, and fastavro fails on it in many ways
        raise UnusableSchema(f"not a readable Avro schema ({type(error).__name__})") from None


def text_of(name: str, schemas_dir: Path = SCHEMAS_DIR) -> str:
    return (schemas_dir / f"{name}.avsc").read_text()


def released(name: str, schemas_dir: Path = SCHEMAS_DIR) -> list[str]:
    """Texts of the versions released so far, oldest first."""
    files = (schemas_dir / "history").glob(f"{name}.v*.avsc")
    return [file.read_text() for file in sorted(files, key=lambda file: int(file.name.split(".v")[1].split(".")[0]))]


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    logical = schema.get("logicalType", "")
    if "timestamp" in logical and logical != "timestamp-millis":
        raise UnusableSchema(f"times must be timestamp-millis, not {logical}")
    plain = {key: value for key, value in schema.items() if key != "logicalType" or logical == "decimal"}
    for key in ("type", "items", "values", "fields"):
        if key in plain:
            plain[key] = _plain(plain[key])
    return plain
