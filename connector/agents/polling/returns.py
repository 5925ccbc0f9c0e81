"""Returns that lists showed: into their table, and onto amazon.returns."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from connector.agents.incoming import Incoming, Received
from connector.agents.merchants.listings import Listings
from connector.agents.polling.calls import Polling
from connector.domain.returns.facts import Return, ReturnRow, observe_return
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.records import to_record
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import RETURNS
from connector.merchants import Merchants
from connector.smartconnect.wire.returns import ReturnsPage
from connector.tables.returns import Returns, return_key
from connector.tables.shipments import ShipmentTable

SWEEP_EVERY_MS = 60 * 60 * 1000

log = logging.getLogger(__name__)


class ReturnSettlements:
    """`retention_ms`: how long a return is kept after its final state."""

    def __init__(
        self,
        incoming: Incoming,
        codec: AvroCodec,
        producer: Producer,
        listings: Listings,
        table: Returns,
        shipments: ShipmentTable,
        polling: Polling,
        merchants: Callable[[], Merchants],
        retention_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._incoming = incoming
        self._codec = codec
        self._producer = producer
        self._listings = listings
        self._table = table
        self._shipments = shipments
        self._polling = polling
        self._merchants = merchants
        self._retention_ms = retention_ms
        self._now_ms = now_ms
        self._swept_at_ms: dict[int, int] = {}
        self._told: set[str] = set()

    async def apply(self, partition: int, pages: Sequence[tuple[Received, ReturnsPage]]) -> None:
        """Events first, then rows: a crash in between publishes the same again, under the same ids."""
        async with self._table.lock(partition):
            rows: dict[str, ReturnRow | None] = dict.fromkeys(self._expired(partition))
            out: list[OutRecord] = []
            replacements = _replacements(self._shipments, partition) if _may_be_replaced(pages) else {}
            for received, page in pages:
                for facts in page.returns:
                    self._observe(partition, received.value["merchant_id"], facts, replacements, rows, out)
                out.extend(self._unreadable(received, page))
            with self._table.changing(partition, rows):
                await self._producer.send(out)
                await self._table.write(partition, rows)

    def _observe(
        self,
        partition: int,
        merchant_id: str,
        facts: Return,
        replacements: Mapping[str, str],
        rows: dict[str, ReturnRow | None],
        out: list[OutRecord],
    ) -> None:
        if not self._flows(merchant_id, facts):
            return
        key = return_key(merchant_id, facts.return_id)
        row = rows.get(key) or self._table.get(partition, key)
        after, events = observe_return(merchant_id, row, facts, self._now_ms(), replacements.get(facts.shipment_id, ""))
        if after != row:
            rows[key] = after
        if facts.return_location_id:
            self._polling.learn(merchant_id, facts.return_location_id)
        for event in events:
            value = self._codec.encode(RETURNS.name, self._listings.named(to_record(event)))
            out.append(OutRecord(RETURNS.name, partition, merchant_id.encode(), value))

    def _flows(self, merchant_id: str, facts: Return) -> bool:
        merchant = self._merchants().get(merchant_id)
        if merchant is None:
            return False
        location = merchant.location(facts.return_location_id or facts.fulfillment_location_id)
        return merchant.returns if location is None else merchant.flows(location, "returns")

    def _unreadable(self, received: Received, page: ReturnsPage) -> Iterable[OutRecord]:
        """Named once a run, though every window that overlaps shows them again."""
        merchant_id = received.value["merchant_id"]
        for return_id in page.unreadable_ids:
            if (key := return_key(merchant_id, return_id)) not in self._told:
                self._told.add(key)
                fault = BadRecord("UNREADABLE", f"return {return_id}: Amazon lists it in a shape that can't be read")
                yield self._incoming.dead_letter(received.record, fault)

    def _expired(self, partition: int) -> Iterable[str]:
        now_ms = self._now_ms()
        if now_ms - self._swept_at_ms.get(partition, 0) < SWEEP_EVERY_MS:
            return []
        self._swept_at_ms[partition] = now_ms
        before_ms = now_ms - self._retention_ms
        rows = self._table.rows(partition).items()
        return [key for key, row in rows if row.final_at_ms is not None and row.final_at_ms < before_ms]


def _may_be_replaced(pages: Sequence[tuple[Received, ReturnsPage]]) -> bool:
    return any(facts.sub_type in ("REPLACEMENT", "EXCHANGE") for _, page in pages for facts in page.returns)


def _replacements(shipments: ShipmentTable, partition: int) -> dict[str, str]:
    """Original shipment -> the one sent in its place."""
    rows = shipments.rows(partition).values()
    return {row.original_shipment_id: row.shipment_id for row in rows if row.original_shipment_id}
