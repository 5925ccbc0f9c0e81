"""The merchant's ledger against the stock that Amazon shows."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from connector.cli.reconcile.amazon.answers import Unanswered, ask_each, unanswered
from connector.cli.reconcile.amazon.calls import PacedAmazon
from connector.cli.reconcile.rounds import Comparison, Found
from connector.cli.reconcile.view import TableView
from connector.cli.shared.table_changes import AskedChange, asked_by_place
from connector.domain.inventory.commands import ResendStock, SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import InventoryRefusal, LedgerRow
from connector.domain.inventory.requests import FetchInventory, InventoryLevel
from connector.domain.outcomes import Accepted, Outcome, Refused
from connector.domain.reconcile.stock import compare_stock, on_its_way
from connector.domain.reconcile.verdicts import Agrees, Drift, Verdict
from connector.merchants import Merchant
from connector.tables.ledger import ledger_key

Level = InventoryLevel | InventoryRefusal
_Batch = tuple[str, ...]


class StockReconcile:
    """`location_id` "": all. `not_asked`: SKUs by location, of those that the merchants file lacks or switches off."""

    def __init__(
        self,
        merchant: Merchant,
        view: TableView[LedgerRow],
        amazon: PacedAmazon,
        *,
        location_id: str,
    ) -> None:
        self.not_asked: dict[str, int] = {}
        self.comparison: Comparison[LedgerRow, Level] = Comparison(
            view=view, ask=self._ask, compare=_compare, is_moving=_is_moving
        )
        self._merchant = merchant
        self._view = view
        self._amazon = amazon
        self._location_id = location_id

    async def find(self) -> Found:
        keys = list(self._keys())
        found = Found(len(keys))
        await self.comparison.find(await self.comparison.suspects(keys), found)
        return found

    def repairs(self, drifts: Mapping[str, Drift]) -> list[AskedChange]:
        """What asks the workers to mend them. Amazon's answer to the resend decides what becomes of the number."""
        merchant_id, rows = self._merchant.merchant_id, self._view.rows
        told = [key for key in drifts if key in rows and rows[key].counts]
        seeded = [key for key in drifts if key in rows and not rows[key].counts]
        asked = asked_by_place([ledger_key(merchant_id, *_place(key)) for key in told], ResendStock)
        for key in seeded:  # nobody knows a quantity: the number is all that there is
            known, ours = int(drifts[key].there.get("sequence") or 0), rows[key].sequence
            seed = SequenceSeed(*_place(key), known, ours)
            asked.append((merchant_id, SeedSequences((seed,), forced=known < ours), 1))
        return asked

    def _keys(self) -> Iterable[str]:
        for key in self._view.rows:
            location_id, _ = _place(key)
            location = self._merchant.location(location_id)
            if self._location_id not in ("", location_id):
                continue
            if location is None or not self._merchant.flows(location, "inventory"):
                self.not_asked[location_id] = self.not_asked.get(location_id, 0) + 1
            else:
                yield key

    async def _ask(self, keys: Sequence[str]) -> Mapping[str, Level | Unanswered]:
        size = self._merchant.inventory_batch_size
        batches = [tuple(keys[begin : begin + size]) for begin in range(0, len(keys), size)]
        answers = await ask_each("asking Amazon", batches, self._ask_batch)
        return {key: told for batch, levels in answers.items() for key, told in zip(batch, levels, strict=True)}

    async def _ask_batch(self, batch: _Batch) -> Sequence[Level | Unanswered]:
        requests = [self._request(key) for key in batch]
        ask = partial(self._amazon.api.batch_inventory, self._merchant.merchant_id, requests)
        outcome = await self._amazon.call("inventory", ask)
        if not isinstance(outcome, Accepted):
            return [unanswered(outcome)] * len(batch)
        return [_level(item) for item in outcome.value]

    def _request(self, key: str) -> FetchInventory:
        location_id, sku = _place(key)
        location = self._merchant.location(location_id)
        if location is None:
            return FetchInventory(location_id, sku)
        return FetchInventory(location_id, sku, location.channel_name, self._merchant.marketplace_of(location))


def _level(item: Outcome[InventoryLevel]) -> Level | Unanswered:
    match item:
        case Accepted(_, level):
            return level
        case Refused(answer):
            return InventoryRefusal(answer.code, answer.message)
        case _:
            return unanswered(item)


def _compare(row: LedgerRow | None, there: Level) -> Verdict:
    return Agrees() if row is None else compare_stock(row, there)


def _is_moving(row: LedgerRow | None) -> str | None:
    return None if row is None else on_its_way(row)


def _place(key: str) -> tuple[str, str]:
    location_id, _, sku = key.partition("|")
    return location_id, sku
