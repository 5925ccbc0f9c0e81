"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import logging
import random
import socket
import time
import uuid
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.seeds import Seeds
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.inventory.updates import InventoryAgent
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.owned import MerchantPart, OwnedMerchants
from connector.agents.merchants.pauses import Pauses
from connector.agents.orders.allocations import Allocations
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.commands import OrderCommandsAgent
from connector.agents.orders.documents import ShipmentDocuments
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.orders.expiry import ShipmentExpiry
from connector.agents.orders.manifest_printing import ManifestPrinter
from connector.agents.orders.notifications import NotificationsAgent, NotificationSaver
from connector.agents.orders.settlements import ShipmentSettlements
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.calls import Polling
from connector.agents.polling.returns import ReturnSettlements
from connector.agents.polling.settlements import PollingSettlements
from connector.agents.settlements import SettlementsAgent
from connector.documents.store import open_store
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.row import ShipmentRow
from connector.domain.returns.facts import ReturnRow
from connector.domain.windows import Watermark
from connector.event_loop import LoopWatch
from connector.intake.sqs import SqsIntake
from connector.kafka import connection as kafka_clients
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import SchemaRegistry
from connector.kafka.engine.app import HEARTBEAT_S, Apply, BatchApp, batch_topic, run_batches
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.engine.credentials import broker_credentials
from connector.kafka.follower import Follower
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.producer import Producer
from connector.kafka.topic_admin import wanted_topics
from connector.kafka.topic_watch import TopicWatch
from connector.kafka.topics import API_CALLS, CONTROL, DAY_MS, INVENTORY, LISTINGS, NOTIFICATIONS, ORDER_COMMANDS, Topic
from connector.lanes.lane import LaneTerms
from connector.lanes.lanes import Lanes
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, require
from connector.smartconnect.client import open_smartconnect
from connector.smartconnect.http import Timeouts
from connector.smartconnect.refresh_tokens import refresh_token
from connector.smartconnect.steps import perform
from connector.tables import ledger as ledger_table
from connector.tables import returns as returns_table
from connector.tables import seen as seen_table
from connector.tables import shipments as shipments_table
from connector.tables import watermarks as watermarks_table
from connector.tables.durable import DurableTable
from connector.tables.seen import SeenRow
from connector.telemetry import LaneCollector, SizeCollector, Telemetry
from connector.web.status import WorkerStatus
from connector.worker import Worker

Row = TypeVar("Row")

CALLS_GRACE_S = 3.0  # what calls in flight may still take when partitions are given up

log = logging.getLogger(__name__)


