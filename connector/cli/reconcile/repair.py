"""Asking the workers to mend what differs, and waiting until they have begun."""

import time
from collections.abc import Mapping
from typing import Any

from connector.cli.reconcile.view import TableView
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import progress_bar
from connector.cli.shared.table_changes import AskedChange, ask_workers
from connector.domain.reconcile.verdicts import Drift

_POLL_S = 0.2


def ask_and_wait(
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
