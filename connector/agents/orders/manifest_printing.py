"""Draws and stores manifests beside the agents; what came of one is an internal command."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import assert_never

from connector.agents.alerts import Alerts
from connector.agents.issuer import Issuer
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.documents import store_is_away
from connector.documents.formats import UnfitDocument
from connector.documents.manifest import render_manifest
from connector.documents.store import DocumentStore, StoreUnavailable
from connector.domain.internal_commands import FinishManifest, ManifestDocument
from connector.domain.orders.commands import CreateManifest, OrderCommand, describe
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument
from connector.domain.orders.manifests import manifest_of
from connector.domain.orders.results import INVALID_COMMAND, Refuse
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
            command = row.head.command if row is not None and row.head is not None else None
            if command is None or not isinstance(command.action, CreateManifest):
                continue
            if key not in self._running:
                self._running[key] = asyncio.create_task(self._print(partition, command, command.action))
                self._running[key].add_done_callback(partial(self._ended, key))

    def close(self) -> None:
        """All partitions were given up."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()

    async def _print(self, partition: int, command: OrderCommand, action: CreateManifest) -> None:
        finished = None
        while finished is None:
            async with self._free:
                finished = await self._finished(partition, command, action)
            if finished is None:
                await asyncio.sleep(RETRY_S)
        await self._issuer.issue(partition, command.merchant_id, finished)

    async def _finished(self, partition: int, command: OrderCommand, action: CreateManifest) -> FinishManifest | None:
        """None: the store can't be reached."""
        merchant_id, command_id = command.merchant_id, command.command_id
        rows = {one: self._table.get(partition, shipment_key(merchant_id, one)) for one in action.shipment_ids}
        manifest = manifest_of(command, action, rows)
        if isinstance(manifest, Refuse):
            return FinishManifest(command_id, code=INVALID_COMMAND, message=describe(manifest.faults))
        document = await asyncio.to_thread(render_manifest, manifest, self._issuer.now_ms())
        merchant = self._merchants.get(merchant_id)
        kms_key_arn = merchant.kms_key_arn if merchant else ""
        stored = await self._store.put(merchant_id, kms_key_arn, DocumentKind.MANIFEST, command_id, "", document)
        match stored:
            case StoredDocument(uri=uri, sha256=sha256, content_type=content_type):
                return FinishManifest(command_id, ManifestDocument(uri, sha256, content_type))
            case UnfitDocument(reason):
                return FinishManifest(command_id, code="UNFIT_DOCUMENT", message=reason)
            case StoreUnavailable(reason):
                store_is_away(self._alerts, merchant_id, reason)
                return None
            case _:
                assert_never(stored)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._on_death(fault)
