"""Agent `inventory`: OMS updates into the ledger, and from there to the merchant's lane. It never waits for Amazon."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.records import read_update, result_record
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.outbox import Outbox
from connector.domain.inventory.ledger import (
    InventoryOutcome,
    InventoryResult,
    InventoryUpdate,
    LedgerRow,
    Origin,
    Phase,
    UpdateVerdict,
    take_update,
)
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.kafka.topics import INVENTORY, INVENTORY_RESULTS
from connector.tables.ledger import ledger_key


class InventoryAgent:
    """`tolerance_ms`: how far an update's time may be ahead of the worker's clock."""

    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        calls: InventoryCalls,
        *,
        merchants: KnownMerchants,
        listings: Listings,
        tolerance_ms: int,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._ledger = calls.ledger
        self._calls = calls
        self._merchants = merchants
        self._listings = listings
        self._tolerance_ms = tolerance_ms

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Results and dead letters first, then the rows: what a crash leaves out is decided again."""
        batch = self._incoming.open(INVENTORY.name, partition, records)
        async with self._ledger.lock(partition):
            rows: dict[str, LedgerRow] = {}
            out = batch.aside
            for received in batch.good:
                try:
                    out.extend(self._take(partition, received, rows, batch.opened_at_ms))
                except BadRecord as bad:
                    out.append(self._incoming.dead_letter(received.record, bad))
            with self._ledger.changing(partition, rows):
                await self._outbox.send(out)
                await self._ledger.write(partition, rows)
        self._calls.offer(rows)

    def _take(self, partition: int, received: Received, rows: dict[str, LedgerRow], now_ms: int) -> Iterable[OutRecord]:
        update = read_update(received.value, now_ms=now_ms, tolerance_ms=self._tolerance_ms)
        location_id = self._merchants.require_oms_location(update.merchant_id, update.location_id).location_id
        sku = self._listings.channel_sku(update.merchant_id, update.sku)
        key = ledger_key(update.merchant_id, location_id, sku)
        row = rows.get(key) or self._ledger.get(partition, key)
        taken, verdict = take_update(row, update, self._calls.maybe_sent(key, row), now_ms)
        if taken is not row:
            rows[key] = taken
        result = _result(taken, update, verdict)
        if result is None:
            return ()
        record = result_record(update.merchant_id, location_id, sku, result, now_ms)
        return (self._outbox.record(INVENTORY_RESULTS, partition, update.merchant_id, record),)


def _result(row: LedgerRow, update: InventoryUpdate, verdict: UpdateVerdict) -> InventoryResult | None:
    """The result of an update that needs no call."""
    match verdict:
        case UpdateVerdict.WAITING:
            return None
        case UpdateVerdict.STALE:
            message = "a newer update of this SKU and location is known (occurred_at); this one was not sent"
            origin = Origin(update.update_id, 0)
            return InventoryResult(InventoryOutcome.SUPERSEDED, origin, update.quantity, 0, message=message)
        case UpdateVerdict.UNCHANGED:
            message = "Amazon has this quantity already; nothing was sent"
            return InventoryResult(InventoryOutcome.ACCEPTED, row.origin, row.quantity, row.sequence, message=message)
        case UpdateVerdict.REPEATED:
            if row.phase is not Phase.SETTLED or row.origin.update_id != update.update_id:
                return None  # its result is still to come, or was given with a newer one's
            if (no := row.refusal) is not None:
                refused = InventoryOutcome.REFUSED
                return InventoryResult(refused, row.origin, row.quantity, row.sequence, no.code, no.message)
            return InventoryResult(InventoryOutcome.ACCEPTED, row.origin, row.quantity, row.sequence)
        case _:
            assert_never(verdict)
