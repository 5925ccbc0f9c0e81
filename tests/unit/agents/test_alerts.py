"""Alerts: raised once and ended once, by whichever worker has the merchant; and what stands, for status and metrics."""

import asyncio
from typing import Any

from connector.agents.alerts import Alerts
from connector.domain.alerts import NO_MERCHANT, AlertKind, Severity
from connector.kafka.homes import home_partition
from connector.kafka.topics import ALERTS
from connector.telemetry import Telemetry
from tests.kit.inventory.agents import PARTITION, merchant
from tests.kit.memory import MemoryTopics
from tests.kit.virtual_time import run_virtual

KIND = AlertKind.MERCHANT_SUSPENDED


class Worker:
    """`topics` are those of all workers; it has the merchants M1 and M2."""

    def __init__(self, topics: MemoryTopics) -> None:
        self.alerts = Alerts(topics.outbox(), 1, lambda: round(asyncio.get_running_loop().time() * 1000))
        self.running = asyncio.create_task(self.alerts.run())
        for merchant_id in ("M1", "M2"):
            self.alerts.open(merchant(merchant_id), PARTITION)

    async def suspend(self, merchant_id: str = "M1") -> None:
        self.alerts.raise_alert(merchant_id, KIND, Severity.CRITICAL, merchant_id, message="no", remedy="renew")
        await asyncio.sleep(1)

    async def resume(self, merchant_id: str = "M1") -> None:
        self.alerts.end_alert(merchant_id, KIND, merchant_id)
        await asyncio.sleep(1)

    async def follow(self, *records: dict[str, Any]) -> None:
        await self.alerts.apply([(record["merchant_id"], record) for record in records])


def test_raised_once_and_ended_once_under_one_id() -> None:
    async def scenario() -> None:
        topics = MemoryTopics()
        worker = Worker(topics)
        for _ in range(3):
            await worker.suspend()
        await worker.suspend("M2")
        assert [alert.merchant_id for alert in worker.alerts] == ["M1", "M2"]
        assert [alert.message for alert in worker.alerts.of("M1")] == ["no"]
        for _ in range(3):
            await worker.resume()
        first, _, ended = told = topics.on(ALERTS)
        assert [(one["merchant_id"], one["ended_at"] is None) for one in told] == [
            ("M1", True),
            ("M2", True),
            ("M1", False),
        ]
        assert (first["alert_id"], first["since"]) == (ended["alert_id"], ended["since"])
        await worker.suspend()
        assert topics.on(ALERTS)[-1]["alert_id"] != first["alert_id"], "it is another time"

    run_virtual(scenario())


def test_the_next_owner_raises_nothing_twice_and_ends_what_stands() -> None:
    async def scenario() -> None:
        topics = MemoryTopics()
        await Worker(topics).suspend()
        raised = topics.on(ALERTS)[0]
        other = Worker(topics)
        await other.follow(raised)
        await other.suspend()
        assert topics.on(ALERTS) == [raised]
        await other.resume()
        assert topics.on(ALERTS)[1] == {**raised, "ended_at": topics.on(ALERTS)[1]["ended_at"]}
        assert not list(other.alerts)
        late = Worker(topics)
        await late.follow(*topics.on(ALERTS))
        assert not list(late.alerts)

    run_virtual(scenario())


def test_a_raising_that_is_read_back_after_its_end_does_not_stand_again() -> None:
    async def scenario() -> None:
        topics = MemoryTopics()
        worker = Worker(topics)
        await worker.suspend()
        await worker.resume()
        raised, ended = topics.on(ALERTS)
        await worker.follow(raised)
        assert not list(worker.alerts)
        await worker.suspend()
        assert len(topics.on(ALERTS)) == 3, "it stands, another time"
        await worker.follow(ended)
        assert [alert.since_ms for alert in worker.alerts] == [topics.on(ALERTS)[2]["since"]]

    run_virtual(scenario())


def test_what_a_newer_version_raises_is_left_to_it() -> None:
    async def scenario() -> None:
        topics = MemoryTopics()
        worker = Worker(topics)
        await worker.suspend()
        (raised,) = topics.on(ALERTS)
        await worker.resume()
        await worker.follow({**raised, "kind": "SUN_TOO_HOT"}, {**raised, "severity": "DEADLY"})
        await worker.alerts.apply([("M1", None)])
        assert not list(worker.alerts)

    run_virtual(scenario())


def test_each_is_counted_by_kind_where_its_merchant_is_at_home() -> None:
    async def scenario() -> None:
        worker, telemetry = Worker(MemoryTopics()), Telemetry()
        telemetry.watch_alerts(worker.alerts)

        def counted(merchant_id: str) -> float | None:
            labels = {"merchant": merchant_id, "kind": "MERCHANT_SUSPENDED"}
            return telemetry.registry.get_sample_value("connector_alerts", labels)

        await worker.suspend("M1")
        await worker.suspend("M3")
        assert (counted("M1"), counted("M2"), counted("M3")) == (1, None, None)
        worker.alerts.close()
        assert counted("M1") is None

    run_virtual(scenario())


def test_those_of_no_merchant_are_counted_by_the_worker_that_has_the_empty_keys_home() -> None:
    async def scenario() -> None:
        alerts = Alerts(MemoryTopics().outbox(), 8, lambda: 0)
        alerts.raise_alert(NO_MERCHANT, AlertKind.CLOCK_WRONG, Severity.CRITICAL, "w", message="m", remedy="r")
        home = home_partition(NO_MERCHANT.encode(), 8)
        await alerts.arrive(frozenset(range(8)) - {home})
        assert not list(alerts)
        await alerts.arrive(frozenset({home}))
        assert [alert.subject for alert in alerts] == ["w"]
        alerts.close()
        assert not list(alerts)

    run_virtual(scenario())
