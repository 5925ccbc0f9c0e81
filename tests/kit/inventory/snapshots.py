"""A store of snapshots on a disk of its own, with what Kafka and the clock say beside it."""

from dataclasses import dataclass, field
from pathlib import Path

from connector.domain.inventory.ledger import LedgerRow
from connector.errors import ConnectorError
from connector.tables.ledger import LEDGER, ledger_key
from connector.tables.rows import PartitionRows
from connector.tables.snapshots.logs import KnownLog, KnownLogs
from connector.tables.snapshots.place import LogBounds, SnapshotPlace, Stand
from connector.tables.snapshots.store import SnapshotStore

HOUR_MS = 60 * 60 * 1000
TOPIC = "connector-ledger-changelog"
NOW_MS = 1_764_000_000_000
LOG = KnownLog("its-id", 24 * HOUR_MS)


@dataclass
class Disk:
    """`known`: what Kafka tells, None: nothing. `store` is another one after each `restart`."""

    directory: Path
    known: KnownLog | None = LOG
    now_ms: int = NOW_MS
    release: str = "1.0"
    store: SnapshotStore = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        logs = KnownLogs(self._ask)
        self.store = SnapshotStore(self.directory, logs, lambda: self.now_ms, release=self.release)

    def _ask(self) -> dict[str, KnownLog]:
        if self.known is None:
            raise ConnectorError("Kafka is away")
        return {TOPIC: self.known}

    def place(self, partition: int = 0) -> SnapshotPlace:
        return SnapshotPlace(topic=TOPIC, partition=partition, form=self.store.form_of(LEDGER))

    def stand(self, offset: int = 100) -> Stand:
        return Stand(offset=offset, at_ms=self.now_ms)

    @property
    def file(self) -> Path:
        """That of partition 0."""
        return self.directory / f"{TOPIC}-0"

    async def at_rest(self) -> None:
        """What nobody waits for is done too: a sweep comes after it, and finds nothing that is old."""
        await self.store.sweep()

    async def save(self, rows: PartitionRows[LedgerRow], offset: int = 100) -> None:
        await self.store.save(self.place(), rows, self.stand(offset), lambda: offset)

    async def load(self, *, first: int = 0, last: int = 200) -> dict[str, LedgerRow] | None:
        """After a restart. None: there was no snapshot that could be used."""
        self.restart()
        rows = PartitionRows(LEDGER)
        offset = await self.store.load(self.place(), rows, LogBounds(first=first, last=last))
        return None if offset is None else dict(rows.all())


def ledger_rows(count: int) -> PartitionRows[LedgerRow]:
    """Of two merchants, with a number for each row."""
    rows = PartitionRows(LEDGER)
    for number in range(count):
        rows.put(sku_key(number), LedgerRow(sequence=number, quantity=number))
    return rows


def sku_key(number: int) -> str:
    return ledger_key(f"M{number % 2}", "EXSB", f"SKU-{number}")
