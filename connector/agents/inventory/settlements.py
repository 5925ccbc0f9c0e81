"""What became of inventory calls: ledger rows and results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.agents.api_calls import outcome_of
from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.records import result_record
from connector.agents.merchants.listings import Listings
from connector.domain.inventory.ledger import CallKind, LedgerRow
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.outcomes import Answer
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import INVENTORY_RESULTS
from connector.tables.ledger import Ledger, ledger_key


class InventorySettlements:
    def __init__(
        self,
        codec: AvroCodec,
        producer: Producer,
        ledger: Ledger,
        calls: InventoryCalls,
        listings: Listings,
        now_ms: Callable[[], int],
    ) -> None:
        self._codec = codec
        self._producer = producer
        self._ledger = ledger
        self._calls = calls
        self._listings = listings
        self._now_ms = now_ms

    async def apply(self, partition: int, api_calls: Sequence[Mapping[str, Any]]) -> None:
        """Results first, then rows: a crash in between publishes the same results again, under the same ids."""
        async with self._ledger.lock(partition):
            rows: dict[str, LedgerRow] = {}
            out: list[OutRecord] = []
            for call in api_calls:
                for item in call["inventory_items"]:
                    self._settle(partition, call, item, rows, out)
            with self._ledger.changing(partition, rows):
                await self._producer.send(out)
                await self._ledger.write(partition, rows)
        self._calls.settle(rows.items())

    def _settle(
        self,
        partition: int,
        call: Mapping[str, Any],
        item: Mapping[str, Any],
        rows: dict[str, LedgerRow],
        out: list[OutRecord],
    ) -> None:
        merchant_id, location_id, sku = call["merchant_id"], item["location_id"], item["sku"]
        key = ledger_key(merchant_id, location_id, sku)
        row = rows.get(key) or self._ledger.get(partition, key)
        if row is None:
            return
        answer = Answer(
            http_status=item["http_status"], code=item["code"], message=item["message"], request_id=call["request_id"]
        )
        level = InventoryLevel(
            item["known_sequence"],
            item["sellable_quantity"],
            item["reserved_quantity"],
            tuple(item["actionable_errors"]),
        )
        outcome = outcome_of(item["outcome"], answer, level)
        settled, result = settle_inventory(row, CallKind(item["kind"]), item["sequence"], outcome, self._now_ms())
        if settled is not row:
            rows[key] = settled
        if result is not None:
            record = result_record(merchant_id, location_id, sku, result, self._now_ms())
            record |= self._listings.names(merchant_id, sku) | {"request_id": call["request_id"]}
            value = self._codec.encode(INVENTORY_RESULTS.name, record)
            out.append(OutRecord(INVENTORY_RESULTS.name, partition, merchant_id.encode(), value))
