"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import logging
import random
import socket
import time
import uuid
from collections.abc import Iterator, Sequence

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
from connector.agents.retention import Kept, Retention
from connector.agents.settlements import Settlements, SettlementsAgent
from connector.agents.shared import OpenTable, Row, Shared
from connector.clock import now_ms
from connector.domain.outcomes import Answer, Unavailable
from connector.intake.sqs import SqsIntake
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import open_registry
from connector.kafka.connection import librdkafka
from connector.kafka.engine.app import BatchApp, attach_agent, open_batch_app
from connector.kafka.engine.consumer import BatchSchema
from connector.kafka.follower import ApplyEntries, Follower
from connector.kafka.producer import ProduceFailed, Producer
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
from connector.lanes.in_flight import InFlight
from connector.lanes.lanes import Lanes
from connector.lanes.terms import LaneTerms
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, require
from connector.smartconnect.client import connect
from connector.smartconnect.http import connections_allowed
from connector.smartconnect.refresh_tokens import RefreshToken, refresh_token
from connector.tables.durable import Append, DurableTable, while_held
from connector.tables.limits import LIMIT_ROWS
from connector.tables.returns import RETURN_ROWS
from connector.tables.seen import SEEN
from connector.tables.shipments import SHIPMENTS
from connector.tables.table import TableSpec
from connector.telemetry import Telemetry
from connector.web.status import WorkerStatus
from connector.worker import Background, Worker

CALLS_GRACE_S = 3.0  # what calls in flight may still take when partitions are given up

log = logging.getLogger(__name__)


def build_worker(settings: Settings, merchants: MerchantsFile, *, fetch_max_wait_ms: int = 500) -> Worker:
    """`fetch_max_wait_ms`: how long the broker may hold an empty fetch (the embedded one always does)."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    kafka, telemetry, codec = settings.kafka, Telemetry(), AvroCodec(open_registry(settings.schema_registry))
    app = open_batch_app(settings, fetch_max_wait_ms)
    # Below the session timeout, so that a worker that slept writes nothing into partitions it has lost
    timeouts = {"delivery.timeout.ms": round(kafka.session_timeout_s * 1000 * 0.8)}
    producer = Producer({**librdkafka(kafka), **timeouts})
    shared = _share(settings, merchants, app, codec, producer, telemetry)
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
    settlements = (orders.settlements, polling.settlements, limits)
    _attach_agents(app, shared, inventory, orders, settlements, retention)
    followers = tuple(
        Follower(librdkafka(kafka), codec, topic=topic.name, partitions=kafka.partitions, apply=apply)
        for topic, apply in _followed(shared, pauses)
    )
    telemetry.watch_lanes(shared.lanes)
    telemetry.watch_alerts(shared.alerts)
    telemetry.watch_contested(inventory.contested.keys)
    telemetry.watch_not_enabled(polling.access.not_enabled)
    status = WorkerStatus(
        merchants,
        owned_merchants=owned,
        lanes=shared.lanes,
        pauses=pauses,
        shipments=orders.shipments,
        alerts=shared.alerts,
    )
    background = (
        shared.alerts.run,
        inventory.contested.run,
        inventory.recounts.run,
        orders.expiry.run,
        retention.run,
        *_intake(shared, telemetry),
    )
    return Worker(
        settings, app, codec, producer, shared.api, shared.lanes, owned, telemetry, status, followers, background
    )


def _followed(shared: Shared, pauses: Pauses) -> Iterator[tuple[Topic, ApplyEntries]]:
    yield CONTROL, pauses.apply
    yield LISTINGS, shared.listings.apply
    yield ALERTS, shared.alerts.apply


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
    attach_agent(app, INVENTORY, inventory.agent.apply)
    attach_agent(app, ORDER_COMMANDS, orders.commands.apply)
    attach_agent(app, NOTIFICATIONS, orders.notifications.apply)
    attach_agent(app, API_CALLS, settlements.apply)
    attach_agent(app, INTERNAL_COMMANDS, internal.apply)


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
    suspensions = Suspensions(alerts)
    return Shared(
        settings=settings,
        worker=worker,
        telemetry=telemetry,
        incoming=Incoming(codec, partitions=settings.kafka.partitions, telemetry=telemetry, now_ms=now_ms),
        outbox=outbox,
        api_calls=ApiCalls(outbox, telemetry, worker=worker, now_ms=now_ms, new_id=new_id),
        issuer=Issuer(outbox, worker=worker, now_ms=now_ms, new_id=new_id),
        alerts=alerts,
        suspensions=suspensions,
        lanes=_open_lanes(app, connections, suspensions),
        api=connect(settings.smartconnect, refresh, app.holds_lease, connections),
        merchants=known,
        listings=listings,
        open_table=_open_table(app, settings.kafka.partitions, while_held(producer.append, app.holds_lease)),
        on_death=app.die,
    )


def _open_lanes(app: BatchApp, connections: int, suspensions: Suspensions) -> Lanes:
    """Kafka is away where what came of a call can't be written: no other call may be made then."""
    terms = LaneTerms(
        time.monotonic,
        random.random,
        app.holds_lease,
        suspensions.access_changed,
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
