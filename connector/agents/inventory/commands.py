"""What time and operators ask of the ledger, judged again by how its rows stand when it is carried out."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from connector.agents.inventory.contested import ContestedSkus
from connector.agents.inventory.edits import LedgerEdits
from connector.agents.inventory.records import result_record
from connector.agents.merchants.known import KnownMerchants
from connector.agents.outbox import Outbox
from connector.domain.inventory.commands import ForgetTimes, RecountStock, ResendStock, SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import calm, no_row
from connector.domain.inventory.updates import forget_times, free, recount, resend, seed_sequence
from connector.domain.inventory.zero import in_line
from connector.kafka.topics import INVENTORY_RESULTS
from connector.tables.ledger import key_parts, ledger_key

LedgerAction = SeedSequences | RecountStock | ResendStock | ForgetTimes


class LedgerCommands:
    def __init__(
        self, outbox: Outbox, edits: LedgerEdits, *, merchants: KnownMerchants, contested: ContestedSkus
    ) -> None:
        self._outbox = outbox
        self._edits = edits
        self._merchants = merchants
        self._contested = contested

    async def carry_out(self, partition: int, merchant_id: str, action: LedgerAction, now_ms: int) -> None:
        match action:
            case SeedSequences():
                await self._seed(partition, merchant_id, action, now_ms)
            case RecountStock():
                await self._recount(partition, merchant_id, action, now_ms)
            case ResendStock():
                await self._resend(partition, merchant_id, action, now_ms)
            case ForgetTimes():
                await self._forget_times(partition, merchant_id, action, now_ms)
            case _:
                assert_never(action)

    async def _seed(self, partition: int, merchant_id: str, seeds: SeedSequences, now_ms: int) -> None:
        """Forward always; back only where forced, and only if the row still is as the operator saw it. A row that
        stays is written all the same where it was forced: so the operator sees that the command was dealt with."""
        async with self._edits.editing(partition, now_ms) as edit:
            for item in seeds.items:
                key = ledger_key(merchant_id, item.location_id, item.sku)
                row = edit.row(key)
                known = 0 if row is None else row.sequence
                if item.sequence > known or (seeds.forced and known == item.known_sequence):
                    maybe_sent, counted = edit.maybe_sent(key, row), edit.counted(key)
                    seeded = seed_sequence(row, item.sequence, counted, maybe_sent=maybe_sent, now_ms=now_ms)
                    edit.put(key, seeded, row)
                    edit.settled.add(key)
                elif seeds.forced and row is not None:
                    edit.put(key, row, row)

    async def _recount(self, partition: int, merchant_id: str, asked: RecountStock, now_ms: int) -> None:
        """By what counts and what is off sale now, and by the time: contested SKUs of which nobody heard for long are
        calm again."""
        async with self._edits.editing(partition, now_ms) as edit:
            for key in _keys(merchant_id, asked.location_id, asked.skus):
                was = edit.row(key) or no_row()
                maybe_sent, counted = edit.maybe_sent(key, was), edit.counted(key)
                ruled, result = in_line(was, edit.is_zeroed(key), counted, maybe_sent=maybe_sent, now_ms=now_ms)
                row = recount(ruled, counted, maybe_sent=maybe_sent, now_ms=now_ms)
                if row is not ruled:
                    edit.left_behind(key, was, row)
                if row is not was and not maybe_sent:
                    edit.settled.add(key)
                if result is not None:
                    record = result_record(*key_parts(key), result, now_ms)
                    edit.out.append(self._outbox.record(INVENTORY_RESULTS, partition, merchant_id, record))
                if (row := calm(row, now_ms)) is not was:
                    edit.put(key, row, was)

    async def _resend(self, partition: int, merchant_id: str, asked: ResendStock, now_ms: int) -> None:
        """A row that stays is written all the same, so that the operator sees that the command was dealt with."""
        async with self._edits.editing(partition, now_ms) as edit:
            for key in _keys(merchant_id, asked.location_id, asked.skus):
                was = edit.row(key)
                if was is None:
                    continue
                row = resend(was, edit.counted(key), now_ms)
                edit.put(key, row, was)
                if row is not was:
                    edit.settled.add(key)

    async def _forget_times(self, partition: int, merchant_id: str, asked: ForgetTimes, now_ms: int) -> None:
        """The next update of each counts, whatever its time."""
        async with self._edits.editing(partition, now_ms) as edit:
            for key in _keys(merchant_id, asked.location_id, asked.skus):
                row = edit.row(key)
                if row is not None:
                    edit.put(key, forget_times(row), row)

    async def retry(self, partition: int, merchant_id: str, sku: str, now_ms: int) -> None:
        """At each of the merchant's locations."""
        merchant = self._merchants.get(merchant_id)
        locations = merchant.locations if merchant else ()
        keys = [ledger_key(merchant_id, location.location_id, sku) for location in locations]
        await self._retry(partition, keys, now_ms)

    async def retry_contested(self, partition: int, merchant_id: str, now_ms: int) -> None:
        """All that are, as one alert tells of them."""
        await self._retry(partition, self._contested.of(merchant_id), now_ms)

    async def _retry(self, partition: int, keys: Sequence[str], now_ms: int) -> None:
        async with self._edits.editing(partition, now_ms) as edit:
            for key in keys:
                row = edit.row(key)
                if row is not None and (row.trouble is not None or row.contested):
                    edit.put(key, free(row, edit.counted(key), now_ms), row)
                    edit.settled.add(key)


def previous_seeds(call: Mapping[str, Any]) -> SeedSequences | None:
    """Seeds in the form of version 0.1, which had them on connector.api-calls; None for a record that is none."""
    if call["operation"] != "seed":
        return None
    items = (
        SequenceSeed(item["location_id"], item["sku"], item["sequence"], item["known_sequence"] or 0)
        for item in call["inventory_items"]
    )
    return SeedSequences(tuple(items), forced=call["kind"] == "forced")


def _keys(merchant_id: str, location_id: str, skus: Sequence[str]) -> list[str]:
    return [ledger_key(merchant_id, location_id, sku) for sku in skus]
