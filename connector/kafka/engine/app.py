"""A Faust app on the batch consumer, with what lanes need of it: ready, revoked, and the age of the lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import faust

from connector.kafka.engine.consumer import BatchConsumer, BatchSchema, BatchTransport
from connector.kafka.engine.held import Apply, HeldRecords, WaitsFor

Ready = Callable[[frozenset[int]], Awaitable[None]]
Revoked = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)

DEFAULTS = {
    "topic_allow_declare": False,  # topics are made beforehand, with our settings (`connector topics create`)
    "topic_disable_leader": True,
    "consumer_auto_offset_reset": "earliest",
    "stream_buffer_maxsize": 16,  # batches
    "stream_wait_empty": False,  # BatchConsumer.settle() waits, with a bound
}


class BatchApp(faust.App):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    """`revoke_grace_s`: what begun batches may still take when partitions are given up. `options`: Faust's settings."""

    consumer: BatchConsumer

    def __init__(
        self,
        id: str,
        *,
        batch_max_records: int = 1000,
        fetch_max_wait_ms: int = 500,
        revoke_grace_s: float = 5.0,
        **options: Any,
    ) -> None:
        self.batch_max_records = batch_max_records
        self.fetch_max_wait_ms = fetch_max_wait_ms
        self._revoke_grace_s = revoke_grace_s
        self._on_ready: list[Ready] = []
        self._on_revoked: list[Revoked] = []
        self._announcing: asyncio.Future[None] | None = None
        self._giving_up = asyncio.Lock()
        super().__init__(id, **(DEFAULTS | options))

    def on_ready(self, callback: Ready) -> None:
        """Called with the numbers of all partitions owned, after each rebalance, when the tables are recovered."""
        self._on_ready.append(callback)

    def on_revoked(self, callback: Revoked) -> None:
        """Awaited before a rebalance goes on, and before a clean stop: all partitions are given up, each time."""
        self._on_revoked.append(callback)

    def lease_age_s(self) -> float:
        """Seconds since the sending of the last heartbeat, join or sync that the group coordinator confirmed."""
        return self.consumer.lease.age_s()

    def holds_lease(self) -> bool:
        """False: the partitions may belong to another worker by now."""
        return self.lease_age_s() < float(self.conf.broker_session_timeout)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def on_rebalance_end(self) -> None:
        super().on_rebalance_end()
        if self.should_stop:
            return  # a recovery that ended after the partitions were given up
        owned = {tp.partition for tp in self.assignor.assigned_actives() if self.topics.acks_enabled_for(tp.topic)}
        self._announcing = self.add_future(self._announce(frozenset(owned)))

    async def _announce(self, partitions: frozenset[int]) -> None:
        for callback in self._on_ready:
            await callback(partitions)

    async def give_up_partitions(self) -> None:
        """Lanes stop, begun batches end, offsets are committed. A rebalance and a stop wait for each other here."""
        async with self._giving_up:
            if self._announcing is not None:
                self._announcing.cancel()
                await asyncio.wait([self._announcing])
                self._announcing = None
                for callback in self._on_revoked:
                    await callback()
            await self.consumer.settle(self._revoke_grace_s)

    async def _stop_consumer(self) -> None:
        if self._consumer is not None:
            await self.give_up_partitions()
        await super()._stop_consumer()


def batch_topic(app: BatchApp, name: str) -> Any:
    """A topic of which agents get batches. It must exist already."""
    return app.topic(name, schema=BatchSchema())


async def run_batches(app: BatchApp, stream: Any, apply: Apply, waits_for: WaitsFor = lambda *_: None) -> None:
    """An agent's whole body: apply(partition, records), then ack. A record that `waits_for` names something for is
    applied when that has ended, and with it what followed it under its key."""
    held = HeldRecords(app, apply, waits_for)
    async for event in stream.noack().events():
        batch = event.message
        if not batch.live or app.should_stop:
            app.consumer.forget(batch)
            continue  # fetched before a seek, or too late: it comes again
        await held.take(batch)
