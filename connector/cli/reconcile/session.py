"""A reconcile from its beginning to its end: find, ask the workers to mend, look once more."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from connector.cli.reconcile.amazon.calls import PacedAmazon
from connector.cli.reconcile.repair import ask_and_wait
from connector.cli.reconcile.rounds import BETWEEN_S, ROUNDS, Comparison, Found
from connector.cli.reconcile.view import TableView, open_view
from connector.cli.shared.broker import open_broker
from connector.cli.shared.checks import client_for
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.table_changes import AskedChange
from connector.domain.reconcile.kinds import EXPLANATIONS
from connector.domain.reconcile.verdicts import Drift
from connector.merchants import Merchant
from connector.settings import Settings, require
from connector.tables.table import TableSpec

Row = TypeVar("Row")


class Reconcile(Protocol):
    """One of stock, orders, returns."""

    comparison: Comparison[Any, Any]

    async def find(self) -> Found: ...

    def repairs(self, drifts: Mapping[str, Drift]) -> list[AskedChange]: ...


Begin = Callable[[Settings, PacedAmazon, TableView[Row]], Reconcile]


@dataclass(slots=True)
class Reconciled:
    """`mended`: keys of drifts that are none any more."""

    found: Found
    mended: set[str] = field(default_factory=set)

    @property
    def standing(self) -> int:
        return len(self.found.drifts) - len(self.mended)


@dataclass(frozen=True, slots=True)
class Repair:
    """The workers have `wait_s` seconds for it. `by`, `reason`: for the audit."""

    wait_s: float
    by: str = ""
    reason: str = ""


def reconcile_table(
    settings: Settings,
    merchant: Merchant,
    table: TableSpec[Row],
    begin: Begin[Row],
    *,
    rate: float | None,
    repair: Repair | None,
) -> Reconciled:
    """Raises ConnectorError."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    with (
        open_broker(settings) as broker,
        open_view(broker, table, merchant.merchant_id) as view,
        asyncio.Runner() as runner,
        _amazon(runner, settings, merchant, rate) as amazon,
    ):
        task = begin(settings, amazon, view)
        result = Reconciled(runner.run(task.find()))
        mendable = {key: drift for key, drift in result.found.drifts.items() if EXPLANATIONS[drift.kind].is_repaired}
        if repair is not None and mendable:
            deed = Deed(
                action=f"reconcile {table.name} --repair",
                merchant_id=merchant.merchant_id,
                subject=f"{len(mendable)} drifts",
                by=repair.by,
                reason=repair.reason,
            )
            with audited(broker, deed):
                ask_and_wait(broker, view, task.repairs(mendable), mendable, repair.wait_s)
            rounds = max(ROUNDS, round(repair.wait_s / BETWEEN_S))
            after = Found()
            runner.run(task.comparison.find(mendable, after, rounds))
            result.mended = mendable.keys() - after.drifts.keys() - after.moving.keys() - after.unanswered.keys()
    return result


@contextmanager
def _amazon(
    runner: asyncio.Runner, settings: Settings, merchant: Merchant, rate: float | None
) -> Iterator[PacedAmazon]:
    async def connect() -> PacedAmazon:
        return PacedAmazon(merchant, client_for(settings, [merchant]), rate)  # inside the loop that uses it

    amazon = runner.run(connect())
    try:
        yield amazon
    finally:
        runner.run(amazon.api.aclose())
