"""Amazon's lists of shipments, or of returns, against the table that has them here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from connector.agents.issuer import KEYS_PER_COMMAND
from connector.cli.reconcile.amazon.answers import Unanswered, ask_each, unanswered
from connector.cli.reconcile.amazon.calls import PacedAmazon
from connector.cli.reconcile.amazon.lists import WholeLists
from connector.cli.reconcile.rounds import Comparison, Found
from connector.cli.reconcile.subject import TradeSubject
from connector.cli.reconcile.view import TableView
from connector.cli.shared.table_changes import AskedChange
from connector.clock import now_ms
from connector.domain.outcomes import Accepted, Refused
from connector.domain.reconcile.trade import TradeTerms
from connector.domain.reconcile.verdicts import Agrees, Drift, Verdict
from connector.merchants import Merchant

_NOT_FOUND = 404

Row = TypeVar("Row")
Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`location_id` "": all. What is over is looked at where it changed since `since_ms`. `grace_ms`, `kept_ms`: see
    TradeTerms."""

    location_id: str
    since_ms: int
    grace_ms: int
    kept_ms: int


class TradeReconcile(Generic[Row, Facts]):
    def __init__(
        self,
        subject: TradeSubject[Row, Facts],
        merchant: Merchant,
        view: TableView[Row],
        *,
        amazon: PacedAmazon,
        lists: WholeLists,
        scope: Scope,
    ) -> None:
        self.comparison = Comparison(view=view, ask=self._ask, compare=self._compare)
        self._subject = subject
        self._merchant = merchant
        self._view = view
        self._amazon = amazon
        self._lists = lists
        self._scope = scope

    async def find(self) -> Found:
        """In the order in which they move on, so that what moves meanwhile is seen in the one list or the other."""
        subject, merchant_id = self._subject, self._merchant.merchant_id
        pages = await self._lists.read(subject.open_lists(merchant_id))
        pages += await self._lists.read(subject.closed_lists(merchant_id), self._scope.since_ms)
        listed = {subject.id_of(facts): facts for page in pages for facts in subject.listed(page)}
        self._view.refresh()
        unreadable = {item.object_id for page in pages for item in page.unreadable}
        open_here = set(self._open_here())
        suspects = [key for key, facts in listed.items() if not self._simply_agrees(key, facts)]
        suspects += sorted((open_here | unreadable) - listed.keys())
        found = Found(len(listed.keys() | open_here | unreadable))
        await self.comparison.find(suspects, found)
        return found

    def repairs(self, drifts: Mapping[str, Drift]) -> list[AskedChange]:
        """What asks the workers to mend them."""
        ids, size = sorted(drifts), KEYS_PER_COMMAND
        parts = [tuple(ids[begin : begin + size]) for begin in range(0, len(ids), size)]
        return [(self._merchant.merchant_id, self._subject.reread(part), len(part)) for part in parts]

    def _open_here(self) -> Iterator[str]:
        for key, row in self._view.rows.items():
            facts = self._subject.facts_of(row)
            if facts is not None and self._subject.is_open(facts) and self._is_within(facts):
                yield key

    def _simply_agrees(self, key: str, facts: Facts) -> bool:
        return isinstance(self._compare(self._view.row(key), facts), Agrees)

    def _compare(self, row: Row | None, there: Facts | None) -> Verdict:
        if there is not None and not self._is_within(there):
            return Agrees()
        heard_ms = self._amazon.api.now_ms()
        terms = TradeTerms(
            now_ms=now_ms() if heard_ms is None else heard_ms,
            grace_ms=self._scope.grace_ms,
            kept_ms=self._scope.kept_ms,
        )
        return self._subject.compare(self._merchant, row, there, terms)

    def _is_within(self, facts: Facts) -> bool:
        if not self._subject.is_told(self._merchant, facts):
            return False
        found = [self._merchant.location(place) for place in self._subject.places(facts)]
        names = {location.location_id for location in found if location is not None}
        return not self._scope.location_id or self._scope.location_id in names

    async def _ask(self, keys: Sequence[str]) -> Mapping[str, Facts | Unanswered | None]:
        return await ask_each("asking Amazon", keys, self._ask_one)

    async def _ask_one(self, key: str) -> Facts | Unanswered | None:
        read = partial(self._subject.read, self._amazon.api, self._merchant.merchant_id, key)
        outcome = await self._amazon.call(self._subject.operation, read)
        match outcome:
            case Accepted(_, facts):
                return facts
            case Refused(answer) if answer.http_status == _NOT_FOUND:
                return None
            case _:
                return unanswered(outcome)
