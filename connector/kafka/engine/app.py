"""A Faust app on the batch consumer, with what lanes need of it: ready, revoked, and the age of the lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import faust
from aiokafka.structs import ConsumerRecord

from connector.kafka.connection import ssl_context
from connector.kafka.engine.consumer import BatchConsumer, BatchSchema, BatchTransport
from connector.kafka.engine.credentials import broker_credentials
from connector.kafka.topics import Topic
from connector.settings import Settings

Ready = Callable[[frozenset[int]], Awaitable[None]]
Revoked = Callable[[], Awaitable[None]]
Apply = Callable[[int, Sequence[ConsumerRecord[bytes | None, bytes | None]]], Awaitable[None]]

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

    def die(self, fault: BaseException) -> None:
        """A task beside the agents ended by an exception that nobody foresaw: the worker stops, to be started anew."""
        log.critical("a task ended by an exception; the worker stops", exc_info=fault)
        self.add_future(self.crash(fault))

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


def open_batch_app(settings: Settings, fetch_max_wait_ms: int) -> BatchApp:
    """`fetch_max_wait_ms`: how long the broker may hold an empty fetch. Connects to nothing yet."""
    kafka = settings.kafka
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # Faust makes its directory without the parents
    return BatchApp(
        settings.app_id,
        fetch_max_wait_ms=fetch_max_wait_ms,
        broker=[f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=broker_credentials(
            kafka.security_protocol,
            kafka.sasl_mechanism,
            kafka.sasl_username,
            kafka.sasl_password.get_secret_value(),
            ssl_context(kafka),
        ),
        broker_session_timeout=kafka.session_timeout_s,
        broker_heartbeat_interval=kafka.session_timeout_s / 10,
        topic_partitions=kafka.partitions,
        topic_replication_factor=kafka.replication_factor,
        datadir=settings.data_dir,
        web_enabled=False,
    )


def attach_agent(app: BatchApp, topic: Topic, apply: Apply) -> None:
    """Every batch of the topic goes to `apply`; see run_batches."""

    async def batches(stream: object) -> None:
        await run_batches(app, stream, apply)

    app.agent(batch_topic(app, topic.name), name=topic.name)(batches)


def batch_topic(app: BatchApp, name: str) -> Any:
    """A topic of which agents get batches. It must exist already."""
    return app.topic(name, schema=BatchSchema())


async def run_batches(app: BatchApp, stream: Any, apply: Apply) -> None:
    """An agent's whole body: apply(partition, records), then ack.

    What `apply` raises crashes the worker, so that the batch comes again; merely left un-acked, it would hold up the
    commit for ever while the worker looks well. Bad records must not raise.
    """
    async for event in stream.noack().events():
        batch = event.message
        if not batch.live or app.should_stop:
            app.consumer.forget(batch)
            continue  # fetched before a seek, or too late: it comes again
        try:
            await apply(batch.partition, event.value)
        except Exception as fault:
            if batch.live:
                await app.crash(fault)
                raise
            log.warning("A batch of a revoked partition failed; its new owner gets it", exc_info=fault)
        else:
            event.ack()
