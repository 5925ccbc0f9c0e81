"""How the rows of a table are written by this release, as one text to compare."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from connector.tables import rows, short
from connector.tables.snapshots import file
from connector.tables.table import TableSpec


def form_of(spec: TableSpec[Any], release: str) -> str:
    """Another one for another release, another field of a row at any depth, and another text of what writes rows or
    tells the unsettled ones: a release that is worked on changes without a new number."""
    modules = {spec.row_type.__module__, spec.is_unsettled.__module__, type(spec.kept_short).__module__}
    modules |= {rows.__name__, short.__name__, file.__name__}
    schema = msgspec.json.encode(msgspec.json.schema(spec.row_type))
    parts = [release.encode(), schema, *(_content(name) for name in sorted(modules))]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _content(module: str) -> bytes:
    path = getattr(sys.modules[module], "__file__", None)
    return Path(path).read_bytes() if path else b""
