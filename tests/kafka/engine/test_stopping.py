"""A stop and a rebalance at the same time, and what a stop does not wait for."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tests.kit.kafka.batch_apps import Probe, becomes, running_probe
from tests.kit.kafka.broker import Broker

pytestmark = pytest.mark.kafka


class Holding:
    """Holds up the giving up of a probe's partitions, as a lane's call in flight does, and sees revocations."""

    def __init__(self, probe: Probe) -> None:
        self.begun = asyncio.Event()
        self.release = asyncio.Event()
        self.revoking = asyncio.Event()
        self.revoked = False
        probe.app.on_revoked(self._hold)
        revoke = probe.app.consumer.on_partitions_revoked

        async def watch_revocation(revoked: Any) -> None:
            self.revoking.set()
            await revoke(revoked)
            self.revoked = True

        probe.app.consumer.on_partitions_revoked = watch_revocation  # type: ignore[method-assign]  # to look on

    async def _hold(self) -> None:
        self.begun.set()
        await self.release.wait()


def members(broker: Broker, app_id: str) -> int:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    return len(admin.describe_consumer_groups([app_id])[app_id].result(10).members)


@pytest.mark.parametrize("first", ["stop", "rebalance"])
async def test_a_stop_and_a_rebalance_wait_for_each_other(
    first: str, broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    """Neither goes on while partitions are still being given up, and the worker that stops leaves the group."""
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as old:
        await becomes("it owns all", lambda: len(old.owned) == 4)
        holding = Holding(old)
        stopping = asyncio.create_task(old.app.stop()) if first == "stop" else None
        if stopping:
            await holding.begun.wait()
        async with AsyncExitStack() as stack, asyncio.timeout(40):
            heir = running_probe(broker.bootstrap_servers, app_id, topic, tmp_path)
            joining = asyncio.create_task(stack.enter_async_context(heir))  # it has started when it owns partitions
            await holding.revoking.wait()
            await holding.begun.wait()
            stopping = stopping or asyncio.create_task(old.app.stop())
            await asyncio.wait({stopping}, timeout=1)
            early = {"stopped": stopping.done(), "revoked": holding.revoked}
            holding.release.set()
            await stopping
            left = await asyncio.to_thread(members, broker, app_id)
            probe = await joining
            assert early == {"stopped": False, "revoked": False}
            assert left == 1
            await becomes("the heir owns all", lambda: len(probe.owned) == 4)
            assert probe.app.consumer_generation_id == 2, "the old one joined again, only to leave"


async def test_a_stop_does_not_wait_for_batches_that_come_during_it(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, revoke_grace_s=60) as probe:
        await becomes("it owns all", lambda: len(probe.owned) == 4)
        holding = Holding(probe)
        stopping = asyncio.create_task(probe.app.stop())
        await holding.begun.wait()
        broker.produce(topic, [("k", "1")], 0)
        await becomes("it is fetched", lambda: probe.app.consumer.in_flight == 1)
        holding.release.set()
        async with asyncio.timeout(30):
            await stopping
        assert not probe.applied
