"""Where a document is kept below the store's root: the same document always in the same place."""

import hashlib
import re

from connector.domain.orders.facts.documents import DocumentKind

_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 60


def document_name(
    merchant_id: str, kind: DocumentKind, shipment_id: str, package_id: str, sha256: str, extension: str
) -> str:
    """Made of letters, digits and `_-./` only, whatever the ids are. Equal names mean equal bytes."""
    file = f"{_safe(package_id)}-{sha256}" if package_id else sha256
    return "/".join([_safe(merchant_id), kind.lower(), _safe(shipment_id), f"{file}.{extension}"])


def _safe(part: str) -> str:
    """The id itself where it can be; else what is left of it, and a hash that keeps two of them apart."""
    readable = _ODD.sub("_", part)[:_LONGEST]
    if readable == part != "":
        return part
    return f"{readable}.{hashlib.sha256(part.encode()).hexdigest()[:12]}"
