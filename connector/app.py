"""All wiring, on one screen. `build_worker` connects to nothing; `Worker.run` does, and undoes it."""

import asyncio
import logging
import random
import socket
import time
import uuid
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connector import kafka_clients
from connector.agents.inventory import InventoryAgent
from connector.agents.inventory_calls import InventoryCalls
from connector.agents.inventory_settlements import InventorySettlements
from connector.agents.journal import Journal
from connector.agents.residents import Part, Residents
from connector.agents.settlements import SettlementsAgent
from connector.agents.shield import Shield
from connector.domain.ledger import LedgerRow
from connector.errors import ConnectorError
from connector.kafka import topic_admin
from connector.kafka.app import Apply, BatchApp, batch_topic, run_batches
from connector.kafka.avro import AvroCodec
from connector.kafka.consumer import BatchSchema
from connector.kafka.credentials import broker_credentials
from connector.kafka.producer import Producer
from connector.kafka.registry import SchemaRegistry
from connector.kafka.topics import API_CALLS, INVENTORY, Topic
from connector.lanes.board import Board
from connector.lanes.lane import Terms
from connector.merchants_file import MerchantsFile
from connector.refresh_tokens import refresh_token
from connector.settings import Settings, require
from connector.smartconnect.client import SmartConnect, open_smartconnect
from connector.smartconnect.http import Timeouts
from connector.tables import ledger as ledger_table
from connector.tables.durable import DurableTable
from connector.telemetry import LaneCollector, SizeCollector, Telemetry
from connector.web.server import serve_web

CALLS_GRACE_S = 3.0  # what calls in flight may still take when partitions are given up

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    settings: Settings
    app: BatchApp
    codec: AvroCodec
    producer: Producer
    api: SmartConnect
    board: Board
    residents: Residents
    telemetry: Telemetry

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until something that nobody foresaw: that is raised, for the supervisor to start anew."""
        web = self.settings.web
        try:
            await self.codec.start()
            async with serve_web(web.host, web.port, self.telemetry.registry, self.app.holds_lease) as port:
                log.info("worker started", extra={"web_port": port})
                await self._serve(stop)
        finally:
            await asyncio.to_thread(self.producer.close, 10.0)
            await self.api.aclose()

    async def _serve(self, stop: asyncio.Event) -> None:
        endings = {
            asyncio.create_task(stop.wait()),
            asyncio.create_task(self.app.wait_until_stopped()),
            asyncio.create_task(self.residents.follow_file()),
        }
        try:
            await self.app.start()
            done, _ = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for ending in endings:
                ending.cancel()
            await self.app.stop()
        if self.app.crash_reason is not None:
            raise self.app.crash_reason


def build_worker(settings: Settings, merchants: MerchantsFile, *, fetch_max_wait_ms: int = 500) -> Worker:
    """`fetch_max_wait_ms`: how long the broker may hold an empty fetch (the embedded one always does)."""
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    kafka, partitions = settings.kafka, settings.kafka.partitions
    telemetry = Telemetry()
    codec = AvroCodec(_registry(settings))
    # Below the session timeout, so that a worker that slept writes nothing into partitions it has lost
    timeouts = {"delivery.timeout.ms": round(kafka.session_timeout_s * 1000 * 0.8)}
    producer = Producer({**kafka_clients.librdkafka(kafka), **timeouts})
    app = _batch_app(settings, fetch_max_wait_ms)

    def on_access_change(merchant_id: str, suspended: bool, because: str) -> None:
        if suspended:
            log.error("Amazon refuses the merchant: suspended", extra={"merchant": merchant_id, "because": because})
        else:
            log.info("the merchant is no longer suspended", extra={"merchant": merchant_id})

    terms = Terms(time.monotonic, random.random, app.holds_lease, on_access_change)
    board = Board(terms, lambda fault: _crash(app, fault))
    api = open_smartconnect(
        base_url=settings.smartconnect.base_url,
        token_url=settings.smartconnect.token_url,
        client_id=settings.smartconnect.client_id,
        client_secret=settings.smartconnect.client_secret.get_secret_value(),
        timeouts=Timeouts(read_s=settings.smartconnect.timeout_s, total_s=settings.smartconnect.timeout_s),
        refresh_tokens=lambda merchant_id: refresh_token(merchants.current.by_id[merchant_id]),
        gate=app.holds_lease,
    )
    ledger = DurableTable(
        app, ledger_table.NAME, LedgerRow, partitions=partitions, schema=BatchSchema(), append=producer.append
    )
    journal = Journal(
        codec, producer, telemetry, worker=socket.gethostname(), now_ms=now_ms, new_id=lambda: uuid.uuid4().hex
    )
    shield = Shield(codec, partitions, telemetry, now_ms)
    inventory_calls = InventoryCalls(api, ledger, board, journal, now_ms)
    inventory = InventoryAgent(shield, codec, producer, ledger, inventory_calls, lambda: merchants.current, now_ms)
    settlements = SettlementsAgent(
        shield, producer, InventorySettlements(codec, producer, ledger, inventory_calls, now_ms)
    )
    residents = Residents(
        merchants, board, partitions, [Part(inventory_calls.open, inventory_calls.close)], CALLS_GRACE_S
    )
    app.on_ready(residents.arrive)
    app.on_revoked(residents.leave)
    _attach(app, INVENTORY, inventory.apply)
    _attach(app, API_CALLS, settlements.apply)
    telemetry.registry.register(LaneCollector(board))
    telemetry.registry.register(
        SizeCollector("connector_contested_skus", "SKUs that another integrator also posts", inventory_calls.contested)
    )
    return Worker(settings, app, codec, producer, api, board, residents, telemetry)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def check_topics(settings: Settings) -> None:
    """Raises ConnectorError: an app on wrong topics would lose state or split a merchant's rate over workers."""
    kafka = settings.kafka
    try:
        admin = AdminClient({**kafka_clients.librdkafka(kafka), "log_level": 0})
        wanted = topic_admin.wanted_topics(settings.app_id, kafka.partitions, kafka.replication_factor)
        faults = topic_admin.check(admin, wanted)
    except KafkaException as error:
        reason = error.args[0].str()
        raise ConnectorError(f"Kafka at {kafka.bootstrap_servers}: {reason}; see CONNECTOR_KAFKA__*") from None
    if faults:
        raise ConnectorError("\n  - ".join(["the topics can't be used:", *faults]))


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


def _attach(app: BatchApp, topic: Topic, apply: Apply) -> None:
    async def batches(stream: object) -> None:
        await run_batches(app, stream, apply)

    app.agent(batch_topic(app, topic.name), name=topic.name)(batches)


def _crash(app: BatchApp, fault: BaseException) -> None:
    log.critical("a lane ended by an exception; the worker stops", exc_info=fault)
    app.add_future(app.crash(fault))


def _registry(settings: Settings) -> SchemaRegistry | None:
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
