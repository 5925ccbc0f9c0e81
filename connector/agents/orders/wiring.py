"""The agents of orders, put together."""

import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from connector.agents.orders.allocations import Allocations
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.commands import OrderCommandsAgent
from connector.agents.orders.documents import ShipmentDocuments
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.orders.expiry import ShipmentExpiry
from connector.agents.orders.manifests.printing import ManifestPrinter
from connector.agents.orders.notifications import NotificationsAgent, NotificationSaver
from connector.agents.orders.replacements import Replacements
from connector.agents.orders.rules import OrderRules
from connector.agents.orders.settlements import ShipmentSettlements
from connector.agents.polling.intervals import PollIntervals
from connector.agents.returns.refreshes import ReturnRefreshes
from connector.agents.shared import Shared
from connector.documents.store import DocumentStore, open_store
from connector.intake.sqs import SqsIntake
from connector.kafka.topics import DAY_MS
from connector.smartconnect.steps import perform
from connector.tables.ledger import Ledger
from connector.tables.seen import SEEN, Seen
from connector.tables.shipments import SHIPMENTS, ShipmentTable


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParts:
    store: DocumentStore
    shipments: ShipmentTable
    seen: Seen
    edits: ShipmentEdits
    replacements: Replacements
    refreshes: ReturnRefreshes
    intervals: PollIntervals
    expiry: ShipmentExpiry
    commands: OrderCommandsAgent
    notifications: NotificationsAgent
    settlements: ShipmentSettlements


def wire_orders(shared: Shared, ledger: Ledger) -> OrderParts:
    """`ledger`: by its counts new orders are allocated to the OMS's locations."""
    store = open_store(shared.settings.documents.url)
    shipments = shared.open_table(SHIPMENTS)
    seen = shared.open_table(SEEN)
    calls = ShipmentCalls(
        partial(perform, shared.api),
        ShipmentDocuments(store, shared.api.fetch_label, shared.alerts).keep,
        shared.api_calls,
        table=shipments,
        lanes=shared.lanes,
        amazon_ms=shared.api.now_ms,
    )
    rules = OrderRules(shared.merchants, Allocations(ledger), shared.settings.tables.finished_days * DAY_MS)
    expiry = ShipmentExpiry(shipments, calls, shared.issuer, rules=rules)
    printer = ManifestPrinter(
        store, shipments, shared.issuer, merchants=shared.merchants, alerts=shared.alerts, on_death=shared.on_death
    )
    replacements = Replacements(shipments)
    refreshes = ReturnRefreshes(shipments, shared.lanes, shared.issuer.now_ms)
    intervals = PollIntervals(time.monotonic, shared.settings.polling.slowest_interval_s)
    edits = ShipmentEdits(
        shipments,
        shared.outbox,
        calls,
        rules=rules,
        alerts=shared.alerts,
        followers=(printer, expiry, replacements, refreshes),
    )
    return OrderParts(
        store=store,
        shipments=shipments,
        seen=seen,
        edits=edits,
        replacements=replacements,
        refreshes=refreshes,
        intervals=intervals,
        expiry=expiry,
        commands=OrderCommandsAgent(shared.incoming, edits, shared.merchants),
        notifications=NotificationsAgent(
            shared.incoming, shared.outbox, seen, shipments=edits, intervals=intervals, merchants=shared.merchants
        ),
        settlements=ShipmentSettlements(shared.incoming, edits, intervals),
    )


def wire_intake(shared: Shared) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
    """What takes notifications from their queue, for ever. Nothing where no queue is configured: then orders are found
    by polling alone."""
    settings = shared.settings
    if not settings.notifications.queue_url:
        return ()
    saver = NotificationSaver(shared.outbox, settings.kafka.partitions, shared.issuer.now_ms)
    intake = SqsIntake(settings.notifications.queue_url, saver.save, random.random)
    shared.telemetry.watch_queue(lambda: bool(intake.troubles))
    return (intake.run,)
