"""Nightly reconciles: once a night by whoever has the merchant, late rather than never, and told."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from connector.agents.alerts import Alerts
from connector.agents.issuer import Issuer
from connector.agents.merchants.reconciles.nights import AGAIN_AFTER_MS, NightlyReconciles
from connector.agents.merchants.reconciles.told import NightsTold
from connector.agents.retention import Kept, Retention
from connector.child_commands.bounded import Ended
from connector.kafka.topics import INTERNAL_COMMANDS
from connector.merchants import Merchant, Merchants
from connector.tables.seen import SEEN, SeenRow
from connector.telemetry.merchants import MerchantSeries
from tests.kit.inventory.agents import merchant
from tests.kit.memory import MemoryTable, MemoryTopics

NIGHT_MS = round(datetime(2026, 11, 27, 2, 30, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000


def counts(unanswered: int = 0, **kinds: int) -> Ended:
    """What the command ends with."""
    told = {"merchant": "M1", "checked": 9, "standing": sum(kinds.values()), "kinds": kinds, "unanswered": unanswered}
    return Ended(1 if kinds or unanswered else 0, json.dumps(told).encode(), b"")


class Worker:
    """`seen` and `topics` outlive it. `ends`: what each command ends with, by its subject; clean where none is said."""

    def __init__(self, seen: MemoryTable[SeenRow] | None = None, topics: MemoryTopics | None = None) -> None:
        self.now_ms = NIGHT_MS
        self.seen, self.topics = seen or MemoryTable(), topics or MemoryTopics()
        self.ran: list[str] = []
        self.ends: dict[str, Ended] = {}
        self.is_refused = False
        self.never_ends, self.began = False, asyncio.Event()
        self.merchants = Merchants({})
        outbox = self.topics.outbox()
        self.alerts = Alerts(outbox, 1, lambda: self.now_ms)
        self.issuer = Issuer(outbox, worker="w", now_ms=lambda: self.now_ms, new_id=lambda: "id")
        self.series = MerchantSeries(10)
        self.registry = CollectorRegistry()
        self.registry.register(self.series)
        self.nights = NightlyReconciles(
            self.seen,
            self.alerts,
            self.issuer,
            told=NightsTold(self.series),
            merchants=lambda: self.merchants,
            run=self._run,
        )
        self.arrive(merchant("M1", reconcile_at="02:30"))

    async def _run(self, arguments: Sequence[str], within_s: float) -> Ended:
        assert arguments[:1] == ("reconcile",)
        assert arguments[2:] == ("--merchant", "M1", "--counts", "--json")
        assert within_s > 0
        if self.is_refused:
            raise OSError("no more processes")
        self.ran.append(arguments[1])
        self.began.set()
        if self.never_ends:
            await asyncio.Event().wait()
        return self.ends.get(arguments[1], counts())

    def arrive(self, one: Merchant) -> None:
        self.merchants = Merchants({one.merchant_id: one})
        assert list(self.nights.open(one, 0)) == []

    async def carry_out(self) -> None:
        """What the agent of internal commands does."""
        retention = Retention({SEEN.name: Kept(self.seen, 1)}, self.issuer, lambda: [0])
        for record in self.topics.on(INTERNAL_COMMANDS):
            _, fields = record["action"]
            await retention.remember(0, record["merchant_id"], f"reconcile {fields['night']}", self.now_ms)

    def told(self) -> str:
        return generate_latest(self.registry).decode()


@pytest.mark.parametrize(("early_ms", "ran"), [(1, 3), (0, 6)])
async def test_at_its_time_and_once(early_ms: int, ran: int) -> None:
    """The night before is made late: nobody has made it."""
    worker = Worker()
    worker.now_ms -= 24 * HOUR_MS
    await worker.nights.look()
    assert worker.ran == ["stock", "orders", "returns"]
    worker.now_ms = NIGHT_MS - early_ms
    await worker.nights.look()
    await worker.nights.look()
    assert len(worker.ran) == ran


async def test_neither_a_restart_nor_another_owner_makes_it_twice() -> None:
    worker = Worker()
    await worker.nights.look()
    await worker.carry_out()
    other = Worker(worker.seen, worker.topics)
    await other.nights.look()
    assert other.ran == []
    other.now_ms += 24 * HOUR_MS
    await other.nights.look()
    assert len(other.ran) == 3


async def test_a_run_ends_with_the_possession_of_the_merchant_and_is_the_next_owners() -> None:
    worker = Worker()
    worker.never_ends = True
    looking = asyncio.create_task(worker.nights.look())
    await worker.began.wait()
    worker.nights.close()
    async with asyncio.timeout(5):
        await looking
    assert worker.topics.on(INTERNAL_COMMANDS) == []
    next_owner = Worker(worker.seen, worker.topics)
    await next_owner.nights.look()
    assert len(next_owner.ran) == 3


async def test_drifts_are_told_once_and_end_with_a_clean_night() -> None:
    worker = Worker()
    worker.ends["stock"] = counts(STOCK_LOST=2, OTHER_QUANTITY=1)
    for _ in range(2):
        await worker.nights.look()
        worker.now_ms += 24 * HOUR_MS
    (alert,) = worker.alerts.of("M1")
    assert (alert.kind, alert.subject, alert.since_ms) == ("DRIFT", "stock", NIGHT_MS)
    assert "1 OTHER_QUANTITY, 2 STOCK_LOST, of 9 compared" in alert.message
    assert "`connector reconcile stock --merchant M1`" in alert.remedy
    assert 'connector_reconcile_drifts{kind="STOCK_LOST",merchant="M1",what="stock"} 2.0' in worker.told()
    worker.ends["stock"] = counts(unanswered=1)
    await worker.nights.look()
    assert worker.alerts.of("M1"), "nobody knows whether it is gone"
    worker.now_ms += 24 * HOUR_MS
    worker.ends.clear()
    await worker.nights.look()
    assert worker.alerts.of("M1") == []
    assert "STOCK_LOST" not in worker.told()


@pytest.mark.parametrize(
    "ended", [Ended(2, b"", b"a line\nthe settings can't be used"), Ended(None, b"", b""), Ended(0, b"[]", b"")]
)
async def test_a_night_that_failed_is_counted_and_tried_again_later(ended: Ended) -> None:
    worker = Worker()
    worker.ends["orders"] = ended
    await worker.nights.look()
    await worker.nights.look()
    assert len(worker.ran) == 3
    assert 'connector_reconcile_failed_total{merchant="M1",what="orders"} 1.0' in worker.told()
    assert 'connector_reconcile_failed_total{merchant="M1",what="stock"} 0.0' in worker.told()
    of_stock = {"merchant": "M1", "what": "stock"}
    assert worker.registry.get_sample_value("connector_reconcile_last_run_seconds", of_stock) == NIGHT_MS / 1000
    worker.ends.clear()
    worker.now_ms += AGAIN_AFTER_MS
    await worker.nights.look()
    await worker.carry_out()
    assert len(worker.ran) == 6
    assert worker.seen.held


async def test_a_command_that_can_not_be_run_ends_no_worker() -> None:
    worker = Worker()
    worker.is_refused = True
    await worker.nights.look()
    assert 'connector_reconcile_failed_total{merchant="M1",what="returns"} 1.0' in worker.told()


async def test_what_the_file_switches_off_or_does_not_ask_for_is_left_alone() -> None:
    worker = Worker()
    worker.arrive(merchant("M1", reconcile_at="02:30", returns=False, orders=False))
    worker.ends["stock"] = counts(STOCK_LOST=2)
    await worker.nights.look()
    assert worker.ran == ["stock"]
    worker.arrive(merchant("M1"))
    assert worker.alerts.of("M1") == [], "no night will end it"
    worker.now_ms += 24 * HOUR_MS
    await worker.nights.look()
    assert worker.ran == ["stock"]
