"""Returns that lists showed: into their table, and onto amazon.returns."""

from collections.abc import Iterable, Mapping, Sequence

from connector.agents.incoming import Incoming, Received
from connector.agents.merchants.known import KnownMerchants
from connector.agents.outbox import Outbox
from connector.agents.polling.lists import PolledLists
from connector.domain.returns.events import ReturnRow, observe_return
from connector.domain.returns.facts import Return
from connector.domain.unread import UnreadFact
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.kafka.topics import RETURNS
from connector.smartconnect.wire.returns import ReturnsPage
from connector.tables.returns import Returns, return_key
from connector.tables.shipments import ShipmentTable


class ReturnSettlements:
    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        table: Returns,
        *,
        shipments: ShipmentTable,
        lists: PolledLists,
        merchants: KnownMerchants,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._table = table
        self._shipments = shipments
        self._lists = lists
        self._merchants = merchants
        self._told: set[str] = set()

    async def apply(self, partition: int, pages: Sequence[tuple[Received, ReturnsPage]], now_ms: int) -> None:
        """Events first, then rows: a crash in between publishes the same again, under the same ids."""
        async with self._table.lock(partition):
            rows: dict[str, ReturnRow | None] = {}
            out: list[OutRecord] = []
            replacements = _replacements(self._shipments, partition) if _may_be_replaced(pages) else {}
            for received, page in pages:
                unread: dict[str, Sequence[UnreadFact]] = {}
                for facts in page.returns:
                    merchant_id = received.value["merchant_id"]
                    if self._flows(merchant_id, facts):
                        news = self._observe(partition, merchant_id, facts, replacements, now_ms, rows, out)
                        unread |= {f"return {facts.return_id}": news} if news else {}
                if unread:
                    out.append(self._incoming.unread_letter(received.record, unread))
                out.extend(self._unreadable(received, page))
            with self._table.changing(partition, rows):
                await self._outbox.send(out)
                await self._table.write(partition, rows)

    def _observe(
        self,
        partition: int,
        merchant_id: str,
        facts: Return,
        replacements: Mapping[str, str],
        now_ms: int,
        rows: dict[str, ReturnRow | None],
        out: list[OutRecord],
    ) -> Sequence[UnreadFact]:
        """What of it could not be read, where that is news."""
        key = return_key(merchant_id, facts.return_id)
        row = rows.get(key) or self._table.get(partition, key)
        after, events = observe_return(merchant_id, row, facts, now_ms, replacements.get(facts.shipment_id, ""))
        if after != row:
            rows[key] = after
        if facts.return_location_id:
            self._lists.learn(merchant_id, facts.return_location_id)
        out.extend(self._outbox.record(RETURNS, partition, merchant_id, event) for event in events)
        known = row.facts.unread if row else ()
        return () if known == facts.unread else tuple(fact for fact in facts.unread if fact.raw)  # else only assumed

    def _flows(self, merchant_id: str, facts: Return) -> bool:
        merchant = self._merchants.get(merchant_id)
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


def _may_be_replaced(pages: Sequence[tuple[Received, ReturnsPage]]) -> bool:
    return any(facts.sub_type in ("REPLACEMENT", "EXCHANGE") for _, page in pages for facts in page.returns)


def _replacements(shipments: ShipmentTable, partition: int) -> dict[str, str]:
    """Original shipment -> the one sent in its place."""
    rows = shipments.rows(partition).values()
    return {row.original_shipment_id: row.shipment_id for row in rows if row.original_shipment_id}
