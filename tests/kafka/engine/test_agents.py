"""When an agent gets a batch, and what becomes of one that could not be written."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConnectorError, PartitionLost
from tests.kit.kafka.batch_apps import Probe, becomes, running_probe
from tests.kit.kafka.broker import Broker

pytestmark = pytest.mark.kafka


async def test_agents_begin_when_all_is_told_that_the_partitions_are_here(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    """Else an update could be decided on before its merchant's rows are known to be in doubt."""
    broker.produce(topic, [("k", "1")], 0)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, prepared=False) as probe:
        opening, opened = asyncio.Event(), asyncio.Event()

        async def open_slowly(_: frozenset[int]) -> None:
            opening.set()
            await opened.wait()

        probe.app.on_ready(open_slowly)
        await becomes("its batch is fetched", lambda: probe.app.consumer.in_flight == 1)
        assert not probe.owned, "what else must be known is not"
        probe.app.prepared.set()
        await opening.wait()
        assert probe.owned
        assert not probe.begun
        opened.set()
        await becomes("it is applied", lambda: probe.applied == [(0, 0)])


class LosesPartition:
    """In place of the table's write, for so many times."""

    def __init__(self, probe: Probe, disturb: pytest.MonkeyPatch, times: int) -> None:
        self._write, self.left = probe.table.write, times
        disturb.setattr(probe.table, "write", self._lose)

    async def _lose(self, *arguments: Any) -> None:
        if self.left:
            self.left -= 1
            raise PartitionLost("0: lost")
        await self._write(*arguments)


async def test_a_batch_whose_lease_lapsed_is_applied_again_when_the_group_counts_on_the_worker_still(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        lost = LosesPartition(probe, monkeypatch, times=1)
        broker.produce(topic, [("k", "1")], 0)
        await becomes("it is lost", lambda: lost.left == 0)
        await becomes("it is applied all the same", lambda: probe.applied == [(0, 0)])
        assert probe.begun == 2


async def test_what_is_lost_though_the_group_counts_on_the_worker_ends_it(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        LosesPartition(probe, monkeypatch, times=1_000_000)
        broker.produce(topic, [("k", "1")], 0)
        with pytest.raises(ConnectorError, match="does another app run as"):
            await asyncio.wait_for(probe.app.wait_for_end(), 30)
        assert not probe.applied


async def test_a_batch_that_waits_for_the_group_does_not_hold_up_a_revocation(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, revoke_grace_s=60) as probe:
        lost = LosesPartition(probe, monkeypatch, times=1_000_000)
        monkeypatch.setattr(probe.app.lease, "renew", lambda _: None)  # the group does not answer any more
        probe.app.lease.end()
        broker.produce(topic, [("k", "1")], 0)
        await becomes("it is lost", lambda: lost.left < 1_000_000)
        async with asyncio.timeout(10):
            await probe.app.give_up_partitions()


async def test_a_refusal_that_needs_no_traceback_ends_the_app(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:

        async def refuse(*_: Any) -> None:
            raise ConnectorError("Kafka refuses the topic")

        monkeypatch.setattr(probe.table, "write", refuse)
        broker.produce(topic, [("k", "1")], 0)
        with pytest.raises(ConnectorError, match="refuses"):
            await asyncio.wait_for(probe.app.wait_for_end(), 30)
        assert not probe.app.crashed
