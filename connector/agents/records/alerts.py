"""A merchant's records that can't be used: one alert for each topic and reason, however many dead letters there are."""

import asyncio
from collections.abc import Callable

from connector.agents.alerts import Alerts
from connector.agents.incoming import Record
from connector.agents.merchants.known import KnownMerchants
from connector.domain.alerts import AlertKind, Severity
from connector.kafka.avro.codec import BadRecord

QUIET_MS = 3_600_000
LOOK_EVERY_S = 60.0
LONGEST_CAUSE = 500


class RecordAlerts:
    """It ends an hour after the last of its dead letters. `now_ms`: epoch milliseconds."""

    def __init__(self, alerts: Alerts, merchants: KnownMerchants, now_ms: Callable[[], int]) -> None:
        self._alerts = alerts
        self._merchants = merchants
        self._now_ms = now_ms
        self._last_ms: dict[tuple[str, str], int] = {}

    def dead_letter(self, record: Record, bad: BadRecord) -> None:
        """Nothing where no merchant of the file is meant: the metric of dead letters counts those."""
        merchant_id = (record.key or b"").decode(errors="replace")
        if self._merchants.get(merchant_id) is None:
            return
        subject = f"{record.topic}: {bad.reason}"
        self._last_ms[merchant_id, subject] = self._now_ms()
        place = f"{record.topic}/{record.partition}/{record.offset}"
        self._alerts.raise_alert(
            merchant_id,
            AlertKind.DEAD_LETTERS,
            Severity.WARNING,
            subject,
            message=f"dead letters, the first from {place}: {bad.message}"[:LONGEST_CAUSE],
            remedy=f"`connector dead-letters list --merchant {merchant_id} --reason {bad.reason}`; correct the cause, "
            "then `retry` or `drop` them; this ends an hour after the last",
        )

    def end_quiet(self) -> None:
        """What stands since before this worker's start is quiet from then on."""
        now_ms = self._now_ms()
        for alert in self._alerts:
            if alert.kind is AlertKind.DEAD_LETTERS:
                last_ms = self._last_ms.setdefault((alert.merchant_id, alert.subject), now_ms)
                if now_ms - last_ms >= QUIET_MS:
                    del self._last_ms[alert.merchant_id, alert.subject]
                    self._alerts.end_alert(alert.merchant_id, alert.kind, alert.subject)

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.end_quiet()
