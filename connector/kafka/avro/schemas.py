"""Our own schemas: the files of schemas/, in the forms that are written with and known by.

Times are epoch milliseconds (int) and decimals Decimal on our side, so every logical type but decimal is taken off.
"""

import json
from pathlib import Path
from typing import Any

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

_PACKAGE = Path(__file__).parents[2]
_PACKAGED = _PACKAGE / "schemas"  # in a wheel; a checkout has them beside the package, where other programs look
SCHEMAS_DIR = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent / "schemas"
SINGLE_OBJECT_MARKER = b"\xc3\x01"  # Avro 1.11 specification, "Single-object encoding"


def text_of(name: str, schemas_dir: Path = SCHEMAS_DIR) -> str:
    return (schemas_dir / f"{name}.avsc").read_text()


def released(name: str, schemas_dir: Path = SCHEMAS_DIR) -> list[str]:
    """Texts of the versions released so far, oldest first."""
    files = (schemas_dir / "history").glob(f"{name}.v*.avsc")
    return [file.read_text() for file in sorted(files, key=lambda file: int(file.name.split(".v")[1].split(".")[0]))]


def writable(text: str) -> Any:
    """What fastavro writes with."""
    return parse_schema(_plain(json.loads(text)))


def single_object_header(text: str) -> bytes:
    """The marker and the CRC-64-AVRO fingerprint, before every value of this schema."""
    canonical = to_parsing_canonical_form(json.loads(text))
    return SINGLE_OBJECT_MARKER + bytes.fromhex(fingerprint(canonical, "CRC-64-AVRO"))


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: value for key, value in schema.items() if key != "logicalType" or value == "decimal"}
    for key in ("type", "items", "values", "fields"):
        if key in plain:
            plain[key] = _plain(plain[key])
    return plain
