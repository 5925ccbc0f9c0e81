"""Where a document is kept below the store's root: the same document always in the same place."""

import hashlib
import re

from connector.domain.orders.facts.documents import DocumentKind

_KINDS = "|".join(kind.lower() for kind in DocumentKind)
_OURS = re.compile(rf"[^/]+/({_KINDS})/[^/]+/([^/]+-)?[0-9a-f]{{64}}\.[a-z]{{1,10}}")
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 60


def document_name(
    merchant_id: str, kind: DocumentKind, shipment_id: str, package_id: str, sha256: str, extension: str
) -> str:
    """Made of letters, digits and `_-./` only, whatever the ids are. Equal names mean equal bytes.

    A folder is shared by a sixteenth of the shipments: one for each would be made, and synced, with its first document.
    """
    owner = f"{_safe(shipment_id)}-{_safe(package_id)}" if package_id else _safe(shipment_id)
    shared = hashlib.sha256(shipment_id.encode()).hexdigest()[0]
    return f"{_safe(merchant_id)}/{kind.lower()}/{shared}/{owner}-{sha256}.{extension}"


def probe_name(worker: str, number: int) -> str:
    """Of what a worker writes to see whether it can: no document, and in no merchant's folder."""
    return f"probe/{_safe(worker)}/{number}.txt"


def is_document(name: str) -> bool:
    """Whether it is a name of ours: what else lies below the store's root is not ours to remove."""
    return _OURS.fullmatch(name) is not None


def folder_of(merchant_id: str) -> str:
    """Where all of a merchant's documents are: their names begin so."""
    return f"{_safe(merchant_id)}/"


def _safe(part: str) -> str:
    """The id itself where it can be; else what is left of it, and a hash that keeps two of them apart."""
    readable = _ODD.sub("_", part)[:_LONGEST]
    if readable == part != "":
        return part
    return f"{readable}.{hashlib.sha256(part.encode()).hexdigest()[:12]}"
