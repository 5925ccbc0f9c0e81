"""The topics of the connector: what is in them, and how they are kept.

Their names are constants, for much is known by them. So the prefix that a Kafka of several installations wants is read
once, before anything else: CONNECTOR_KAFKA__TOPIC_PREFIX, which the settings check.
"""

from dataclasses import dataclass
from typing import Literal

from connector.settings.variables import read_variables, without_space_around

TOPIC_PREFIX = without_space_around(read_variables().values.get("CONNECTOR_KAFKA__TOPIC_PREFIX", ""))

DAY_MS = 24 * 60 * 60 * 1000
MAX_RECORD_BYTES = 900_000  # key, value and headers: below the 1 MB of brokers and clients with room for what is added


@dataclass(frozen=True, slots=True)
class Topic:
    """`schema` names a file of schemas/; `retention_ms` None: the broker's own setting. `buyers_data`: hence not kept
    longer than it is needed. `internal`: what the connector tells itself, always in single-object encoding, so that it
    is read whatever becomes of a registry. `key`: the field that a record's key is, or in words what it is made of."""

    name: str
    schema: str
    compacted: bool = False
    retention_ms: int | None = None
    buyers_data: bool = False
    internal: bool = False
    written_by: Literal["oms", "connector", "operator"] = "connector"
    key: str = "merchant_id"


INVENTORY = Topic(f"{TOPIC_PREFIX}oms.inventory", "inventory_update", written_by="oms")
ORDER_COMMANDS = Topic(f"{TOPIC_PREFIX}oms.order-commands", "order_command", written_by="oms")
ORDERS = Topic(f"{TOPIC_PREFIX}amazon.orders", "order_event")
CANCELLATIONS = Topic(f"{TOPIC_PREFIX}amazon.cancellations", "cancellation_event")
RETURNS = Topic(f"{TOPIC_PREFIX}amazon.returns", "return_event")
INVENTORY_RESULTS = Topic(f"{TOPIC_PREFIX}connector.inventory-results", "inventory_result")
COMMAND_RESULTS = Topic(f"{TOPIC_PREFIX}connector.command-results", "command_result")
NOTIFICATIONS = Topic(
    f"{TOPIC_PREFIX}connector.notifications", "notification", retention_ms=7 * DAY_MS, buyers_data=True
)
API_CALLS = Topic(
    f"{TOPIC_PREFIX}connector.api-calls", "api_call", retention_ms=7 * DAY_MS, buyers_data=True, internal=True
)
INTERNAL_COMMANDS = Topic(
    f"{TOPIC_PREFIX}connector.internal-commands", "internal_command", retention_ms=7 * DAY_MS, internal=True
)
DEAD_LETTERS = Topic(
    f"{TOPIC_PREFIX}connector.dead-letters",
    "dead_letter",
    retention_ms=30 * DAY_MS,
    buyers_data=True,
    internal=True,
    key="that of the record that could not be used",
)
DEAD_LETTER_MARKS = Topic(
    f"{TOPIC_PREFIX}connector.dead-letter-marks",
    "dead_letter_mark",
    compacted=True,
    internal=True,
    written_by="operator",
    key="partition/offset of the dead letter",
)
ALERTS = Topic(f"{TOPIC_PREFIX}connector.alerts", "alert", internal=True)
LISTINGS = Topic(
    f"{TOPIC_PREFIX}connector.listings",
    "listing",
    compacted=True,
    internal=True,
    written_by="operator",
    key="merchant_id|marketplace|client_sku_id",
)
AUDIT = Topic(
    f"{TOPIC_PREFIX}connector.audit", "audit", retention_ms=400 * DAY_MS, internal=True, written_by="operator"
)
CONTROL = Topic(
    f"{TOPIC_PREFIX}connector.control", "merchant_control", compacted=True, internal=True, written_by="operator"
)

TOPICS = (
    INVENTORY,
    ORDER_COMMANDS,
    ORDERS,
    CANCELLATIONS,
    RETURNS,
    INVENTORY_RESULTS,
    COMMAND_RESULTS,
    NOTIFICATIONS,
    API_CALLS,
    INTERNAL_COMMANDS,
    DEAD_LETTERS,
    DEAD_LETTER_MARKS,
    ALERTS,
    LISTINGS,
    CONTROL,
    AUDIT,
)
CONSUMED = (INVENTORY, ORDER_COMMANDS, NOTIFICATIONS, API_CALLS, INTERNAL_COMMANDS)
"""By the workers' group."""

TABLES = ("ledger", "shipments", "returns", "watermarks", "seen", "limits")


def changelog_topic(app_id: str, table: str) -> str:
    """Faust's naming."""
    return f"{app_id}-{table}-changelog"
