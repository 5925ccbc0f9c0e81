"""Values as fastavro writes them, which is nobody's of ours: a producer's, and what our own encoder is held against."""

import json
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_writer


def written(text: str, record: Any, header: bytes = b"") -> bytes:
    """`record`: times are epoch milliseconds (int), decimals Decimal."""
    out = BytesIO()
    out.write(header)
    schemaless_writer(out, _writable(text), record)
    return out.getvalue()


def _writable(text: str) -> Any:
    """The schema without its logical types but decimals."""
    return parse_schema(_plain(json.loads(text)))


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
