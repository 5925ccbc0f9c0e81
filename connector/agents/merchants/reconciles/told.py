"""What the metrics say of nightly reconciles: the drifts of each last run, when that was, and how many failed."""

from collections.abc import Iterable, Iterator

from connector.domain.reconcile.nights import Compared, Night
from connector.telemetry.counter import Row
from connector.telemetry.merchants import MerchantSeries

_Of = tuple[str, str]
"""(merchant, stock, orders or returns)."""


class NightsTold:
    """Of the merchants whose home is here, since they are. Read when scraped, by another thread: what is gone through
    is copied in one step."""

    def __init__(self, series: MerchantSeries) -> None:
        self._runs: dict[_Of, tuple[Compared, int]] = {}
        of = ("merchant", "what")
        text = "Drifts that the last nightly reconcile found"
        series.watch("connector_reconcile_drifts", text, (*of, "kind"), lambda _: self._drifts())
        text = "When the last nightly reconcile ended, in seconds since 1970"
        series.watch("connector_reconcile_last_run_seconds", text, of, lambda _: self._ends(), together=min)
        text = "Nightly reconciles that failed, or had no answer for some"
        self._failed = series.count("connector_reconcile_failed", text, of)

    def expect(self, merchant_id: str, subjects: Iterable[str]) -> None:
        """Counted from 0, so that a rule sees the first that fails."""
        for what in subjects:
            self._failed.add(merchant_id, what, by=0)

    def note(self, merchant_id: str, what: str, came_to: Night, now_ms: int) -> None:
        """One that had no answer for some has failed, too, and yet it has found what it has found."""
        if not isinstance(came_to, Compared) or came_to.unanswered:
            self._failed.add(merchant_id, what)
        if isinstance(came_to, Compared):
            self._runs[merchant_id, what] = (came_to, now_ms)

    def forget(self) -> None:
        """They are others' now."""
        self._runs = {}
        self._failed.forget()

    def _drifts(self) -> Iterator[Row]:
        for of, (compared, _) in dict(self._runs).items():
            for kind, count in compared.kinds.items():
                yield (*of, kind), count

    def _ends(self) -> Iterator[Row]:
        return ((of, at_ms / 1000) for of, (_, at_ms) in dict(self._runs).items())
