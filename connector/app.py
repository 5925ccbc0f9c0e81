"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from connector.agents.internal_commands import InternalCommandsAgent
from connector.agents.inventory.wiring import InventoryParts, wire_inventory
from connector.agents.merchants.controls import Controls
from connector.agents.merchants.lateness.alerts import LateAlerts
from connector.agents.merchants.offboarding import Offboarding
from connector.agents.merchants.owned import MerchantPart, OwnedMerchants
from connector.agents.merchants.reconciles.wiring import wire_nights
from connector.agents.merchants.waiting import Waiting, WaitingWatch
from connector.agents.merchants.wiring import wire_limits
from connector.agents.orders.wiring import OrderParts, wire_intake, wire_orders
from connector.agents.polling.wiring import PollingParts, wire_polling
from connector.agents.records.resets import OffsetResets
from connector.agents.records.wiring import wire_probe
from connector.agents.retention import DocumentRetention, Kept, Retention
from connector.agents.settlements import Settlements, SettlementsAgent
from connector.agents.shared import Shared
from connector.agents.trade import TradeCommands
from connector.clock import now_ms
from connector.event_loop import TICK_S, LoopWatch
from connector.kafka.address import AddressInGroup
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import open_registry
from connector.kafka.connection.clients import librdkafka
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.engine.open import attach_agent, open_batch_app
from connector.kafka.follower import ApplyEntries, Follower
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.producer import Producer
from connector.kafka.set_back import SetBack
from connector.kafka.topic_admin import wanted_topics
from connector.kafka.topics import (
    ALERTS,
    API_CALLS,
    CONTROL,
    DAY_MS,
    INTERNAL_COMMANDS,
    INVENTORY,
    LISTINGS,
    NOTIFICATIONS,
    ORDER_COMMANDS,
    Topic,
)
from connector.kafka.watch import TopicWatch
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, require
from connector.sharing import share
from connector.tables.returns import RETURN_ROWS
from connector.tables.seen import SEEN
from connector.tables.shipments import SHIPMENTS
from connector.telemetry import Telemetry
from connector.tracing.export import open_traces
from connector.web.server import Web
from connector.web.status import WorkerStatus
from connector.web.wiring import wire_web
from connector.worker import Background, Clients, Worker

CALLS_GRACE_S = 3.0  # what calls in flight may still take when partitions are given up

log = logging.getLogger(__name__)


