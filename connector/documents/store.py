"""Our own store of invoices, labels and manifests: Amazon's URLs expire, and a label can't be read there again."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from connector.documents.directory import Directory
from connector.documents.formats import AS_IT_IS, UnfitDocument, recognise
from connector.documents.names import document_name, folder_of, is_document, probe_name
from connector.domain.orders.facts.documents import Document, DocumentKind, StoredDocument
from connector.errors import ConnectorError
from connector.foreign.aws import aws_fault

PROBE = b"written to see whether this store can be written\n"
PLACE_FAULTS = (OSError, ClientError, BotoCoreError)
"""What a place raises."""


@dataclass(frozen=True, slots=True)
class StoreUnavailable:
    """The store, not the document, is at fault: repeat later."""

    reason: str


class UnreadableDocument(ConnectorError):
    """Told to whoever asked for the document."""


class DocumentPlace(Protocol):
    """All block, so they run in threads."""

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str: ...
    def read(self, uri: str) -> bytes: ...
    def read_named(self, name: str) -> bytes: ...
    def listed(self, prefix: str) -> Iterable[tuple[str, int]]: ...
    def remove(self, names: Iterable[str]) -> None: ...


class DocumentStore:
    def __init__(self, place: DocumentPlace) -> None:
        self._place = place

    async def put(
        self,
        merchant_id: str,
        kms_key_arn: str,
        kind: DocumentKind,
        shipment_id: str,
        package_id: str,
        document: Document,
    ) -> StoredDocument | UnfitDocument | StoreUnavailable:
        """Stored and verified, once however often it is put.

        `shipment_id`: of a manifest, its command's id. `package_id`: of a gift message, its line item's id. Only gift
        messages may be of any form: no printer or carrier depends on it.
        """
        form = recognise(document)
        if isinstance(form, UnfitDocument):
            if kind is not DocumentKind.GIFT_MESSAGE:
                return form
            form = AS_IT_IS
        sha256 = hashlib.sha256(document.content).hexdigest()
        name = document_name(merchant_id, kind, shipment_id, package_id, sha256, form.extension)
        try:
            uri = await asyncio.to_thread(self._place.write, name, document.content, form.content_type, kms_key_arn)
        except PLACE_FAULTS as error:
            return StoreUnavailable(f"{name}: {place_fault(error)}")
        return StoredDocument(kind=kind, uri=uri, sha256=sha256, content_type=form.content_type, package_id=package_id)

    async def probe(self, worker: str, kms_key_arns: Iterable[str]) -> StoreUnavailable | None:
        """Why it can't be written, by a document of no meaning with each of these keys; None where it can. What was
        written stays, for who may write may not be allowed to delete; the next probe is in its place."""
        for number, kms_key_arn in enumerate(kms_key_arns):
            name = probe_name(worker, number)
            try:
                await asyncio.to_thread(self._place.write, name, PROBE, AS_IT_IS.content_type, kms_key_arn)
            except PLACE_FAULTS as error:
                with_key = f" with {kms_key_arn}" if kms_key_arn else ""
                return StoreUnavailable(f"{name}{with_key}: {place_fault(error)}")
        return None

    async def get(self, uri: str) -> bytes:
        """Raises UnreadableDocument, which names the URI."""
        try:
            return await asyncio.to_thread(self._place.read, uri)
        except (*PLACE_FAULTS, ValueError) as error:
            raise UnreadableDocument(f"{uri} can't be read: {place_fault(error)}") from None

    async def remove(self, *, merchant_id: str = "", before_ms: int | None = None) -> int | StoreUnavailable:
        """How many documents were removed: those of the merchant, or of all, that were written before that time, or
        whenever."""
        return await self._chosen(merchant_id, before_ms, self._place.remove)

    async def count(self, *, merchant_id: str) -> int | StoreUnavailable:
        """How many documents of the merchant there are."""
        return await self._chosen(merchant_id, None, lambda _: None)

    async def _chosen(
        self, merchant_id: str, before_ms: int | None, use: Callable[[Sequence[str]], None]
    ) -> int | StoreUnavailable:
        def choose() -> int:
            listed = self._place.listed(folder_of(merchant_id) if merchant_id else "")
            written = ((name, written_ms) for name, written_ms in listed if is_document(name))
            names = [name for name, written_ms in written if before_ms is None or written_ms < before_ms]
            use(names)
            return len(names)

        try:
            return await asyncio.to_thread(choose)
        except PLACE_FAULTS as error:
            return StoreUnavailable(place_fault(error))


def open_store(url: str) -> DocumentStore:
    """`url`: as `open_place` has it."""
    return DocumentStore(open_place(url))


def open_place(url: str) -> DocumentPlace:
    """`url`: file:///directory or s3://bucket/prefix, as the settings have it. Connects to nothing yet."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from connector.documents.bucket import Bucket  # boto3 is slow to import: not where nothing is in S3

        prefix = parts.path.strip("/")
        return Bucket(parts.netloc, f"{prefix}/" if prefix else "")
    return Directory(Path(unquote(parts.path)))


def place_fault(error: Exception) -> str:
    """One of PLACE_FAULTS in our words."""
    if isinstance(error, ClientError | BotoCoreError):
        return aws_fault(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
