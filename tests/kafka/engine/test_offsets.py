"""Positions that the log no longer has: said loudly, the records are handled, and commits follow downwards."""

import asyncio
import logging
from pathlib import Path

import pytest

from tests.kit.kafka.batch_apps import becomes, committed, running_probe, until_committed
from tests.kit.kafka.broker import Broker

pytestmark = pytest.mark.kafka

PARTITION = 2


def fill(broker: Broker, topic: str, records: int, first: int = 0) -> None:
    broker.produce(topic, [(f"k{n}", str(n)) for n in range(first, first + records)], PARTITION)


async def test_a_committed_offset_beyond_the_logs_end(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broker.commit(app_id, topic, PARTITION, 50)
    fill(broker, topic, 10)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("all is applied", lambda: len(probe.applied) == 10)
        await until_committed(broker, app_id, topic, {PARTITION: 10})
        assert probe.resets == [(topic, PARTITION, 50, 0)]
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR and topic in record.message]
    assert f"{topic}/{PARTITION}: offset 50 was next, but the log ends at 10" in told.message
    fill(broker, topic, 45, first=10)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("what came later is applied", lambda: len(probe.applied) >= 45)
        assert probe.applied == [(PARTITION, n) for n in range(10, 55)]
        assert probe.resets == []


async def test_a_log_that_lost_everything(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    """Nothing is there to be acked, and yet the next start must not begin at 50."""
    broker.commit(app_id, topic, PARTITION, 50)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path):
        await until_committed(broker, app_id, topic, {PARTITION: 0})
    fill(broker, topic, 60)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("all is applied", lambda: len(set(probe.applied)) == 60)


async def test_records_deleted_before_they_were_read(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(broker, topic, 30)
    broker.commit(app_id, topic, PARTITION, 5)
    broker.delete_records(topic, PARTITION, before=20)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("the rest is applied", lambda: len(probe.applied) == 10)
        assert probe.resets == [(topic, PARTITION, 5, 20)]
    assert f"{topic}/{PARTITION}: offset 5 was next, but the log begins at 20" in caplog.text


async def test_records_deleted_before_the_first_commit(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    """Of a partition that had no record, or none that was dealt with, while a worker had it."""
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path):
        await until_committed(broker, app_id, topic, {PARTITION: 0})
    fill(broker, topic, 30)
    broker.delete_records(topic, PARTITION, before=20)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("the rest is applied", lambda: len(probe.applied) == 10)
        assert probe.resets == [(topic, PARTITION, 0, 20)]


async def test_a_topic_made_anew_while_the_app_runs(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    fill(broker, topic, 10)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await until_committed(broker, app_id, topic, {PARTITION: 10})
        await asyncio.to_thread(broker.delete_topics, topic)
        await asyncio.to_thread(broker.create_topics, topic)
        await asyncio.to_thread(fill, broker, topic, 4)
        await becomes("the new ones are applied", lambda: len(probe.applied) == 14, 90)
        await until_committed(broker, app_id, topic, {PARTITION: 4})
        assert probe.resets == [(topic, PARTITION, 10, 0)]


async def test_what_an_old_log_still_has_in_flight_is_applied_and_not_committed(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    fill(broker, topic, 10)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, gate_open=False) as probe:
        await becomes("its batch has begun", lambda: probe.begun == 1)
        probe.app.consumer._compare(*_as_if_made_anew(topic))
        probe.gate.set()
        await becomes("it is applied", lambda: len(probe.applied) == 10)
        await until_committed(broker, app_id, topic, {PARTITION: 0})
    assert committed(broker, app_id, topic)[PARTITION] == 0


def _as_if_made_anew(topic: str) -> tuple[object, int]:
    from faust.types import TP

    return TP(topic, PARTITION), 0


async def test_the_lag_is_what_is_not_dealt_with(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    fill(broker, topic, 10)
    broker.commit(app_id, topic, PARTITION, 4)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, gate_open=False) as probe:
        await becomes("what is fetched waits", lambda: probe.app.lag().get((topic, PARTITION)) == 6)
        probe.gate.set()
        await becomes("all is dealt with", lambda: set(probe.app.lag().values()) == {0})
