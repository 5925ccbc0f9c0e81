"""Events as an Iceberg table. What a run adds is committed at once, so a run is whole or not there.

An event that the table has is not added again, whichever spans the runs had. What a run that was cut off has written
is in no snapshot: nobody reads it, and the removal of orphan files, an engine's work, takes it away.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression, In, IsNull, Or
from pyiceberg.table import Table

from connector.cli.iceberg.catalog import DAY, MERCHANT, iceberg_faults_told, topic_table
from connector.cli.parquet.columns import TopicColumns, read_rows
from connector.cli.parquet.dataset import Decode, WrittenParts, table_of
from connector.cli.parquet.events import Events
from connector.cli.parquet.layout import MerchantDay
from connector.cli.parquet.part import decoded_at_once
from connector.cli.parquet.spool import Spool

_In: Any = In
_IsNull: Any = IsNull  # pyiceberg's annotations leave out that a column's name will do
APPENDED_BYTES = 32 * 1024 * 1024
"""Avro that is held as Arrow has it until it is written: into a file of each day and merchant that it has."""


class EventTable:
    """The table of one topic. `root`: where tables lie, as their metadata names it."""

    def __init__(self, catalog: Catalog, root: str, events: Events) -> None:
        self._catalog = catalog
        self._root = root
        self._events = events
        self._columns = TopicColumns(events.topic)

    def write(self, spool: Spool, decode: Decode) -> WrittenParts:
        """What is in the spool and not in the table yet. Raises ConnectorError; nothing was added then."""
        with iceberg_faults_told(self._events.topic.name):
            table = topic_table(self._catalog, self._root, self._events.topic.name)
            with table.update_schema() as update:
                update.union_by_name(self._columns.schema)
            known = self._forget_known(table, spool)
            spool.index()
            before = {snapshot.snapshot_id for snapshot in table.metadata.snapshots}
            count = 0
            with table.transaction() as transaction:
                for rows in self._appends(spool, decode):
                    transaction.append(rows)
                    count += len(rows)
            new = [each.summary for each in table.metadata.snapshots if each.snapshot_id not in before]
            files = sum(int(summary["added-data-files"] or 0) for summary in new if summary)
        return WrittenParts(count, files, known)

    def _forget_known(self, table: Table, spool: Spool) -> int:
        """How many of the spool's events the table has."""
        fields = self._events.id_fields
        kinds = pa.schema([self._columns.schema.field(name) for name in fields])
        known = 0
        if not spool.groups():
            return known
        scan = table.scan(_of_merchants(spool.groups()), selected_fields=(*fields, MERCHANT))
        for batch in scan.to_arrow_batch_reader():
            ids: dict[str, list[str]] = {}
            milliseconds = pa.Table.from_batches([batch]).select(fields).cast(kinds)  # Iceberg has microseconds
            rows = read_rows(milliseconds)
            for merchant_id, row in zip(batch.column(MERCHANT).to_pylist(), rows, strict=True):
                ids.setdefault(merchant_id or "", []).append(self._events.id_of(row))
            known += sum(spool.forget(merchant_id, held) for merchant_id, held in ids.items())
        return known

    def _appends(self, spool: Spool, decode: Decode) -> Iterator[pa.Table]:
        held: list[pa.Table] = []
        size = 0
        for day, merchant_id in spool.groups():
            for chunk in decoded_at_once(spool.events(day, merchant_id)):
                rows = table_of(self._columns, chunk, decode)
                held.append(_in_partition(rows, day, merchant_id))
                size += sum(len(event.value) for event in chunk)
                if size >= APPENDED_BYTES:
                    yield pa.concat_tables(held)
                    held, size = [], 0
        if held:
            yield pa.concat_tables(held)


def _in_partition(rows: pa.Table, day: str, merchant_id: str) -> pa.Table:
    """What is of no merchant is a null's, as in Parquet's folders."""
    days = pa.array([date.fromisoformat(day)] * len(rows), pa.date32())
    merchants = pa.array([merchant_id or None] * len(rows), pa.string())
    return rows.append_column(DAY, days).append_column(MERCHANT, merchants)


def _of_merchants(groups: list[MerchantDay]) -> BooleanExpression:
    """Whatever the day: an event may have been published again on another one."""
    merchants = {merchant_id for _, merchant_id in groups}
    named: BooleanExpression = _In(MERCHANT, merchants - {""})
    return Or(named, _IsNull(MERCHANT)) if "" in merchants else named
