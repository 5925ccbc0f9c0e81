"""A BatchApp by the settings, and agents on it."""

from collections.abc import Mapping
from typing import Any

from connector.kafka.engine.agent import Apply, run_batches
from connector.kafka.engine.app import BatchApp, batch_topic
from connector.kafka.engine.credentials import broker_credentials
from connector.kafka.engine.held import WaitsFor
from connector.kafka.engine.last_resort import Park
from connector.kafka.topics import INVENTORY, Topic
from connector.settings import Settings

HEARTBEAT_S = 1.0  # at most: in a rebalance, lanes wait until every worker has heard of it

ENGINE_REQUEST_TIMEOUT_S = 90.0

# What comes in large numbers, and where the later overtakes the earlier: a batch is one transaction, and one row a key
LARGE_BATCHES = (INVENTORY,)
LARGE_BATCH = 5_000  # records: half of what one fetch brings of a partition (1 MB)
# Batches fetched ahead, of all partitions: the more updates are looked at together, the more of them meet in one row.
# One of them takes 1.4 MB of memory where values have 100 bytes, so all of them 90 MB.
LARGE_WAITING = 64
TOGETHER = 60_000  # records, applied as one where they wait anyway: for less than a second, which a stop waits for


def open_batch_app(settings: Settings, options: Mapping[str, Any]) -> BatchApp:
    """`options`: what the broker asks of the app besides. Connects to nothing yet."""
    kafka = settings.kafka
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # Faust makes its directory without the parents
    return BatchApp(
        settings.app_id,
        instance=settings.instance,
        broker=[f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=broker_credentials(kafka),
        broker_session_timeout=kafka.session_timeout_s,
        broker_request_timeout=max(ENGINE_REQUEST_TIMEOUT_S, kafka.session_timeout_s),  # Faust: not below it
        broker_heartbeat_interval=min(HEARTBEAT_S, kafka.session_timeout_s / 10),
        topic_partitions=kafka.partitions,
        topic_replication_factor=kafka.replication_factor,
        datadir=settings.data_dir,
        web_enabled=False,
        **options,
    )


def attach_agent(app: BatchApp, topic: Topic, apply: Apply, waits_for: WaitsFor, park: Park) -> None:
    """Every batch of the topic goes to `apply`; see run_batches."""
    waiting = None
    if topic in LARGE_BATCHES:
        app.batch_sizes[topic.name], app.records_together[topic.name] = LARGE_BATCH, TOGETHER
        waiting = LARGE_WAITING

    async def batches(stream: object) -> None:
        await run_batches(app, stream, apply, waits_for, park)

    app.agent(batch_topic(app, topic.name, waiting), name=topic.name)(batches)
