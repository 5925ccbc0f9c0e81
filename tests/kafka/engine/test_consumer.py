"""What the batch consumer does when something goes wrong in the middle."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from tests.kit.kafka.batch_apps import becomes, committed, running_probe, until_committed
from tests.kit.kafka.broker import Broker

pytestmark = pytest.mark.kafka


def fill(broker: Broker, topic: str, records: int, partitions: int = 4) -> None:
    for partition in range(partitions):
        broker.produce(topic, [(f"k{partition}-{n % 50}", str(n)) for n in range(records)], partition)


async def test_a_failed_commit_is_tried_again(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    fill(broker, topic, 100)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: probe.app.consumer is not None)
        commit = probe.app.consumer._commit
        refused = 0

        async def refuse_at_first(offsets: Any) -> bool:
            nonlocal refused
            refused += 1
            return refused > 3 and bool(await commit(offsets))

        probe.app.consumer._commit = refuse_at_first
        await becomes("all is applied", lambda: len(probe.applied) == 400)
        await until_committed(broker, app_id, topic, dict.fromkeys(range(4), 100))
        assert refused > 3


async def test_seeks_during_fetches_lose_nothing(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    fill(broker, topic, 2000)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, batch_max_records=20) as probe:
        await becomes("work has begun", lambda: len(probe.applied) > 100)
        for _ in range(10):
            before = len(probe.applied)
            await probe.app.consumer.perform_seek()  # and then what Faust does at the end of a recovery
            probe.app.flow_control.clear()
            probe.app.flow_control.resume()
            probe.app.consumer.resume_flow()
            await becomes("work goes on", lambda before=before: len(probe.applied) > before)  # type: ignore[misc]  # mypy can't infer a lambda with a default
            if len(set(probe.applied)) == 8000:
                break
        await becomes("all is applied", lambda: len(set(probe.applied)) == 8000)
        await until_committed(broker, app_id, topic, dict.fromkeys(range(4), 2000))
        for partition in range(4):  # at first sight in order: nothing was jumped over
            seen = list(dict.fromkeys(o for p, o in probe.applied if p == partition))
            assert seen == list(range(2000))


async def test_a_rebalance_during_a_seek_ends_no_worker(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        kafka: Any = probe.app.consumer._thread._consumer
        assignment, seek = kafka._subscription.subscription.assignment, kafka.seek_to_beginning
        fetch = kafka._coordinator.fetch_committed_offsets

        async def none_committed(_: Any) -> dict[Any, Any]:
            kafka._coordinator.fetch_committed_offsets = fetch
            return {}

        async def interrupted(*_: Any) -> bool:
            kafka.seek_to_beginning = seek
            kafka._coordinator.request_rejoin()
            while assignment.active:  # noqa: ASYNC110  # aiokafka's state, in its own thread
                await asyncio.sleep(0.01)
            return False

        kafka._coordinator.fetch_committed_offsets = none_committed
        kafka.seek_to_beginning = interrupted
        await probe.app.consumer.perform_seek()
        fill(broker, topic, 10)
        await becomes("it works on", lambda: len(set(probe.applied)) == 40)


async def test_a_batch_dropped_on_the_way_holds_up_the_commit(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, batch_max_records=10) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        deliver = probe.app.consumer.callback
        dropped: list[Any] = []

        async def drop_one(batch: Any) -> None:
            if batch.tp == TP(topic, 2) and batch.offset >= 40 and not dropped:
                dropped.append(batch)
            else:
                await deliver(batch)

        probe.app.consumer.callback = drop_one
        await asyncio.to_thread(fill, broker, topic, 100)
        await becomes("a batch is dropped", lambda: len(dropped) == 1)
        await becomes("the others are applied", lambda: len(probe.applied) == 400 - len(dropped[0].value))
        first_dropped = dropped[0].value[0].offset
        wanted = {0: 100, 1: 100, 2: first_dropped, 3: 100}
        await until_committed(broker, app_id, topic, wanted)
        assert committed(broker, app_id, topic) == wanted
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it comes again", lambda: (2, first_dropped) in probe.applied)


async def test_an_ack_after_revocation_is_ignored(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    fill(broker, topic, 50)
    how: dict[str, Any] = {"gate_open": False, "revoke_grace_s": 0.2}
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, **how) as probe:
        await becomes("a batch has begun", lambda: probe.begun == 1)
        await probe.app.give_up_partitions()  # as at a revocation: the grace is over before the batch is
        assert probe.app.consumer.in_flight == 0
        probe.gate.set()
        await becomes("its ack comes too late", lambda: probe.app.consumer.voided_acks == 1)
        assert not await probe.app.consumer.force_commit()
        assert set(committed(broker, app_id, topic).values()) == {0}
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("all comes again", lambda: len(set(probe.applied)) == 200)


async def test_the_grace_lets_a_begun_batch_end_and_commits_it(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    fill(broker, topic, 50, partitions=1)
    how: dict[str, Any] = {"gate_open": False, "revoke_grace_s": 20.0}
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, **how) as probe:
        await becomes("the batch has begun", lambda: probe.begun == 1)
        giving_up = asyncio.create_task(probe.app.give_up_partitions())
        await becomes("the flow is stopped", lambda: not probe.app.consumer.flow_active)
        probe.gate.set()
        await giving_up
        assert probe.app.consumer.voided_acks == 0
        assert committed(broker, app_id, topic)[0] == 50
