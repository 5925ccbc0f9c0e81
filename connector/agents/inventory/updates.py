"""Agent `inventory`: OMS updates into the ledger, and from there to the merchant's lane. It never waits for Amazon."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import assert_never

from connector.agents.incoming import Incoming, Record
from connector.agents.inventory.counting import CountedPlace, Counting
from connector.agents.inventory.edits import LedgerEdit, LedgerEdits
from connector.agents.inventory.records import read_update, result_record
from connector.agents.merchants.known import KnownMerchants
from connector.agents.outbox import Outbox
from connector.domain.inventory.ledger import InventoryOutcome, InventoryResult, LedgerRow, Origin, Phase
from connector.domain.inventory.updates import InventoryUpdate, UpdateVerdict, take_updates
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import INVENTORY, INVENTORY_RESULTS
from connector.tables.ledger import ledger_key

RECORDS_PER_TURN = 500  # are read in some milliseconds, until others may have the loop
DECIDED_PER_TURN = 250  # likewise; of one SKU, too, there may be thousands


class InventoryAgent:
    """`tolerance_ms`: how far an update's time may be ahead of the worker's clock."""

    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        edits: LedgerEdits,
        *,
        merchants: KnownMerchants,
        tolerance_ms: int,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._edits = edits
        self._merchants = merchants
        self._counting = edits.counting
        self._tolerance_ms = tolerance_ms

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Results and dead letters first, then the rows: what a crash leaves out is decided again. Results are told SKU
        by SKU, those of each in the order of its updates."""
        async with self._edits.editing(partition, self._incoming.now_ms()) as edit:
            places = _Places(self._merchants, self._counting)
            by_key: defaultdict[str, list[InventoryUpdate]] = defaultdict(list)
            for begin in range(0, len(records), RECORDS_PER_TURN):
                if begin:
                    await asyncio.sleep(0)
                self._sort(edit, records[begin : begin + RECORDS_PER_TURN], places, by_key)
            decided = 0
            for key, updates in by_key.items():
                for begin in range(0, len(updates), DECIDED_PER_TURN):
                    some = updates[begin : begin + DECIDED_PER_TURN]
                    self._take(edit, key, some, places)
                    decided += len(some)
                    if decided >= DECIDED_PER_TURN:
                        await asyncio.sleep(0)  # no call is made meanwhile by a row of which a new one is decided on
                        decided = 0

    def _sort(
        self,
        edit: LedgerEdit,
        records: Sequence[Record],
        places: "_Places",
        by_key: defaultdict[str, list[InventoryUpdate]],
    ) -> None:
        """By their rows' keys, so that a row is read, decided on and made once, however many updates it has."""
        batch = self._incoming.open(INVENTORY.name, edit.partition, records)
        edit.out += batch.aside
        now_ms, tolerance_ms = edit.now_ms, self._tolerance_ms
        for record, value in batch.good:
            try:
                update = read_update(value, offset=record.offset, now_ms=now_ms, tolerance_ms=tolerance_ms)
                _, _, key = places.of(update)
                by_key[key].append(update)
            except BadRecord as bad:
                edit.out.append(self._incoming.dead_letter(record, bad))

    def _take(self, edit: LedgerEdit, key: str, updates: Sequence[InventoryUpdate], places: "_Places") -> None:
        there, sku, _ = places.of(updates[0])
        counted = there.counted(sku, updates[0].sku)
        zeroed = self._counting.is_zeroed(there.merchant_id, there.location_id, sku)
        was = edit.row(key)
        while updates:
            maybe_sent = edit.maybe_sent(key, was)
            row, verdict, taken = take_updates(
                was, updates, counted, maybe_sent=maybe_sent, now_ms=edit.now_ms, zeroed=zeroed
            )
            if row is not was:
                edit.put(key, row, was)
            if verdict is not UpdateVerdict.WAITING and (result := update_result(row, updates[0], verdict)) is not None:
                record = result_record(there.merchant_id, there.location_id, sku, result, edit.now_ms)
                edit.out.append(self._outbox.record(INVENTORY_RESULTS, edit.partition, there.merchant_id, record))
            was, updates = row, updates[taken:]


class _Places:
    """Where updates belong: by the merchants file and the listings as they were when a batch first asked."""

    def __init__(self, merchants: KnownMerchants, counting: Counting) -> None:
        self._merchants = merchants
        self._counting = counting
        self._known: dict[tuple[str, str], tuple[CountedPlace, dict[str, tuple[str, str]]]] = {}

    def of(self, update: InventoryUpdate) -> tuple[CountedPlace, str, str]:
        """The location, and Amazon's SKU there with its row's key. Raises BadRecord."""
        said = (update.merchant_id, update.location_id)
        known = self._known.get(said)
        if known is None:
            found = self._merchants.require_oms_location(*said)
            known = self._known[said] = self._counting.at(*found), {}
        there, skus = known
        named = skus.get(update.sku)
        if named is None:
            sku = there.channel_sku(update.sku)
            named = skus[update.sku] = sku, ledger_key(there.merchant_id, there.location_id, sku)
        return there, *named


def update_result(row: LedgerRow, update: InventoryUpdate, verdict: UpdateVerdict) -> InventoryResult | None:
    """The result of an update that needs no call."""
    match verdict:
        case UpdateVerdict.WAITING:
            return None
        case UpdateVerdict.STALE:
            message = "a newer update of this SKU and location is known (occurred_at); this one was not sent"
            origin = Origin(update.update_id, 0)
            return InventoryResult(InventoryOutcome.SUPERSEDED, origin, update.quantity, 0, message=message)
        case UpdateVerdict.UNCHANGED:
            return _accepted(row, message="Amazon has this quantity already; nothing was sent")
        case UpdateVerdict.REPEATED:
            if row.phase is not Phase.SETTLED or row.origin.update_id != update.update_id:
                return None  # its result is still to come, or was given with a newer one's
            if (no := row.refusal) is not None:
                refused = InventoryOutcome.REFUSED
                return InventoryResult(refused, row.origin, row.quantity, row.sequence, no.code, no.message)
            return _accepted(row)
        case _:
            assert_never(verdict)


def _accepted(row: LedgerRow, message: str = "") -> InventoryResult | None:
    """None after a seed: what was accepted before it is known no more, and its result was given then."""
    if row.accepted_quantity is None:
        return None
    sequence = row.sequence if row.accepted_sequence is None else row.accepted_sequence  # version 0.1 kept none
    return InventoryResult(InventoryOutcome.ACCEPTED, row.origin, row.accepted_quantity, sequence, message=message)
