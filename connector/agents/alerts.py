"""connector.alerts: what a person should look at, raised once and ended once; and what stands now, for `status`."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

from connector.agents.outbox import Outbox
from connector.domain.alerts import Alert, AlertKind, Severity, alert_of
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import ALERTS

_Subject = tuple[str, AlertKind, str]
"""(merchant, kind, subject)."""


class Alerts:
    """What stands on this worker. Rows keep theirs over a restart (see `standing`); the others are found again.

    `partitions`: of every topic. `now_ms`: epoch milliseconds.
    """

    def __init__(self, outbox: Outbox, partitions: int, now_ms: Callable[[], int]) -> None:
        self._outbox = outbox
        self._partitions = partitions
        self._now_ms = now_ms
        self._open: dict[_Subject, Alert] = {}
        self._unsent: asyncio.Queue[OutRecord] = asyncio.Queue()

    def __iter__(self) -> Iterator[Alert]:
        return iter(tuple(self._open.values()))

    def of(self, merchant_id: str) -> list[Alert]:
        return [alert for alert in self._open.values() if alert.merchant_id == merchant_id]

    def standing(self, alert: Alert) -> None:
        """A recovered row says so: it was published when it began."""
        self._open[_subject(alert)] = alert

    def changed(self, alert: Alert) -> OutRecord:
        """The record of an alert that a row's change raises or ends; whoever writes the row sends it first."""
        if alert.ended_at_ms is None:
            self._open[_subject(alert)] = alert
        else:
            self._open.pop(_subject(alert), None)
        return self._record(alert)

    def raise_alert(
        self, merchant_id: str, kind: AlertKind, severity: Severity, subject: str, *, message: str, remedy: str
    ) -> None:
        """One that no row keeps. It is published soon; nothing happens where it stands already."""
        if (merchant_id, kind, subject) not in self._open:
            alert = alert_of(
                merchant_id, kind, severity, subject, message=message, remedy=remedy, since_ms=self._now_ms()
            )
            self.tell(alert)

    def tell(self, alert: Alert) -> None:
        """It was raised, or ended, and no row keeps it. It is published soon."""
        self._unsent.put_nowait(self.changed(alert))

    def end_alert(self, merchant_id: str, kind: AlertKind, subject: str) -> None:
        """Nothing happens where it does not stand."""
        alert = self._open.get((merchant_id, kind, subject))
        if alert is not None:
            self.tell(replace(alert, ended_at_ms=self._now_ms()))

    def close(self) -> None:
        """All partitions were given up: their new owners find what stands there."""
        self._open.clear()

    async def run(self) -> None:
        """For ever: publishes what no row keeps. Raises ProduceFailed."""
        while True:
            await self._outbox.send([await self._unsent.get()])

    def _record(self, alert: Alert) -> OutRecord:
        home = home_partition(alert.merchant_id.encode(), self._partitions)
        return self._outbox.record(ALERTS, home, alert.merchant_id, alert)


def _subject(alert: Alert) -> _Subject:
    return alert.merchant_id, alert.kind, alert.subject
