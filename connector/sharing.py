"""What every subject's agents are wired from, made once: the ways to Kafka and to Amazon, and what is told of both."""

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.issuer import Issuer
from connector.agents.merchants.controls import Controls
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.agents.merchants.suspensions import Suspensions
from connector.agents.outbox import Outbox
from connector.agents.records.alerts import RecordAlerts
from connector.agents.shared import OpenTable, Row, Shared
from connector.clock import now_ms
from connector.domain.outcomes import Answer, Unavailable
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.cloudevents import HeadersOf, cloudevents_headers, no_headers
from connector.kafka.connection.faults import kafka_faults_told
from connector.kafka.connection.reach import reach_kafka
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.producer import ProduceFailed, Producer
from connector.kafka.topic_admin import deletions_kept_ms, topic_ids
from connector.kafka.topics import TABLES, changelog_topic
from connector.lanes.in_flight import InFlight
from connector.lanes.lanes import Lanes
from connector.lanes.terms import LaneTerms
from connector.merchants_file import MerchantsFile
from connector.settings import Settings
from connector.smartconnect.client import connect
from connector.smartconnect.http import connections_allowed
from connector.smartconnect.refresh_tokens import RefreshToken, refresh_token
from connector.tables.durable import Append, DurableTable
from connector.tables.snapshots.logs import KnownLog, KnownLogs
from connector.tables.snapshots.schedule import SnapshotSchedule
from connector.tables.snapshots.store import SnapshotStore
from connector.tables.table import TableSpec
from connector.telemetry import Telemetry, installed_version

if TYPE_CHECKING:  # OpenTelemetry is loaded where there are traces to take
    from connector.tracing.traces import Traces


def share(
    settings: Settings,
    merchants: MerchantsFile,
    app: BatchApp,
    *,
    codec: AvroCodec,
    producer: Producer,
    writers: PartitionWriters,
    telemetry: Telemetry,
    traces: "Traces | None",
) -> Shared:
    """Connects to nothing. `traces` None: nobody takes them."""

    async def refresh(merchant_id: str) -> RefreshToken:
        merchant = known.get(merchant_id)
        if merchant is None:  # its lanes are closed within seconds
            return Unavailable(Answer(message="the merchant has left the merchants file"), sent=False)
        return await refresh_token(merchant)

    worker, listings, connections = settings.instance, Listings(), connections_allowed()
    known = KnownMerchants(lambda: merchants.current)
    outbox = Outbox(codec, producer, Naming(listings, known), headers_of=_headers_of(settings, traces))
    alerts = Alerts(outbox, settings.kafka.partitions, now_ms)
    tables = list[DurableTable[Any]]()
    snapshots = _open_snapshots(settings)
    suspensions, records = Suspensions(alerts), RecordAlerts(alerts, known, now_ms)
    on_made = traces.called if traces else None
    api_calls = ApiCalls(outbox, telemetry, worker=worker, now_ms=now_ms, new_id=_new_id, on_made=on_made)
    lanes = _open_lanes(app, connections, suspensions, telemetry)
    lanes.on_close = api_calls.hurry
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
            on_received=traces.received if traces else None,
        ),
        outbox=outbox,
        api_calls=api_calls,
        issuer=Issuer(outbox, worker=worker, now_ms=now_ms, new_id=_new_id),
        alerts=alerts,
        record_alerts=records,
        suspensions=suspensions,
        lanes=lanes,
        api=connect(settings.smartconnect, refresh, app.holds_lease, connections),
        merchants=known,
        listings=listings,
        controls=Controls(),
        open_table=_open_table(app, settings.kafka.partitions, writers.append, tables, snapshots),
        tables=tables,
        snapshots=_schedule(settings, app, snapshots, tables),
        on_death=app.die,
        traced=traces.around if traces else lambda _topic, apply: apply,
    )


def _new_id() -> str:
    """Of a generator that the system seeded once: to ask the system for each gives up the interpreter's lock, which a
    thread that computes may then hold for 5 ms."""
    return f"{random.getrandbits(128):032x}"


def _headers_of(settings: Settings, traces: "Traces | None") -> HeadersOf:
    of_event = cloudevents_headers(settings.app_id) if settings.kafka.cloudevents else no_headers
    if traces is None:
        return of_event
    return lambda topic, record: of_event(topic, record) + traces.told(topic, record)


def _open_lanes(app: BatchApp, connections: int, suspensions: Suspensions, telemetry: Telemetry) -> Lanes:
    """Kafka is away where what came of a call can't be written: no other call may be made then."""
    terms = LaneTerms(
        time.monotonic,
        random.random,
        app.holds_lease,
        suspensions.access_changed,
        suspensions.reach_changed,
        on_taken=telemetry.take_keys,
        in_flight=InFlight(connections),
        fatal=(ProduceFailed,),
    )
    lanes = Lanes(terms, app.die)
    app.on_taking(lanes.expect)
    lanes.suspended_because = suspensions.because
    return lanes


def _open_snapshots(settings: Settings) -> SnapshotStore | None:
    if not settings.tables.snapshot_interval_s:
        return None

    def ask() -> dict[str, KnownLog]:
        topics = [changelog_topic(settings.app_id, table) for table in TABLES]
        with kafka_faults_told(settings.kafka.bootstrap_servers):
            admin = reach_kafka(settings.kafka)
            ids, kept_ms = topic_ids(admin, topics), deletions_kept_ms(admin, topics)
        return {topic: KnownLog(ids[topic], kept_ms[topic]) for topic in ids.keys() & kept_ms.keys()}

    return SnapshotStore(settings.data_dir / "snapshots", KnownLogs(ask), now_ms, release=installed_version())


def _schedule(
    settings: Settings, app: BatchApp, store: SnapshotStore | None, tables: Sequence[DurableTable[Any]]
) -> SnapshotSchedule:
    def is_owner() -> bool:
        return app.ready.is_set() and app.holds_lease()

    schedule = SnapshotSchedule(store, tables, interval_s=settings.tables.snapshot_interval_s, is_owner=is_owner)
    app.on_ready(schedule.arrive)
    return schedule


def _open_table(
    app: BatchApp, partitions: int, append: Append, opened: list[DurableTable[Any]], snapshots: SnapshotStore | None
) -> OpenTable:
    def open_table(spec: TableSpec[Row], /) -> DurableTable[Row]:
        table = DurableTable(app, spec, append, partitions=partitions, schema=BatchSchema(), snapshots=snapshots)
        opened.append(table)
        return table

    return open_table
