"""connector.alerts: what a person should look at, raised once and ended once; and what stands now, for `status`."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from connector.agents.outbox import Outbox
from connector.domain.alerts import NO_MERCHANT, Alert, AlertKind, Severity, alert_of
from connector.kafka.follower import Entries
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import ALERTS
from connector.merchants import Merchant


class Alerts:
    """What stands, of every merchant: by what was published, and at once by what is raised and ended here.

    `partitions`: of every topic. `now_ms`: epoch milliseconds.
    """

    def __init__(self, outbox: Outbox, partitions: int, now_ms: Callable[[], int]) -> None:
        self._outbox = outbox
        self._partitions = partitions
        self._now_ms = now_ms
        self._standing: defaultdict[str, dict[str, Alert]] = defaultdict(dict)
        self._here: set[str] = set()
        self._ending: set[str] = set()  # ended here; their ends are not read back yet
        self._unsent: asyncio.Queue[OutRecord] = asyncio.Queue()

    def __iter__(self) -> Iterator[Alert]:
        """Of the merchants whose home is here, so that all workers together count each once. Those of no merchant have
        a home too: that of the empty key."""
        return iter([alert for merchant_id in sorted(self.merchants() & self._here) for alert in self.of(merchant_id)])

    def merchants(self) -> frozenset[str]:
        """Those that an alert of stands. Whichever thread asks."""
        return frozenset(self._standing)

    def of(self, merchant_id: str) -> list[Alert]:
        """Wherever its home is, and whether or not the merchants file has it. Other threads may ask, too: it is a copy,
        made in one step."""
        return list(self._of(merchant_id))

    def find(self, merchant_id: str, kind: AlertKind, subject: str | None = None) -> Alert | None:
        """`subject` None: whichever it is."""
        wanted = (alert for alert in self._of(merchant_id) if alert.kind is kind and subject in (None, alert.subject))
        return next(wanted, None)

    def _of(self, merchant_id: str) -> Collection[Alert]:
        return self._standing.get(merchant_id, {}).values()

    async def arrive(self, partitions: frozenset[int]) -> None:
        """The partitions that this worker owns."""
        if home_partition(NO_MERCHANT.encode(), self._partitions) in partitions:
            self._here.add(NO_MERCHANT)

    def open(self, merchant: Merchant, _: int) -> Iterable[None]:
        """The merchant arrived here."""
        self._here.add(merchant.merchant_id)
        return ()

    def close(self) -> None:
        """All partitions were given up: what happens there is published by their new owners."""
        self._here.clear()

    async def apply(self, entries: Entries) -> None:
        """What was published, by whichever worker. So an alert that no row keeps is ended by the next owner of its
        merchant, and not raised twice."""
        for _, record in entries:
            if record is None or (alert := _read(record)) is None:
                continue
            if alert.ended_at_ms is not None:
                self._ending.discard(alert.alert_id)
            if alert.alert_id not in self._ending:  # else our own raising, read back after its end
                self._note(alert)

    def standing(self, alert: Alert) -> None:
        """A recovered row says so: it was published when it began."""
        self._standing[alert.merchant_id][alert.alert_id] = alert

    def changed(self, alert: Alert) -> OutRecord:
        """The record of an alert that a row's change raises or ends; whoever writes the row sends it first."""
        self._note(alert)
        if alert.ended_at_ms is not None:
            self._ending.add(alert.alert_id)
        home = home_partition(alert.merchant_id.encode(), self._partitions)
        return self._outbox.record(ALERTS, home, alert.merchant_id, alert)

    def tell(self, alert: Alert) -> None:
        """It was raised, or ended, and no row keeps it. It is published soon."""
        self._unsent.put_nowait(self.changed(alert))

    def raise_alert(
        self, merchant_id: str, kind: AlertKind, severity: Severity, subject: str, *, message: str, remedy: str
    ) -> None:
        """One that no row keeps. Nothing happens where it stands already."""
        if self.find(merchant_id, kind, subject) is None:
            since_ms = self._now_ms()
            self.tell(alert_of(merchant_id, kind, severity, subject, message=message, remedy=remedy, since_ms=since_ms))

    def end_alert(self, merchant_id: str, kind: AlertKind, subject: str) -> None:
        """Nothing happens where it does not stand."""
        alert = self.find(merchant_id, kind, subject)
        if alert is not None:
            self.tell(alert.ended(self._now_ms()))

    async def run(self) -> None:
        """For ever: publishes what no row keeps. Raises ProduceFailed."""
        while True:
            await self._outbox.send_unleased([await self._unsent.get()])

    def _note(self, alert: Alert) -> None:
        mine = self._standing[alert.merchant_id]
        if alert.ended_at_ms is None:
            mine[alert.alert_id] = alert
        else:
            mine.pop(alert.alert_id, None)
        if not mine:
            del self._standing[alert.merchant_id]


def _read(record: Mapping[str, Any]) -> Alert | None:
    """None: of a kind or severity that only a newer version knows."""
    try:
        kind, severity = AlertKind(record["kind"]), Severity(record["severity"])
    except ValueError:
        return None
    return Alert(
        alert_id=record["alert_id"],
        merchant_id=record["merchant_id"],
        kind=kind,
        severity=severity,
        subject=record["subject"],
        message=record["message"],
        remedy=record["remedy"],
        since_ms=record["since"],
        ended_at_ms=record["ended_at"],
    )
