"""Agent `inventory`: OMS updates into the ledger, and from there to the merchant's lane. It never waits for Amazon."""

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.records import read_update, result_record
from connector.agents.merchants.listings import Listings
from connector.domain.inventory.ledger import (
    InventoryResult,
    InventoryUpdate,
    LedgerRow,
    Origin,
    Phase,
    UpdateVerdict,
    take_update,
)
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import INVENTORY, INVENTORY_RESULTS
from connector.merchants import Merchants
from connector.tables.ledger import Ledger, ledger_key


class InventoryAgent:
    def __init__(
        self,
        incoming: Incoming,
        codec: AvroCodec,
        producer: Producer,
        ledger: Ledger,
        calls: InventoryCalls,
        merchants: Callable[[], Merchants],
        listings: Listings,
        now_ms: Callable[[], int],
        future_tolerance_ms: int,
    ) -> None:
        self._incoming = incoming
        self._codec = codec
        self._producer = producer
        self._ledger = ledger
        self._calls = calls
        self._merchants = merchants
        self._listings = listings
        self._now_ms = now_ms
        self._future_tolerance_ms = future_tolerance_ms

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Results and dead letters first, then the rows: what a crash leaves out is decided again."""
        batch = self._incoming.open(INVENTORY.name, partition, records)
        async with self._ledger.lock(partition):
            rows: dict[str, LedgerRow] = {}
            out = batch.aside
            for received in batch.good:
                try:
                    out.extend(self._take(partition, received, rows))
                except BadRecord as bad:
                    out.append(self._incoming.dead_letter(received.record, bad))
            with self._ledger.changing(partition, rows):
                await self._producer.send(out)
                await self._ledger.write(partition, rows)
        self._calls.offer(rows)

    def _take(self, partition: int, received: Received, rows: dict[str, LedgerRow]) -> Iterable[OutRecord]:
        update = read_update(received.value, self._now_ms(), self._future_tolerance_ms)
        location_id = self._location_of(update)
        sku = self._listings.channel_sku(update.merchant_id, update.sku)
        key = ledger_key(update.merchant_id, location_id, sku)
        row = rows.get(key) or self._ledger.get(partition, key)
        taken, verdict = take_update(row, update, self._calls.maybe_sent(key, row), self._now_ms())
        if taken is not row:
            rows[key] = taken
        result = _result(taken, update, verdict)
        if result is None:
            return ()
        record = result_record(update.merchant_id, location_id, sku, result, self._now_ms())
        record |= self._listings.names(update.merchant_id, sku)
        value = self._codec.encode(INVENTORY_RESULTS.name, record)
        return (OutRecord(INVENTORY_RESULTS.name, partition, received.record.key, value),)

    def _location_of(self, update: InventoryUpdate) -> str:
        merchant = self._merchants().get(update.merchant_id)
        if merchant is None:
            message = f"merchant_id: {update.merchant_id} is not in the merchants file; add it, then retry"
            raise BadRecord("UNKNOWN_MERCHANT", message)
        location = merchant.location_for(update.location_id)
        if location is None:
            known = ", ".join(name for known in merchant.locations for name in known.oms_locations)
            raise BadRecord(
                "UNKNOWN_LOCATION",
                f"location_id: {update.location_id} is none of the merchant's oms_locations ({known}); "
                "correct it or add it to the merchants file, then retry",
            )
        return location.location_id


def _result(row: LedgerRow, update: InventoryUpdate, verdict: UpdateVerdict) -> InventoryResult | None:
    """The result of an update that needs no call."""
    match verdict:
        case UpdateVerdict.WAITING:
            return None
        case UpdateVerdict.STALE:
            message = "a newer update of this SKU and location is known (occurred_at); this one was not sent"
            return InventoryResult("SUPERSEDED", Origin(update.update_id, 0), update.quantity, 0, message=message)
        case UpdateVerdict.UNCHANGED:
            message = "Amazon has this quantity already; nothing was sent"
            return InventoryResult("ACCEPTED", row.origin, row.quantity, row.sequence, message=message)
        case UpdateVerdict.REPEATED:
            if row.phase is not Phase.SETTLED or row.origin.update_id != update.update_id:
                return None  # its result is still to come, or was given with a newer one's
            if row.refusal is not None:
                return InventoryResult(
                    "REFUSED", row.origin, row.quantity, row.sequence, row.refusal.code, row.refusal.message
                )
            return InventoryResult("ACCEPTED", row.origin, row.quantity, row.sequence)
        case _:
            assert_never(verdict)
