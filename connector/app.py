"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import logging
import random
import socket
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.internal_commands import InternalCommandsAgent
from connector.agents.inventory.wiring import InventoryParts, wire_inventory
from connector.agents.issuer import Issuer
from connector.agents.limits import LimitSettlements
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.agents.merchants.owned import MerchantPart, OwnedMerchants
from connector.agents.merchants.pauses import Pauses
from connector.agents.merchants.suspensions import Suspensions
from connector.agents.orders.notifications import NotificationSaver
from connector.agents.orders.wiring import OrderParts, wire_orders
from connector.agents.outbox import Outbox
from connector.agents.polling.wiring import PollingParts, wire_polling
from connector.agents.record_alerts import RecordAlerts
from connector.agents.retention import Kept, Retention
from connector.agents.settlements import Settlements, SettlementsAgent
from connector.agents.shared import OpenTable, Row, Shared
from connector.clock import now_ms
from connector.domain.outcomes import Answer, Unavailable
from connector.event_loop import LoopWatch
from connector.intake.sqs import SqsIntake
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import open_registry
from connector.kafka.connection import librdkafka
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.engine.open import attach_agent, open_batch_app
from connector.kafka.follower import ApplyEntries, Follower
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.producer import ProduceFailed, Producer
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
from connector.lanes.in_flight import InFlight
from connector.lanes.lanes import Lanes
from connector.lanes.terms import LaneTerms
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, require
from connector.smartconnect.client import connect
from connector.smartconnect.http import connections_allowed
from connector.smartconnect.refresh_tokens import RefreshToken, refresh_token
from connector.tables.durable import Append, DurableTable
from connector.tables.limits import LIMIT_ROWS
from connector.tables.returns import RETURN_ROWS
from connector.tables.seen import SEEN
from connector.tables.shipments import SHIPMENTS
from connector.tables.table import TableSpec
from connector.telemetry import Telemetry
from connector.web.server import Web
from connector.web.status import WorkerStatus
from connector.worker import Background, Clients, Worker

CALLS_GRACE_S = 3.0  # what calls in flight may still take when partitions are given up

log = logging.getLogger(__name__)