def build_worker(
    settings: Settings, merchants: MerchantsFile, app_options: Mapping[str, Any] = MappingProxyType({})
) -> Worker:
    """`app_options`: what the embedded broker asks of a BatchApp."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    kafka, codec = settings.kafka, AvroCodec(open_registry(settings.schema_registry))
    telemetry = Telemetry(settings.web.metrics_merchants)
    traces, app = open_traces(settings), open_batch_app(settings, app_options)
    producer = _open_producer(settings, app)
    writers = PartitionWriters(librdkafka(kafka), settings.app_id, app.holds_lease, timeout_s=kafka.session_timeout_s)
    shared = share(
        settings, merchants, app, codec=codec, producer=producer, writers=writers, telemetry=telemetry, traces=traces
    )
    app.on_taking(writers.claim)
    inventory = wire_inventory(shared)
    orders = wire_orders(shared, inventory.ledger)
    polling = wire_polling(shared, orders)
    late, controls = LateAlerts(shared.alerts, shared.lanes, lambda: merchants.current), shared.controls
    nights = wire_nights(shared, orders.seen, merchants)
    opened = (shared.alerts, late, nights, inventory.edits, inventory.recounts, orders.edits, polling.calls)
    owned = _own(merchants, shared, [MerchantPart(part.open, part.close) for part in opened])
    app.on_ready(shared.alerts.arrive)
    app.on_ready(owned.arrive)
    app.on_revoked(owned.leave)
    retention = Retention(_kept(settings, orders, polling), shared.issuer, lambda: owned.owned)
    settled = (orders.settlements, polling.settlements, polling.refreshes, wire_limits(shared))
    _attach_agents(app, shared, inventory, orders, settled, retention, polling)
    waiting = _watch_waiting(merchants, owned, controls, inventory, orders, late)
    web, loop_watch = _web(app, merchants, shared, owned, waiting), LoopWatch(TICK_S)
    background = (
        loop_watch.run,
        *_address_in_group(settings, app, web),
        SetBack(now_ms, time.monotonic).run,
        waiting.run,
        *_told(app, shared, orders, merchants),
        inventory.contested.run,
        inventory.recounts.run,
        orders.expiry.run,
        nights.run,
        *_sweeps(shared, retention, orders, owned),
        *wire_intake(shared),
    )
    _watch(shared, inventory, polling, loop_watch, waiting)
    return Worker(
        app=app,
        clients=Clients(
            codec=codec,
            producer=producer,
            writers=writers,
            api=shared.api,
            followers=_followers(settings, codec, telemetry, _followed(shared)),
            topic_watch=_watch_topics(settings),
            traces=traces,
        ),
        web=web,
        lanes=shared.lanes,
        owned_merchants=owned,
        snapshots=shared.snapshots,
        background=background,
    )


def _open_producer(settings: Settings, app: BatchApp) -> Producer:
    # Below the session timeout, so that a worker that slept writes nothing into partitions it has lost
    timeouts = {"delivery.timeout.ms": round(settings.kafka.session_timeout_s * 1000 * 0.8)}
    return Producer({**librdkafka(settings.kafka), **timeouts}, app.holds_lease)


def _watch_topics(settings: Settings) -> TopicWatch:
    kafka = settings.kafka
    return TopicWatch(librdkafka(kafka), wanted_topics(settings.app_id, kafka.partitions, kafka.replication_factor))


def _own(merchants: MerchantsFile, shared: Shared, parts: Sequence[MerchantPart]) -> OwnedMerchants:
    owned = OwnedMerchants(
        merchants,
        paused=shared.controls.paused,
        lanes=shared.lanes,
        partitions=shared.settings.kafka.partitions,
        parts=parts,
        grace_s=CALLS_GRACE_S,
    )
    shared.controls.on_pause = owned.reopen
    shared.telemetry.watch_partitions(lambda: owned.owned, shared.settings.kafka.partitions)
    owned.on_removed = shared.suspensions.forget
    return owned


def _watch_waiting(
    merchants: MerchantsFile,
    owned: OwnedMerchants,
    controls: Controls,
    inventory: InventoryParts,
    orders: OrderParts,
    late: LateAlerts,
) -> WaitingWatch:
    def begin() -> Waiting:
        late.begin()
        return Waiting(merchants.current, controls.paused, now_ms())

    return WaitingWatch(
        inventory.ledger, orders.shipments, owned=lambda: owned.owned, begin=begin, on_counted=late.counted
    )


def _watch(
    shared: Shared, inventory: InventoryParts, polling: PollingParts, loop_watch: LoopWatch, waiting: WaitingWatch
) -> None:
    shared.telemetry.watch_lanes(shared.lanes)
    shared.telemetry.watch_alerts(shared.alerts)
    shared.telemetry.watch_contested(inventory.contested)
    shared.telemetry.watch_not_enabled(polling.access.not_enabled)
    shared.telemetry.watch_poll_intervals(polling.intervals.in_force)
    shared.telemetry.watch_loop(loop_watch.longest_s)
    shared.telemetry.watch_held_back(waiting.counts)
    shared.telemetry.watch_late(lambda: waiting.current.late.late_counts())
    shared.telemetry.watch_at_risk(lambda: waiting.current.late.at_risk_counts())


def _watch_logs(app: BatchApp, shared: Shared) -> OffsetResets:
    shared.telemetry.watch_lag(app.lag)
    resets = OffsetResets(shared.alerts, app.lag, now_ms)
    app.on_reset(resets.tell)
    return resets


def _told(app: BatchApp, shared: Shared, orders: OrderParts, merchants: MerchantsFile) -> tuple[Background, ...]:
    probe = wire_probe(shared, orders.store, merchants, app.prepared)
    return shared.alerts.run, shared.record_alerts.run, _watch_logs(app, shared).run, probe.run


def _followed(shared: Shared) -> Iterator[tuple[Topic, ApplyEntries]]:
    yield CONTROL, shared.controls.apply
    yield LISTINGS, shared.listings.apply
    yield ALERTS, shared.alerts.apply


def _followers(
    settings: Settings, codec: AvroCodec, telemetry: Telemetry, followed: Iterable[tuple[Topic, ApplyEntries]]
) -> tuple[Follower, ...]:
    return tuple(
        Follower(
            librdkafka(settings.kafka),
            codec,
            topic=topic,
            partitions=settings.kafka.partitions,
            apply=apply,
            on_unreadable=telemetry.count_unreadable,
        )
        for topic, apply in followed
    )


def _web(app: BatchApp, merchants: MerchantsFile, shared: Shared, owned: OwnedMerchants, watch: WaitingWatch) -> Web:
    status = WorkerStatus(
        merchants,
        owned_merchants=owned,
        lanes=shared.lanes,
        controls=shared.controls,
        watch=watch,
        alerts=shared.alerts,
    )
    return wire_web(shared.settings, app, shared.telemetry, status, now_ms)


def _address_in_group(settings: Settings, app: BatchApp, web: Web) -> tuple[Background, ...]:
    """Nothing where the port is another at each start: to join anew each time would cost the merchants more calls than
    it is worth to who looks for the worker."""
    if not (settings.web.port or settings.web.advertised_url):
        return ()
    return (AddressInGroup(app, settings.instance, web.api.fleet.members).run,)


def _sweeps(shared: Shared, retention: Retention, orders: OrderParts, owned: OwnedMerchants) -> tuple[Background, ...]:
    keep_ms = shared.settings.documents.keep_days * DAY_MS
    documents = DocumentRetention(orders.store, keep_ms, owned=lambda: owned.owned, now_ms=now_ms)
    return retention.run, documents.run, shared.snapshots.run


def _kept(settings: Settings, orders: OrderParts, polling: PollingParts) -> dict[str, Kept]:
    finished_ms, seen_ms = settings.tables.finished_days * DAY_MS, settings.tables.seen_days * DAY_MS
    return {
        SHIPMENTS.name: Kept(orders.shipments, finished_ms),
        RETURN_ROWS.name: Kept(polling.returns, finished_ms),
        SEEN.name: Kept(orders.seen, seen_ms),
    }


def _attach_agents(
    app: BatchApp,
    shared: Shared,
    inventory: InventoryParts,
    orders: OrderParts,
    others: Sequence[Settlements],
    retention: Retention,
    polling: PollingParts,
) -> None:
    settlements = SettlementsAgent(
        shared.incoming, shared.outbox, inventory=inventory.settlements, ledger=inventory.commands, others=others
    )
    internal = InternalCommandsAgent(
        shared.incoming,
        shared.outbox,
        inventory.commands,
        trade=TradeCommands(orders.edits, polling.rereads.ask, polling.calls.ask_now),
        retention=retention,
        offboarding=Offboarding(shared.tables, shared.merchants, shared.alerts),
    )

    async def park(record: KafkaRecord, fault: Exception) -> None:
        await shared.outbox.send([shared.incoming.unexpected(record, fault)])

    for topic, apply in (
        (INVENTORY, inventory.agent.apply),
        (ORDER_COMMANDS, orders.commands.apply),
        (NOTIFICATIONS, orders.notifications.apply),
        (API_CALLS, settlements.apply),
        (INTERNAL_COMMANDS, internal.apply),
    ):
        shared.incoming.expect(topic.name)
        traced = shared.traced(topic.name, apply)
        attach_agent(app, topic, traced, partial(shared.incoming.waits_for, topic.name), park)
