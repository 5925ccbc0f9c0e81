"""Amazon's time for the polls, and an alert where the worker's own clock is another."""

import logging
from collections.abc import Callable

from connector.agents.alerts import Alerts
from connector.domain.alerts import NO_MERCHANT, AlertKind, Severity, alert_of

WRONG_MS = 120_000
RIGHT_MS = 60_000  # between the two it stays what it was

log = logging.getLogger(__name__)


class ClockWatch:
    """`amazon_ms`: Amazon's time, None until it was heard. `worker_ms`: this worker's. Both in epoch milliseconds."""

    def __init__(
        self, amazon_ms: Callable[[], int | None], worker_ms: Callable[[], int], alerts: Alerts, *, worker: str
    ) -> None:
        self._amazon_ms = amazon_ms
        self._worker_ms = worker_ms
        self._alerts = alerts
        self._worker = worker

    def now_ms(self) -> int:
        """Amazon's time; the worker's until Amazon was heard."""
        amazon_ms = self._amazon_ms()
        return self._worker_ms() if amazon_ms is None else amazon_ms

    def compare(self, answered_at_ms: int | None) -> None:
        """An answer just came, dated so by Amazon."""
        if answered_at_ms is None:
            return
        ahead_ms = self._worker_ms() - answered_at_ms
        alert = self._alerts.find(NO_MERCHANT, AlertKind.CLOCK_WRONG, self._worker)
        if alert is None and abs(ahead_ms) > WRONG_MS:
            self._raise(ahead_ms, answered_at_ms)
        elif alert is not None and abs(ahead_ms) < RIGHT_MS:
            log.info("the worker's clock is right again")
            self._alerts.tell(alert.ended(answered_at_ms))

    def _raise(self, ahead_ms: int, answered_at_ms: int) -> None:
        off_s, where = abs(ahead_ms) // 1000, "ahead of" if ahead_ms > 0 else "behind"
        message = f"the worker's clock is {off_s} s {where} Amazon's"
        log.error("%s: polls follow Amazon's; set the clock (NTP)", message)
        alert = alert_of(
            NO_MERCHANT,
            AlertKind.CLOCK_WRONG,
            Severity.CRITICAL,
            self._worker,
            message=message,
            remedy="set the clock (NTP): what the OMS's times are compared with, and every time in results, is wrong",
            since_ms=answered_at_ms,
        )
        self._alerts.tell(alert)
