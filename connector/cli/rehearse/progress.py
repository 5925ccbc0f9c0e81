"""How a rehearsal stands while it runs: a picture on a terminal, else a line for each workflow that is seen."""

from collections.abc import Callable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from connector.cli.shared.screen import has_live_picture, remark
from connector.domain.rehearsal.mistakes import Mistakes
from connector.domain.rehearsal.workflows import WorkflowVerdict
from connector.terminal import visible


class RehearsalProgress:
    def __init__(self, show: Callable[[RenderableType], None]) -> None:
        self._show = show
        self._told: set[tuple[str, str]] = set()
        self._wrong = 0

    def tell(self, verdicts: Sequence[WorkflowVerdict], mistakes: Mistakes, orders: int, left_s: float) -> None:
        if has_live_picture():
            self._show(_picture(verdicts, mistakes, orders, left_s))
            return
        for verdict in verdicts:
            name = (verdict.program, verdict.workflow.name)
            if verdict.is_seen and name not in self._told:
                self._told.add(name)
                remark(f"seen: {verdict.program} {verdict.workflow.name} ({verdict.example})")
        if (wrong := sum(mistake.count for mistake in mistakes)) > self._wrong:
            self._wrong = wrong
            remark(f"{wrong} records of the OMS's could not be used or were refused")


def _picture(verdicts: Sequence[WorkflowVerdict], mistakes: Mistakes, orders: int, left_s: float) -> Table:
    seen, wrong = sum(verdict.is_seen for verdict in verdicts), sum(mistake.count for mistake in mistakes)
    title = f"{seen} of {len(verdicts)} workflows seen, {orders} orders, {wrong} records wrong, {_time(left_s)} left"
    table = Table(title=title, expand=False)
    for column in ("program", "workflow", "seen, or what is missing"):
        table.add_column(column)
    for verdict in verdicts:
        told = verdict.example if verdict.is_seen else verdict.missing
        style = "green" if verdict.is_seen else ""
        table.add_row(verdict.program, verdict.workflow.name, Text(visible(told), style))
    return table


def _time(seconds: float) -> str:
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"
