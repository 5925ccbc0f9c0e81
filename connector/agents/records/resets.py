"""Records of an input topic that Kafka no longer has: an alert for each partition where that happened."""

import asyncio
from collections.abc import Callable, Mapping

from connector.agents.alerts import Alerts
from connector.agents.records.alerts import LOOK_EVERY_S, QUIET_MS
from connector.domain.alerts import NO_MERCHANT, AlertKind, Severity


class OffsetResets:
    """The alert stands for an hour, and until the partition's owner has dealt with all that the log holds now.

    `lag`: records by topic and partition, of the partitions held here. `now_ms`: epoch milliseconds.
    """

    def __init__(
        self, alerts: Alerts, lag: Callable[[], Mapping[tuple[str, int], int]], now_ms: Callable[[], int]
    ) -> None:
        self._alerts = alerts
        self._lag = lag
        self._now_ms = now_ms

    async def tell(self, topic: str, partition: int, old_offset: int, new_offset: int) -> None:
        """As BatchApp.on_reset has it."""
        if new_offset < old_offset:
            happened = "Kafka lost records, or the topic was made anew; all that it holds is read again"
            remedy = "nothing, unless the topic was deleted by mistake: then write again what it held"
        else:
            happened = "records were deleted before they were read"
            remedy = "lengthen the topic's retention, then write again what is missing"
        self._alerts.raise_alert(
            NO_MERCHANT,
            AlertKind.OFFSETS_RESET,
            Severity.CRITICAL,
            f"{topic}/{partition}",
            message=f"{happened}: offset {old_offset} was next, {new_offset} is now",
            remedy=remedy,
        )

    def end_past(self) -> None:
        now_ms, lag = self._now_ms(), self._lag()
        dealt_with = {f"{topic}/{partition}" for (topic, partition), count in lag.items() if count == 0}
        for alert in self._alerts.of(NO_MERCHANT):
            is_past = now_ms - alert.since_ms >= QUIET_MS and alert.subject in dealt_with
            if alert.kind is AlertKind.OFFSETS_RESET and is_past:
                self._alerts.end_alert(NO_MERCHANT, alert.kind, alert.subject)

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.end_past()
