"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import logging
import random
import socket
import time
import uuid
from functools import partial
from typing import TypeVar

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
from connector.intake.sqs import SqsIntake
from connector.kafka import connection as kafka_clients
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import SchemaRegistry
from connector.kafka.engine.app import BatchApp, batch_topic, run_batches
from connector.kafka.engine.consumer import BatchSchema
from connector.kafka.engine.credentials import broker_credentials
from connector.kafka.engine.held import Apply
from connector.kafka.follower import Follower
from connector.kafka.producer import Producer
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
from connector.tables.durable import DurableTable, while_held
from connector.tables.seen import SeenRow
from connector.telemetry import LaneCollector, SizeCollector, Telemetry
from connector.web.status import WorkerStatus
from connector.worker import Worker

Row = TypeVar("Row")

CALLS_GRACE_S = 3.0  # what calls in flight may still take when partitions are given up

log = logging.getLogger(__name__)


def build_worker(settings: Settings, merchants: MerchantsFile, *, fetch_max_wait_ms: int = 500) -> Worker:
    """`fetch_max_wait_ms`: how long the broker may hold an empty fetch (the embedded one always does)."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    kafka, partitions = settings.kafka, settings.kafka.partitions
    telemetry = Telemetry()
    codec = AvroCodec(schema_registry(settings))
    # Below the session timeout, so that a worker that slept writes nothing into partitions it has lost
    timeouts = {"delivery.timeout.ms": round(kafka.session_timeout_s * 1000 * 0.8)}
    producer = Producer({**kafka_clients.librdkafka(kafka), **timeouts})
    app = _batch_app(settings, fetch_max_wait_ms)

    append = while_held(producer.append, app.holds_lease)

    def table(name: str, row_type: type[Row]) -> DurableTable[Row]:
        return DurableTable(app, name, row_type, partitions=partitions, schema=BatchSchema(), append=append)

    def on_access_change(merchant_id: str, suspended: bool, because: str) -> None:
        if suspended:
            log.error("Amazon refuses the merchant: suspended", extra={"merchant": merchant_id, "because": because})
        else:
            log.info("the merchant is no longer suspended", extra={"merchant": merchant_id})

    terms = LaneTerms(time.monotonic, random.random, app.holds_lease, on_access_change)

    def on_death(fault: BaseException) -> None:
        _crash(app, fault)

    lanes = Lanes(terms, on_death)
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
        incoming,
        codec,
        producer,
        ledger,
        inventory_calls,
        lambda: merchants.current,
        listings,
        now_ms,
        settings.inventory.future_tolerance_s * 1000,
    )
    store = open_store(settings.documents.url)
    shipment_rows = table(shipments_table.SHIPMENTS, ShipmentRow)
    documents = ShipmentDocuments(store, api.fetch_label)
    shipment_calls = ShipmentCalls(partial(perform, api), documents, shipment_rows, lanes, api_calls, now_ms)
    watch = ShipmentExpiry(shipment_rows, shipment_calls, api_calls, settings.tables.finished_days * DAY_MS, now_ms)
    printer = ManifestPrinter(store, shipment_rows, api_calls, lambda: merchants.current, now_ms, on_death)
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

    def on_unreadable(topic: str) -> None:
        telemetry.unreadable_state.labels(topic).inc()

    followers = tuple(
        Follower(kafka_clients.librdkafka(kafka), codec, topic.name, partitions, apply, on_unreadable)
        for topic, apply in ((CONTROL, pauses.apply), (LISTINGS, listings.apply))
    )
    app.on_ready(owned_merchants.arrive)
    app.on_revoked(owned_merchants.leave)
    _attach(app, INVENTORY, inventory.apply, incoming)
    _attach(app, ORDER_COMMANDS, commands.apply, incoming)
    _attach(app, NOTIFICATIONS, notifications.apply, incoming)
    _attach(app, API_CALLS, settlements.apply, incoming)
    telemetry.registry.register(LaneCollector(lanes))
    telemetry.registry.register(
        SizeCollector("connector_contested_skus", "SKUs that another integrator also posts", inventory_calls.contested)
    )
    telemetry.registry.register(
        SizeCollector("connector_not_enabled", "APIs that Amazon does not open to the merchant", api_access.not_enabled)
    )
    status = WorkerStatus(socket.gethostname(), merchants, owned_merchants, lanes, pauses, shipment_rows)
    background = [watch.run]
    if settings.notifications.queue_url:
        saver = NotificationSaver(codec, producer, partitions, now_ms)
        intake = SqsIntake(settings.notifications.queue_url, saver.save, random.random)
        telemetry.watch(
            "connector_queue_troubled", "1: the queue can't be emptied", lambda: float(bool(intake.troubles))
        )
        background.append(intake.run)
    return Worker(
        settings, app, codec, producer, api, lanes, owned_merchants, telemetry, status, followers, tuple(background)
    )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _batch_app(settings: Settings, fetch_max_wait_ms: int) -> BatchApp:
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
            kafka_clients.ssl_context(kafka),
        ),
        broker_session_timeout=kafka.session_timeout_s,
        broker_heartbeat_interval=kafka.session_timeout_s / 10,
        topic_partitions=kafka.partitions,
        topic_replication_factor=kafka.replication_factor,
        datadir=settings.data_dir,
        web_enabled=False,
    )


def _attach(app: BatchApp, topic: Topic, apply: Apply, incoming: Incoming) -> None:
    async def batches(stream: object) -> None:
        await run_batches(app, stream, apply, partial(incoming.waits_for, topic.name))

    app.agent(batch_topic(app, topic.name), name=topic.name)(batches)


def _crash(app: BatchApp, fault: BaseException) -> None:
    log.critical("a task ended by an exception; the worker stops", exc_info=fault)
    app.add_future(app.crash(fault))


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
