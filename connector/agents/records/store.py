"""Whether the document store can be written, seen at a worker's start: not when Amazon has made the first label."""

import asyncio
import logging
from collections.abc import Callable

from connector.agents.alerts import Alerts
from connector.documents.store import DocumentStore, StoreUnavailable
from connector.domain.alerts import NO_MERCHANT, AlertKind, Severity
from connector.merchants import Merchants

AGAIN_AFTER_S = 60.0
STORE = "CONNECTOR_DOCUMENTS__URL"

log = logging.getLogger(__name__)


class StoreProbe:
    """One alert for each worker, ended by it when it can write, after a restart too. A store that can't be written ends
    no worker: stock and orders go on, and documents wait.

    `ready`: what stands on connector.alerts is known. `merchants`: as the merchants file has them.
    """

    def __init__(
        self,
        store: DocumentStore,
        alerts: Alerts,
        worker: str,
        *,
        merchants: Callable[[], Merchants],
        ready: asyncio.Event,
    ) -> None:
        self._store = store
        self._alerts = alerts
        self._worker = worker
        self._merchants = merchants
        self._ready = ready
        self.is_away = False

    async def run(self) -> None:
        """For ever: tries again and again until it can be written, then waits for the end."""
        while True:
            if await self.probe():
                await asyncio.Event().wait()
            await asyncio.sleep(AGAIN_AFTER_S)

    async def probe(self) -> bool:
        """Whether it can be written."""
        keys = sorted({"", *(merchant.kms_key_arn for merchant in self._merchants())})
        found = await self._store.probe(self._worker, keys)
        subject = f"{STORE} of {self._worker}"
        self.is_away = isinstance(found, StoreUnavailable)
        if found is None:
            await self._ready.wait()
            self._alerts.end_alert(NO_MERCHANT, AlertKind.DOCUMENTS_NOT_STORED, subject)
            return True
        remedy = f"see to the store that {STORE} names: its space, its rights, its credentials"
        because = {"because": found.reason}
        log.error("the document store can't be written: labels and invoices would wait; %s", remedy, extra=because)
        await self._ready.wait()
        self._alerts.raise_alert(
            NO_MERCHANT,
            AlertKind.DOCUMENTS_NOT_STORED,
            Severity.CRITICAL,
            subject,
            message=f"worker {self._worker} can't write the document store: {found.reason}",
            remedy=remedy,
        )
        return False
