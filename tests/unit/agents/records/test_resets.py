"""Records that Kafka no longer has are an alert of no merchant, until the partition has gone on for an hour."""

import asyncio

import pytest

from connector.agents.alerts import Alerts
from connector.agents.records.alerts import QUIET_MS
from connector.agents.records.resets import OffsetResets
from connector.domain.alerts import NO_MERCHANT
from tests.kit.inventory.agents import NOW_MS
from tests.kit.memory import MemoryTopics

TOPIC = "oms.inventory"


class Worker:
    """`lag`: of the partitions that it has."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.lag = {(TOPIC, 3): 7}
        self.alerts = Alerts(MemoryTopics().outbox(), 1, lambda: self.now_ms)
        self.resets = OffsetResets(self.alerts, lambda: self.lag, lambda: self.now_ms)

    @property
    def standing(self) -> list[str]:
        return [alert.subject for alert in self.alerts.of(NO_MERCHANT)]


@pytest.mark.parametrize(("now_at", "happened"), [(0, "is read again"), (90, "deleted before they were read")])
def test_one_for_each_partition(now_at: int, happened: str) -> None:
    worker = Worker()
    for _ in range(2):
        asyncio.run(worker.resets.tell(TOPIC, 3, 50, now_at))
    (alert,) = worker.alerts.of(NO_MERCHANT)
    assert (alert.kind, alert.subject) == ("OFFSETS_RESET", f"{TOPIC}/3")
    assert f"offset 50 was next, {now_at} is now" in alert.message
    assert happened in alert.message


def test_it_ends_when_an_hour_has_passed_and_the_partition_has_caught_up() -> None:
    worker = Worker()
    asyncio.run(worker.resets.tell(TOPIC, 3, 50, 0))
    worker.now_ms += QUIET_MS
    worker.resets.end_past()
    assert worker.standing == [f"{TOPIC}/3"], "seven records wait"
    worker.lag = {(TOPIC, 4): 0}
    worker.resets.end_past()
    assert worker.standing == [f"{TOPIC}/3"], "it is another worker's to end"
    worker.lag = {(TOPIC, 3): 0}
    worker.resets.end_past()
    assert worker.standing == []


def test_it_stands_for_an_hour() -> None:
    worker = Worker()
    asyncio.run(worker.resets.tell(TOPIC, 3, 50, 0))
    worker.lag = {(TOPIC, 3): 0}
    worker.now_ms += QUIET_MS - 1
    worker.resets.end_past()
    assert worker.standing == [f"{TOPIC}/3"]