def build_worker(
    settings: Settings, merchants: MerchantsFile, app_options: Mapping[str, Any] = MappingProxyType({})
) -> Worker:
    """`app_options`: what the embedded broker asks of a BatchApp."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    kafka, telemetry, codec = settings.kafka, Telemetry(), AvroCodec(open_registry(settings.schema_registry))
    topics = wanted_topics(settings.app_id, kafka.partitions, kafka.replication_factor)
    app = open_batch_app(settings, app_options)
    # Below the session timeout, so that a worker that slept writes nothing into partitions it has lost
    timeouts = {"delivery.timeout.ms": round(kafka.session_timeout_s * 1000 * 0.8)}
    producer = Producer({**librdkafka(kafka), **timeouts}, app.holds_lease)
    writers = PartitionWriters(librdkafka(kafka), settings.app_id, app.holds_lease, timeout_s=kafka.session_timeout_s)
    app.on_taking(writers.claim)
    shared = _share(settings, merchants, app, codec, producer, writers, telemetry)
    inventory = wire_inventory(shared)
    orders = wire_orders(shared, inventory.ledger)
    polling = wire_polling(shared, orders)
    limits = _wire_limits(shared)
    pauses = Pauses()
    opened = (shared.alerts, inventory.edits, inventory.recounts, orders.edits, polling.calls)
    owned = OwnedMerchants(
        merchants,
        paused=pauses.paused,
        lanes=shared.lanes,
        partitions=kafka.partitions,
        parts=[MerchantPart(part.open, part.close) for part in opened],
        grace_s=CALLS_GRACE_S,
    )
    pauses.on_change = owned.reopen
    owned.on_removed = shared.suspensions.forget
    app.on_ready(owned.arrive)
    app.on_revoked(owned.leave)
    retention = Retention(_kept(settings, orders, polling), shared.issuer, lambda: owned.owned)
    _attach_agents(app, shared, inventory, orders, (orders.settlements, polling.settlements, limits), retention)
    status = WorkerStatus(
        merchants,
        owned_merchants=owned,
        lanes=shared.lanes,
        pauses=pauses,
        shipments=orders.shipments,
        alerts=shared.alerts,
    )
    loop_watch = LoopWatch()
    background = (
        loop_watch.run,
        shared.alerts.run,
        shared.record_alerts.run,
        inventory.contested.run,
        inventory.recounts.run,
        orders.expiry.run,
        retention.run,
        *_intake(shared, telemetry),
    )
    telemetry.watch_lanes(shared.lanes)
    telemetry.watch_alerts(shared.alerts)
    telemetry.watch_contested(inventory.contested.keys)
    telemetry.watch_not_enabled(polling.access.not_enabled)
    telemetry.watch_loop(loop_watch.longest_s)
    return Worker(
        app=app,
        clients=Clients(
            codec=codec,
            producer=producer,
            writers=writers,
            api=shared.api,
            followers=_followers(settings, codec, telemetry, _followed(shared, pauses)),
            topic_watch=TopicWatch(librdkafka(kafka), topics),
        ),
        web=_web(settings, app, telemetry, status),
        lanes=shared.lanes,
        owned_merchants=owned,
        background=background,
    )


def _followed(shared: Shared, pauses: Pauses) -> Iterator[tuple[Topic, ApplyEntries]]:
    yield CONTROL, pauses.apply
    yield LISTINGS, shared.listings.apply
    yield ALERTS, shared.alerts.apply


def _followers(
    settings: Settings, codec: AvroCodec, telemetry: Telemetry, followed: Iterable[tuple[Topic, ApplyEntries]]
) -> tuple[Follower, ...]:
    return tuple(
        Follower(
            librdkafka(settings.kafka),
            codec,
            topic=topic.name,
            partitions=settings.kafka.partitions,
            apply=apply,
            on_unreadable=telemetry.count_unreadable,
        )
        for topic, apply in followed
    )


def _web(settings: Settings, app: BatchApp, telemetry: Telemetry, status: WorkerStatus) -> Web:
    return Web(
        host=settings.web.host,
        port=settings.web.port,
        registry=telemetry.registry,
        is_healthy=app.holds_lease,
        status=status,
    )


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
) -> None:
    settlements = SettlementsAgent(
        shared.incoming, shared.outbox, inventory=inventory.settlements, ledger=inventory.commands, others=others
    )
    internal = InternalCommandsAgent(
        shared.incoming, shared.outbox, inventory.commands, shipments=orders.edits, retention=retention
    )
    for topic, apply in (
        (INVENTORY, inventory.agent.apply),
        (ORDER_COMMANDS, orders.commands.apply),
        (NOTIFICATIONS, orders.notifications.apply),
        (API_CALLS, settlements.apply),
        (INTERNAL_COMMANDS, internal.apply),
    ):
        attach_agent(app, topic, apply, partial(shared.incoming.waits_for, topic.name))


def _wire_limits(shared: Shared) -> LimitSettlements:
    limits = LimitSettlements(
        shared.open_table(LIMIT_ROWS),
        shared.lanes,
        shared.merchants,
        partitions=shared.settings.kafka.partitions,
        clock=time.monotonic,
        now_ms=now_ms,
    )
    shared.lanes.recall = limits.recall
    return limits


def _share(
    settings: Settings,
    merchants: MerchantsFile,
    app: BatchApp,
    codec: AvroCodec,
    producer: Producer,
    writers: PartitionWriters,
    telemetry: Telemetry,
) -> Shared:
    def new_id() -> str:
        return uuid.uuid4().hex

    async def refresh(merchant_id: str) -> RefreshToken:
        merchant = known.get(merchant_id)
        if merchant is None:  # its lanes are closed within seconds
            return Unavailable(Answer(message="the merchant has left the merchants file"), sent=False)
        return await refresh_token(merchant)

    worker, listings, connections = socket.gethostname(), Listings(), connections_allowed()
    known = KnownMerchants(lambda: merchants.current)
    outbox = Outbox(codec, producer, Naming(listings, known))
    alerts = Alerts(outbox, settings.kafka.partitions, now_ms)
    suspensions, records = Suspensions(alerts), RecordAlerts(alerts, known, now_ms)
    return Shared(
        settings=settings,
        worker=worker,
        telemetry=telemetry,
        incoming=Incoming(
            codec,
            partitions=settings.kafka.partitions,
            telemetry=telemetry,
            now_ms=now_ms,
            on_dead_letter=records.dead_letter,
        ),
        outbox=outbox,
        api_calls=ApiCalls(outbox, telemetry, worker=worker, now_ms=now_ms, new_id=new_id),
        issuer=Issuer(outbox, worker=worker, now_ms=now_ms, new_id=new_id),
        alerts=alerts,
        record_alerts=records,
        suspensions=suspensions,
        lanes=_open_lanes(app, connections, suspensions),
        api=connect(settings.smartconnect, refresh, app.holds_lease, connections),
        merchants=known,
        listings=listings,
        open_table=_open_table(app, settings.kafka.partitions, writers.append),
        on_death=app.die,
    )


def _open_lanes(app: BatchApp, connections: int, suspensions: Suspensions) -> Lanes:
    """Kafka is away where what came of a call can't be written: no other call may be made then."""
    terms = LaneTerms(
        time.monotonic,
        random.random,
        app.holds_lease,
        suspensions.access_changed,
        suspensions.reach_changed,
        in_flight=InFlight(connections),
        fatal=(ProduceFailed,),
    )
    lanes = Lanes(terms, app.die)
    lanes.suspended_because = suspensions.because
    return lanes


def _open_table(app: BatchApp, partitions: int, append: Append) -> OpenTable:
    def open_table(spec: TableSpec[Row], /) -> DurableTable[Row]:
        return DurableTable(app, spec, append, partitions=partitions, schema=BatchSchema())

    return open_table


def _intake(shared: Shared, telemetry: Telemetry) -> tuple[Background, ...]:
    """Nothing where no queue is configured: then orders are found by polling alone."""
    settings = shared.settings
    if not settings.notifications.queue_url:
        return ()
    saver = NotificationSaver(shared.outbox, settings.kafka.partitions, now_ms)
    intake = SqsIntake(settings.notifications.queue_url, saver.save, random.random)
    telemetry.watch_queue(lambda: bool(intake.troubles))
    return (intake.run,)
