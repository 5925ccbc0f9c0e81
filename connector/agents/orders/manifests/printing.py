"""Draws and stores manifests beside the agents; what came of one is an internal command."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from connector.agents.alerts import Alerts
from connector.agents.issuer import Issuer
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.documents import store_is_away
from connector.agents.records.store import STORE
from connector.documents.formats import UnfitDocument
from connector.documents.store import DocumentStore, StoreUnavailable
from connector.domain.alerts import AlertKind
from connector.domain.internal_commands import FinishManifest, ManifestDocument
from connector.domain.orders.commands import CreateManifest, describe
from connector.domain.orders.effects import UNFIT
from connector.domain.orders.facts.documents import Document, DocumentKind, StoredDocument
from connector.domain.orders.manifests import Manifest, manifests_of
from connector.domain.orders.results import INVALID_COMMAND, Refuse
from connector.domain.orders.row import Work
from connector.tables.shipments import ShipmentTable, shipment_key

MANIFESTS_AT_ONCE = 2
RETRY_S = 5.0  # while the store can't be reached


class ManifestPrinter:
    """`on_death` hears of an exception that nobody foresaw."""

    def __init__(
        self,
        store: DocumentStore,
        table: ShipmentTable,
        issuer: Issuer,
        *,
        merchants: KnownMerchants,
        alerts: Alerts,
        on_death: Callable[[BaseException], None],
    ) -> None:
        self._store = store
        self._table = table
        self._issuer = issuer
        self._merchants = merchants
        self._alerts = alerts
        self._on_death = on_death
        self._running: dict[str, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(MANIFESTS_AT_ONCE)

    def offer(self, partition: int, keys: Iterable[str]) -> None:
        for key in keys:
            row = self._table.get(partition, key)
            work = row.head if row is not None else None
            if work is None or not isinstance(work.command.action, CreateManifest):
                continue
            if key not in self._running:
                self._running[key] = asyncio.create_task(self._print(partition, work, work.command.action))
                self._running[key].add_done_callback(partial(self._ended, key))

    def close(self) -> None:
        """All partitions were given up."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()

    async def _print(self, partition: int, work: Work, action: CreateManifest) -> None:
        command, finished = work.command, None
        while finished is None:
            async with self._free:
                finished = await self._finished(partition, work, action)
            if finished is None:
                await asyncio.sleep(RETRY_S)
        await self._issuer.issue(partition, command.merchant_id, finished)

    async def _finished(self, partition: int, work: Work, action: CreateManifest) -> FinishManifest | None:
        """None: the store can't be reached. What was stored then is stored again in the same place."""
        command, merchant_id, command_id = work.command, work.command.merchant_id, work.command.command_id
        rows = {one: self._table.get(partition, shipment_key(merchant_id, one)) for one in action.shipment_ids}
        manifests = manifests_of(command, action, rows)
        if isinstance(manifests, Refuse):
            return FinishManifest(command_id, code=INVALID_COMMAND, message=describe(manifests.faults))
        made: list[ManifestDocument] = []
        for manifest in manifests:
            match await self._stored(manifest, work.taken_at_ms):
                case StoredDocument(uri=uri, sha256=sha256, content_type=content_type):
                    made.append(ManifestDocument(uri, sha256, content_type))
                case UnfitDocument(reason):
                    return FinishManifest(command_id, code=UNFIT, message=reason)
                case StoreUnavailable(reason):
                    store_is_away(self._alerts, merchant_id, reason)
                    return None
        self._alerts.end_alert(merchant_id, AlertKind.DOCUMENTS_NOT_STORED, STORE)
        return FinishManifest(command_id, made[0], more=tuple(made[1:]))

    async def _stored(self, manifest: Manifest, asked_at_ms: int) -> StoredDocument | UnfitDocument | StoreUnavailable:
        document = await asyncio.to_thread(_rendered, manifest, asked_at_ms)
        merchant = self._merchants.get(manifest.merchant_id)
        kms_key_arn = merchant.kms_key_arn if merchant else ""
        kind, command_id = DocumentKind.MANIFEST, manifest.command_id
        return await self._store.put(manifest.merchant_id, kms_key_arn, kind, command_id, "", document)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._on_death(fault)


def _rendered(manifest: Manifest, asked_at_ms: int) -> Document:
    from connector.documents.manifest import render_manifest  # slow to import: not where nobody prints any

    return render_manifest(manifest, asked_at_ms)
