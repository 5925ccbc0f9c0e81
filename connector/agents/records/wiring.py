"""What watches the document store, put together."""

import asyncio

from connector.agents.records.store import StoreProbe
from connector.agents.shared import Shared
from connector.documents.store import DocumentStore
from connector.merchants_file import MerchantsFile


def wire_probe(shared: Shared, store: DocumentStore, merchants: MerchantsFile, ready: asyncio.Event) -> StoreProbe:
    probe = StoreProbe(store, shared.alerts, shared.worker, merchants=lambda: merchants.current, ready=ready)
    shared.telemetry.watch_store(lambda: probe.is_away)
    return probe
