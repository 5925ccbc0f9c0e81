"""What is told of many merchants: in a number of steps that grows as they do, and while all of it changes."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector.agents.alerts import Alerts
from connector.agents.merchants.controls import Controls
from connector.agents.merchants.owned import OwnedMerchants
from connector.agents.merchants.waiting import Waiting, WaitingWatch
from connector.domain.alerts import AlertKind, Severity
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.row import ShipmentRow
from connector.lanes.lanes import Lanes, ToldLane
from connector.lanes.pace import Pace
from connector.merchants import OPERATIONS
from connector.merchants_file import MerchantsFile
from connector.telemetry import Telemetry
from connector.web.exposition import exposition
from connector.web.status import WorkerStatus
from tests.kit.lanes import terms_of
from tests.kit.memory import MemoryTable, MemoryTopics

MERCHANT = """
[[merchants]]
merchant_id = "{}"
marketplace_id = "M1"
refresh_token_env = "T"
[[merchants.locations]]
location_id = "EXSB"
program = "SELLER_FLEX"
"""
READ_TIMES = 1000
KEYS = 100


class CountingLanes(Lanes):
    """`looks`: at lanes."""

    looks = 0

    def of(self, merchant_id: str) -> list[ToldLane]:
        found = super().of(merchant_id)
        self.looks += len(found)
        return found


@dataclass
class Told:
    lanes: CountingLanes
    alerts: Alerts
    telemetry: Telemetry
    status: WorkerStatus
    ids: list[str]

    def metrics(self) -> str:
        return b"".join(exposition(self.telemetry.registry.collect())).decode()

    def json(self) -> dict[str, list[dict[str, Any]]]:
        told: dict[str, list[dict[str, Any]]] = json.loads(b"".join(self.status("w-1")))
        return told


@asynccontextmanager
async def told_of(merchants: int, directory: Path) -> AsyncIterator[Told]:
    ids = [f"A{number:04}" for number in range(merchants)]
    file = directory / "merchants.toml"
    file.write_text("".join(map(MERCHANT.format, ids)))
    lanes = CountingLanes(terms_of(), lambda _fault: None)
    alerts = Alerts(MemoryTopics().outbox(), 1, lambda: 0)
    controls, current = Controls(), MerchantsFile(file)
    owned = OwnedMerchants(current, paused=controls.paused, lanes=lanes, partitions=1, parts=[], grace_s=0)
    await owned.arrive(frozenset({0}))
    watch = WaitingWatch(
        MemoryTable[LedgerRow](),
        MemoryTable[ShipmentRow](),
        owned=lambda: (0,),
        begin=lambda: Waiting(current.current, controls.paused, 0),
    )
    telemetry = Telemetry()
    telemetry.watch_lanes(lanes)
    telemetry.watch_alerts(alerts)
    for merchant in current.current:
        for _ in alerts.open(merchant, 0):
            pass
        for operation in OPERATIONS:
            lanes.open(merchant.merchant_id, operation, lambda _operation: lambda _due: None, rate=6, burst=0)
    status = WorkerStatus(current, owned_merchants=owned, lanes=lanes, controls=controls, watch=watch, alerts=alerts)
    try:
        yield Told(lanes, alerts, telemetry, status, ids)
    finally:
        await lanes.close(0)


@pytest.mark.parametrize("merchants", [1, 20, 200])
async def test_each_lane_is_looked_at_a_fixed_number_of_times(merchants: int, tmp_path: Path) -> None:
    async with told_of(merchants, tmp_path) as told:
        lanes = merchants * len(OPERATIONS)
        assert [merchant["merchant_id"] for merchant in told.json()["merchants"]] == told.ids
        assert told.lanes.looks == lanes
        told.lanes.looks = 0
        assert told.metrics().count("\nconnector_backlog{") == lanes
        assert told.lanes.looks == 6 * lanes


async def test_an_idle_merchant_is_told_as_one_that_runs_until_there_is_something_to_tell(tmp_path: Path) -> None:
    async with told_of(2, tmp_path) as told:
        idle, other = (merchant["lanes"] for merchant in told.json()["merchants"])
        assert idle == other
        lane = told.lanes.lane("A0000", "inventory")
        assert lane is not None
        running, other = (merchant["lanes"] for merchant in told.json()["merchants"])
        assert running == other == idle
        lane.offer("sku", (1, 0), 3600)
        busy, other = (merchant["lanes"] for merchant in told.json()["merchants"])
        assert busy["inventory"]["backlog"] == 1
        assert other == idle


async def test_closing_one_merchant_looks_at_no_others_lanes(tmp_path: Path) -> None:
    async with told_of(20, tmp_path) as told:
        await told.lanes.close(0, "A0003")
        assert "A0003" not in told.lanes.merchants()
        assert told.lanes.lane("A0003", OPERATIONS[0]) is None
        assert told.lanes.lane("A0004", OPERATIONS[0]) is not None


@contextmanager
def switching_often() -> Iterator[None]:
    """Threads change over within microseconds, wherever they may."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def read_while(change: Callable[[], None], read: Callable[[], object]) -> None:
    """In a thread, often; what that raises is raised."""

    def reading() -> None:
        for _ in range(READ_TIMES):
            read()

    with switching_often(), ThreadPoolExecutor(1) as thread:
        done = thread.submit(reading)
        while not done.done():
            change()
        done.result()


async def test_all_that_is_told_may_change_while_it_is_read_in_a_thread(tmp_path: Path) -> None:
    async with told_of(1, tmp_path) as told:
        lane = told.lanes.lane("A0000", OPERATIONS[0])
        assert lane is not None
        contested, pace = set[str](), Pace(1000, 0, 0.0)
        for number in range(1000):
            pace.take(number, number)
        told.telemetry.watch_contested(contested)
        keys = [f"A0000|EXSB|{number}" for number in range(KEYS)]

        def offer_and_settle() -> None:
            for key in keys:
                lane.offer(key, (0, 0))
            for key in keys:
                lane.settle(key, None)

        def raise_and_end() -> None:
            for key in keys:
                told.alerts.raise_alert("A0000", AlertKind.SKU_PARKED, Severity.WARNING, key, message="", remedy="")
            for key in keys:
                told.alerts.end_alert("A0000", AlertKind.SKU_PARKED, key)

        def contest_and_settle() -> None:
            for key in keys:
                contested.add(key)
            for key in keys:
                contested.discard(key)

        def take_slots() -> None:
            for number in range(100):
                pace.take(number, number)

        read_while(offer_and_settle, lambda: lane.oldest_since_ms)
        read_while(raise_and_end, lambda: list(told.alerts))
        read_while(contest_and_settle, lambda: told.telemetry.registry.get_sample_value("connector_contested_skus"))
        read_while(take_slots, lambda: pace.used_share(0.0))