def build_worker(
    settings: Settings, merchants: MerchantsFile, app_options: Mapping[str, Any] = MappingProxyType({})
) -> Worker:
    """`app_options`: what the embedded broker asks of a BatchApp."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    kafka, partitions = settings.kafka, settings.kafka.partitions
    telemetry = Telemetry()
    codec = AvroCodec(schema_registry(settings))
    # Below the session timeout, so that a worker that slept writes nothing into partitions it has lost
    timeouts = {"delivery.timeout.ms": round(kafka.session_timeout_s * 1000 * 0.8)}
    app = _batch_app(settings, app_options)
    producer = Producer({**kafka_clients.librdkafka(kafka), **timeouts}, app.holds_lease)
    writers = PartitionWriters(
        kafka_clients.librdkafka(kafka), settings.app_id, app.holds_lease, timeout_s=kafka.session_timeout_s
    )
    app.on_taking(writers.claim)

    def table(name: str, row_type: type[Row]) -> DurableTable[Row]:
        return DurableTable(app, name, row_type, partitions=partitions, schema=BatchSchema(), append=writers.append)

    def on_access_change(merchant_id: str, suspended: bool, because: str) -> None:
        if suspended:
            log.error("Amazon refuses the merchant: suspended", extra={"merchant": merchant_id, "because": because})
        else:
            log.info("the merchant is no longer suspended", extra={"merchant": merchant_id})

    terms = LaneTerms(time.monotonic, random.random, app.holds_lease, on_access_change)

    lanes = Lanes(terms, app.die)
    api = open_smartconnect(
        base_url=settings.smartconnect.base_url,
        token_url=settings.smartconnect.token_url,
        client_id=settings.smartconnect.client_id,
        client_secret=settings.smartconnect.client_secret.get_secret_value(),
        timeouts=Timeouts(read_s=settings.smartconnect.timeout_s, total_s=settings.smartconnect.timeout_s),
        refresh_tokens=lambda merchant_id: refresh_token(merchants.current.by_id[merchant_id]),
        gate=app.holds_lease,
    )
    ledger = table(ledger_table.LEDGER, LedgerRow)
    api_calls = ApiCalls(
        codec, producer, telemetry, worker=socket.gethostname(), now_ms=now_ms, new_id=lambda: uuid.uuid4().hex
    )
    incoming = Incoming(codec, partitions, telemetry, now_ms)
    inventory_calls = InventoryCalls(api, ledger, lanes, api_calls, now_ms)
    pauses, listings = Pauses(), Listings()
    inventory = InventoryAgent(
        incoming, codec, producer, ledger, inventory_calls, lambda: merchants.current, listings, now_ms
    )
    store = open_store(settings.documents.url)
    shipment_rows = table(shipments_table.SHIPMENTS, ShipmentRow)
    documents = ShipmentDocuments(store, api.fetch_label)
    shipment_calls = ShipmentCalls(partial(perform, api), documents, shipment_rows, lanes, api_calls, now_ms)
    watch = ShipmentExpiry(shipment_rows, shipment_calls, api_calls, settings.tables.finished_days * DAY_MS, now_ms)
    printer = ManifestPrinter(store, shipment_rows, api_calls, lambda: merchants.current, now_ms, app.die)
    shipments = ShipmentEdits(
        codec,
        producer,
        listings,
        shipment_rows,
        Allocations(ledger),
        shipment_calls,
        printer,
        watch,
        lambda: merchants.current,
        now_ms,
    )
    commands = OrderCommandsAgent(incoming, shipments, lambda: merchants.current, now_ms)
    return_rows = table(returns_table.RETURN_ROWS, ReturnRow)
    watermarks = table(watermarks_table.WATERMARKS, Watermark)
    seen = table(seen_table.SEEN, SeenRow)
    remember_ms = settings.tables.seen_days * DAY_MS
    notifications = NotificationsAgent(
        incoming, producer, seen, shipments, lambda: merchants.current, remember_ms, now_ms
    )
    api_access = ApiAccess(time.monotonic)
    polling = Polling(
        api, watermarks, lanes, api_calls, api_access, settings.polling, shipment_rows, return_rows, now_ms
    )
    returns = ReturnSettlements(
        incoming,
        codec,
        producer,
        listings,
        return_rows,
        shipment_rows,
        polling,
        lambda: merchants.current,
        settings.tables.finished_days * DAY_MS,
        now_ms,
    )
    settlements = SettlementsAgent(
        incoming,
        producer,
        InventorySettlements(codec, producer, ledger, inventory_calls, listings, now_ms),
        Seeds(ledger, inventory_calls),
        ShipmentSettlements(incoming, shipments, watch, now_ms),
        PollingSettlements(incoming, producer, shipments, returns, watermarks, polling, api_access),
    )
    owned_merchants = OwnedMerchants(
        merchants,
        pauses.paused,
        lanes,
        partitions,
        [
            MerchantPart(inventory_calls.open, inventory_calls.close),
            MerchantPart(shipments.open, shipments.close),
            MerchantPart(polling.open, polling.close),
        ],
        CALLS_GRACE_S,
    )
    pauses.on_change = owned_merchants.reopen
    followers = tuple(
        Follower(kafka_clients.librdkafka(kafka), codec, topic.name, partitions, apply)
        for topic, apply in ((CONTROL, pauses.apply), (LISTINGS, listings.apply))
    )
    app.on_ready(owned_merchants.arrive)
    app.on_revoked(owned_merchants.leave)
    _attach(app, INVENTORY, inventory.apply)
    _attach(app, ORDER_COMMANDS, commands.apply)
    _attach(app, NOTIFICATIONS, notifications.apply)
    _attach(app, API_CALLS, settlements.apply)
    telemetry.registry.register(LaneCollector(lanes))
    telemetry.registry.register(
        SizeCollector("connector_contested_skus", "SKUs that another integrator also posts", inventory_calls.contested)
    )
    telemetry.registry.register(
        SizeCollector("connector_not_enabled", "APIs that Amazon does not open to the merchant", api_access.not_enabled)
    )
    status = WorkerStatus(socket.gethostname(), merchants, owned_merchants, lanes, pauses, shipment_rows)
    loop_watch = LoopWatch()
    telemetry.watch(
        "connector_loop_blocked_seconds", "Longest stop of the event loop in the last minute", loop_watch.longest_s
    )
    wanted = wanted_topics(settings.app_id, partitions, kafka.replication_factor)
    topic_watch = TopicWatch(kafka_clients.librdkafka(kafka), wanted)
    background = [watch.run, loop_watch.run, topic_watch.run]
    if settings.notifications.queue_url:
        saver = NotificationSaver(codec, producer, partitions, now_ms)
        intake = SqsIntake(settings.notifications.queue_url, saver.save, random.random)
        telemetry.watch(
            "connector_queue_troubled", "1: the queue can't be emptied", lambda: float(bool(intake.troubles))
        )
        background.append(intake.run)
    return Worker(
        settings,
        app,
        codec,
        producer,
        writers,
        api,
        lanes,
        owned_merchants,
        telemetry,
        status,
        followers,
        topic_watch,
        tuple(background),
    )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _batch_app(settings: Settings, options: Mapping[str, Any]) -> BatchApp:
    kafka = settings.kafka
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # Faust makes its directory without the parents
    return BatchApp(
        settings.app_id,
        instance=settings.instance,
        broker=[f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=broker_credentials(
            kafka.security_protocol,
            kafka.sasl_mechanism,
            kafka.sasl_username,
            kafka.sasl_password.get_secret_value(),
            kafka_clients.ssl_context(kafka),
        ),
        broker_session_timeout=kafka.session_timeout_s,
        broker_heartbeat_interval=min(HEARTBEAT_S, kafka.session_timeout_s / 10),
        topic_partitions=kafka.partitions,
        topic_replication_factor=kafka.replication_factor,
        datadir=settings.data_dir,
        web_enabled=False,
        **options,
    )


def _attach(app: BatchApp, topic: Topic, apply: Apply) -> None:
    async def batches(stream: object) -> None:
        await run_batches(app, stream, apply)

    app.agent(batch_topic(app, topic.name), name=topic.name)(batches)


def schema_registry(settings: Settings) -> SchemaRegistry | None:
    registry = settings.schema_registry
    if not registry.url:
        return None
    return SchemaRegistry(
        registry.url,
        registry.username,
        registry.password.get_secret_value(),
        str(registry.ca_file or ""),
        registry.auto_register,
    )
