"""The document store is tried when a worker starts: told at once, tried again, and never the worker's end."""

import asyncio
import logging

import pytest

from connector.agents.alerts import Alerts
from connector.agents.records.store import StoreProbe
from connector.documents.names import is_document
from connector.documents.store import DocumentStore
from connector.domain.alerts import NO_MERCHANT
from connector.kafka.topics import ALERTS
from connector.merchants import Merchants
from tests.kit.inventory.agents import merchant
from tests.kit.memory import MemoryTopics
from tests.kit.orders.documents import Place

KEY = "arn:aws:kms:eu-west-1:1:key/k"


class Worker:
    """`place` and `topics` outlive it."""

    def __init__(self, place: Place, topics: MemoryTopics | None = None, *keys: str) -> None:
        self.topics = topics or MemoryTopics()
        self.ready = asyncio.Event()
        self.ready.set()
        self.alerts = Alerts(self.topics.outbox(), 1, lambda: 5)
        named = {f"M{number}": merchant(f"M{number}", kms_key_arn=key) for number, key in enumerate(keys)}
        self.probe = StoreProbe(
            DocumentStore(place), self.alerts, "worker-1", merchants=lambda: Merchants(named), ready=self.ready
        )


async def test_a_store_that_can_be_written_is_told_to_nobody() -> None:
    place = Place()
    worker = Worker(place)
    assert await worker.probe.probe()
    assert not worker.probe.is_away
    assert worker.alerts.of(NO_MERCHANT) == []
    assert len(place.held) == 1
    assert not is_document(place.held[0]), "nobody takes it for a label"


async def test_one_that_can_not_is_told_with_its_remedy_and_ends_when_it_can(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(Place(failures=2))
    with caplog.at_level(logging.ERROR):
        assert [await worker.probe.probe() for _ in range(2)] == [False, False]
    assert worker.probe.is_away
    (alert,) = worker.alerts.of(NO_MERCHANT)
    assert (alert.kind, alert.severity) == ("DOCUMENTS_NOT_STORED", "CRITICAL")
    assert alert.subject == "CONNECTOR_DOCUMENTS__URL of worker-1"
    assert "the disk is full" in alert.message
    assert "its space, its rights, its credentials" in caplog.text
    assert await worker.probe.probe()
    assert worker.alerts.of(NO_MERCHANT) == []
    assert not worker.probe.is_away


async def test_a_worker_that_comes_back_ends_its_own() -> None:
    worker = Worker(Place(failures=1))
    running = asyncio.create_task(worker.alerts.run())
    await worker.probe.probe()
    (raised,) = await worker.topics.wait_for(ALERTS, 1)
    again = Worker(Place(), worker.topics)
    await again.alerts.apply([("", raised)])
    assert again.alerts.of(NO_MERCHANT)
    assert await again.probe.probe()
    assert again.alerts.of(NO_MERCHANT) == []
    running.cancel()


async def test_nothing_is_raised_or_ended_before_what_stands_is_known() -> None:
    worker = Worker(Place(failures=1))
    worker.ready.clear()
    probing = asyncio.create_task(worker.probe.probe())
    while not worker.probe.is_away:  # noqa: ASYNC110 - a thread sets it
        await asyncio.sleep(0)
    assert worker.alerts.of(NO_MERCHANT) == []
    worker.ready.set()
    assert not await probing
    assert worker.alerts.of(NO_MERCHANT)


async def test_it_is_tried_with_each_key_that_a_merchant_has() -> None:
    place = Place(failing=[2])
    worker = Worker(place, None, KEY, "", KEY)
    assert not await worker.probe.probe()
    (alert,) = worker.alerts.of(NO_MERCHANT)
    assert KEY in alert.message
    assert len(place.held) == 1


async def test_it_runs_until_it_is_ended() -> None:
    running = asyncio.create_task(Worker(Place()).probe.run())
    done, _ = await asyncio.wait({running}, timeout=0.05)
    assert not done, "a background that ends would end the worker"
    running.cancel()
