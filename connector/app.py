"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import logging
import random
import socket
import time
import uuid

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.internal_commands import InternalCommandsAgent
from connector.agents.inventory.wiring import InventoryParts, wire_inventory
from connector.agents.issuer import Issuer
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.owned import MerchantPart, OwnedMerchants
from connector.agents.merchants.pauses import Pauses
from connector.agents.orders.notifications import NotificationSaver
from connector.agents.orders.wiring import OrderParts, wire_orders
from connector.agents.outbox import Outbox
from connector.agents.polling.wiring import PollingParts, wire_polling
from connector.agents.retention import Kept, Retention
from connector.agents.settlements import SettlementsAgent
from connector.agents.shared import OpenTable, Row, Shared
from connector.clock import now_ms
from connector.intake.sqs import SqsIntake
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import open_registry
from connector.kafka.connection import librdkafka
from connector.kafka.engine.app import BatchApp, attach_agent, open_batch_app
from connector.kafka.engine.consumer import BatchSchema
from connector.kafka.follower import Follower
from connector.kafka.producer import Producer
from connector.kafka.topics import (
    API_CALLS,
    CONTROL,
    DAY_MS,
    INTERNAL_COMMANDS,
    INVENTORY,
    LISTINGS,
    NOTIFICATIONS,
    ORDER_COMMANDS,
)
from connector.lanes.lane import LaneTerms
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, require
from connector.smartconnect.client import connect
from connector.smartconnect.refresh_tokens import RefreshToken, refresh_token
from connector.tables.durable import Append, DurableTable, while_held
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
    polling = wire_polling(shared, orders.shipments, orders.edits)
    pauses = Pauses()
    opened = (inventory.calls, orders.edits, polling.calls)
    parts = [MerchantPart(_nothing, shared.alerts.close), *(MerchantPart(part.open, part.close) for part in opened)]
    owned = OwnedMerchants(
        merchants,
        paused=pauses.paused,
        lanes=shared.lanes,
        partitions=kafka.partitions,
        parts=parts,
        grace_s=CALLS_GRACE_S,
    )
    pauses.on_change = owned.reopen
    app.on_ready(owned.arrive)
    app.on_revoked(owned.leave)
    finished_ms, seen_ms = settings.tables.finished_days * DAY_MS, settings.tables.seen_days * DAY_MS
    kept = {
        SHIPMENTS.name: Kept(orders.shipments, finished_ms),
        RETURN_ROWS.name: Kept(polling.returns, finished_ms),
        SEEN.name: Kept(orders.seen, seen_ms),
    }
    retention = Retention(kept, shared.issuer, lambda: owned.owned)
    _attach_agents(app, shared, inventory, orders, polling, retention)
    followers = tuple(
        Follower(librdkafka(kafka), codec, topic=topic.name, partitions=kafka.partitions, apply=apply)
        for topic, apply in ((CONTROL, pauses.apply), (LISTINGS, shared.listings.apply))
    )
    telemetry.watch_lanes(shared.lanes)
    telemetry.watch_contested(inventory.calls.contested)
    telemetry.watch_not_enabled(polling.access.not_enabled)
    status = WorkerStatus(
        socket.gethostname(),
        merchants,
        owned_merchants=owned,
        lanes=shared.lanes,
        pauses=pauses,
        shipments=orders.shipments,
    )
    background = (shared.alerts.run, orders.expiry.run, retention.run, *_intake(shared, telemetry))
    return Worker(
        settings, app, codec, producer, shared.api, shared.lanes, owned, telemetry, status, followers, background
    )


def _attach_agents(
    app: BatchApp,
    shared: Shared,
    inventory: InventoryParts,
    orders: OrderParts,
    polling: PollingParts,
    retention: Retention,
) -> None:
    settlements = SettlementsAgent(
        shared.incoming,
        shared.outbox,
        inventory=inventory.settlements,
        seeds=inventory.seeds,
        shipments=orders.settlements,
        polling=polling.settlements,
    )
    internal = InternalCommandsAgent(
        shared.incoming, shared.outbox, inventory.seeds, shipments=orders.edits, retention=retention
    )
    attach_agent(app, INVENTORY, inventory.agent.apply)
    attach_agent(app, ORDER_COMMANDS, orders.commands.apply)
    attach_agent(app, NOTIFICATIONS, orders.notifications.apply)
    attach_agent(app, API_CALLS, settlements.apply)
    attach_agent(app, INTERNAL_COMMANDS, internal.apply)


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
        return await refresh_token(merchants.current.by_id[merchant_id])

    worker, listings = socket.gethostname(), Listings()
    outbox = Outbox(codec, producer, listings)
    return Shared(
        settings=settings,
        incoming=Incoming(codec, partitions=settings.kafka.partitions, telemetry=telemetry, now_ms=now_ms),
        outbox=outbox,
        api_calls=ApiCalls(outbox, telemetry, worker=worker, now_ms=now_ms, new_id=new_id),
        issuer=Issuer(outbox, worker=worker, now_ms=now_ms, new_id=new_id),
        alerts=Alerts(outbox, settings.kafka.partitions, now_ms),
        lanes=Lanes(LaneTerms(time.monotonic, random.random, app.holds_lease, _on_access_change), app.die),
        api=connect(settings.smartconnect, refresh, app.holds_lease),
        merchants=KnownMerchants(lambda: merchants.current),
        listings=listings,
        open_table=_open_table(app, settings.kafka.partitions, while_held(producer.append, app.holds_lease)),
        on_death=app.die,
    )


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


def _nothing(_: Merchant, __: int) -> None:
    """What stands of a merchant, its rows say."""


def _on_access_change(merchant_id: str, suspended: bool, because: str) -> None:
    if suspended:
        log.error("Amazon refuses the merchant: suspended", extra={"merchant": merchant_id, "because": because})
    else:
        log.info("the merchant is no longer suspended", extra={"merchant": merchant_id})
