"""Our own schemas: the files of schemas/, and what their values are known by."""

import json
from pathlib import Path

from fastavro.schema import fingerprint, to_parsing_canonical_form

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


def single_object_header(text: str) -> bytes:
    """The marker and the CRC-64-AVRO fingerprint, before every value of this schema."""
    canonical = to_parsing_canonical_form(json.loads(text))
    return SINGLE_OBJECT_MARKER + bytes.fromhex(fingerprint(canonical, "CRC-64-AVRO"))
