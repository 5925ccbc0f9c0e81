"""A reconcile from its beginning to its end: find, ask the workers to mend, look once more."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from connector.cli.reconcile.amazon import PacedAmazon
from connector.cli.reconcile.rounds import BETWEEN_S, ROUNDS, Comparison, Found
from connector.cli.reconcile.view import TableView, open_view
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.checks import client_for
from connector.cli.shared.screen import progress_bar
from connector.cli.shared.table_changes import AskedChange, ask_workers
from connector.domain.reconcile.verdicts import EXPLANATIONS, Drift
from connector.merchants import Merchant
from connector.settings import Settings, require
from connector.tables.table import TableSpec

_POLL_S = 0.2

Row = TypeVar("Row")


class Reconcile(Protocol):
    """One of stock, orders, returns."""

    comparison: Comparison[Any, Any]

    async def find(self) -> Found: ...

    def repairs(self, drifts: Mapping[str, Drift]) -> list[AskedChange]: ...


Begin = Callable[[Settings, PacedAmazon, TableView[Row]], Reconcile]


@dataclass(slots=True)
class Reconciled:
    """`mended`: keys of drifts that are none any more. `rows`: by key, as they are now."""

    found: Found
    mended: set[str] = field(default_factory=set)

    @property
    def standing(self) -> int:
        return len(self.found.drifts) - len(self.mended)


@dataclass(frozen=True, slots=True)
class Repair:
    """The workers have `wait_s` seconds for it."""

    wait_s: float


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
            _ask_and_wait(broker, view, task.repairs(mendable), mendable, repair.wait_s)
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


def _ask_and_wait(
    broker: Broker, view: TableView[Any], asked: list[AskedChange], drifts: Mapping[str, Drift], wait_s: float
) -> None:
    """Until the workers have begun with each, or the time is over."""
    view.refresh()
    before = {key: view.version(key) for key in drifts}
    ask_workers(broker, asked)
    deadline = time.monotonic() + wait_s
    with progress_bar("carried out", len(before)) as bar:
        while before and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            view.refresh()
            before = {key: version for key, version in before.items() if view.version(key) == version}
            bar.reach(len(drifts) - len(before))
