"""The order agents over tables and topics in memory, with one Amazon for each shipment; for virtual time."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming, Received
from connector.agents.merchants.listings import Listings
from connector.agents.orders.allocations import Allocations
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.orders.expiry import ShipmentExpiry
from connector.agents.orders.settlements import ShipmentSettlements
from connector.domain.orders.commands import OrderCommand
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import Step
from connector.domain.outcomes import Outcome
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord
from connector.kafka.topics import API_CALLS, COMMAND_RESULTS
from connector.lanes.lane import LaneTerms
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant, Merchants
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import tell_departure
from connector.telemetry import Telemetry
from tests.kit.orders.amazon import Amazon

PARTITION = 0
RETENTION_MS = 1_000_000


def merchant(**changes: Any) -> Merchant:
    facts = {
        "merchant_id": "M1",
        "marketplace_id": "A21TJRUUN4KGV",
        "refresh_token_env": "T",
        "locations": [{"location_id": "LOC", "program": "SELF_SHIP"}],
    }
    return Merchant.model_validate(facts | changes)


class Rows:
    """A DurableTable of one partition, whose changelog never fails."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self._changing: set[str] = set()
        self._lock = asyncio.Lock()

    def get(self, _: int, key: str) -> Any:
        return self.held.get(key)

    def of_merchant(self, _: int, merchant_id: str) -> Mapping[str, Any]:
        return {key: row for key, row in self.held.items() if key.partition("|")[0] == merchant_id}

    def rows(self, _: int) -> Mapping[str, Any]:
        return self.held

    def lock(self, _: int) -> asyncio.Lock:
        return self._lock

    def is_changing(self, _: int, key: str) -> bool:
        return key in self._changing

    @contextmanager
    def changing(self, _: int, keys: Iterable[str]) -> Iterator[None]:
        self._changing = set(keys)
        yield
        self._changing = set()

    async def write(self, _: int, rows: Mapping[str, Any]) -> None:
        self.held = {key: row for key, row in {**self.held, **rows}.items() if row is not None}


class Nobody:
    """Whatever is asked of it, nothing happens."""

    def __getattr__(self, _: str) -> Any:
        return lambda *_: None


class OrderAgents:
    """`calls`: (time in s, step) of every call. `faults`: what the next calls come to instead of Amazon's answer.

    `settles` False: outcomes are lost; else they are settled `settle_lag_s` after they were recorded.
    """

    def __init__(self, amazons: Mapping[str, Amazon], here: Merchant | None = None, *, settles: bool = True) -> None:
        loop = asyncio.get_running_loop()
        self.amazons = amazons
        self.here = here or merchant()
        self.settles = settles
        self.answer_s = 0.05
        self.settle_lag_s = 0.0
        self.publish_s = 0.0
        self.calls: list[tuple[float, Step]] = []
        self.faults: list[Outcome[Any]] = []
        self.codec = AvroCodec()
        self.sent: list[OutRecord] = []
        self.news = asyncio.Event()
        self.table = Rows()
        self.now_ms: Callable[[], int] = lambda: int(loop.time() * 1000)
        for amazon in amazons.values():
            amazon.clock_ms = self.now_ms
        telemetry, table = Telemetry(), cast(Any, self.table)
        api_calls = ApiCalls(
            self.codec, cast(Any, self), telemetry, worker="w", now_ms=self.now_ms, new_id=lambda: str(len(self.sent))
        )
        self.deaths: list[BaseException] = []
        self.lanes = Lanes(LaneTerms(loop.time, lambda: 0.5, lambda: True, lambda *_: None), self.deaths.append)
        self.shipment_calls = ShipmentCalls(
            cast(Any, self.perform), cast(Any, self), table, self.lanes, api_calls, self.now_ms
        )
        self.expiry = ShipmentExpiry(table, self.shipment_calls, api_calls, RETENTION_MS, self.now_ms)
        self.shipments = ShipmentEdits(
            self.codec,
            cast(Any, self),
            Listings(),
            table,
            Allocations(cast(Any, Rows())),
            self.shipment_calls,
            cast(Any, Nobody()),
            self.expiry,
            lambda: Merchants({self.here.merchant_id: self.here}),
            self.now_ms,
        )
        incoming = Incoming(self.codec, 1, telemetry, self.now_ms)
        self.settlements = ShipmentSettlements(incoming, self.shipments, self.expiry, self.now_ms)
        self._settling: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        for _ in self.shipments.open(self.here, PARTITION):
            pass

    async def accept(self, *commands: OrderCommand) -> None:
        async with self.shipments.editing(PARTITION) as edit:
            for command in commands:
                edit.accept(command)

    def results(self) -> dict[str, str]:
        records = [self.codec.decode(out.topic, out.value) for out in self.sent if out.topic == COMMAND_RESULTS.name]
        return {record["command_id"]: record["outcome"] for record in records}

    def row(self, shipment_id: str) -> ShipmentRow:
        return cast(ShipmentRow, self.table.held[f"M1|{shipment_id}"])

    # The producer

    async def send_unleased(self, records: Sequence[OutRecord]) -> None:
        await self.send(records)

    async def send(self, records: Sequence[OutRecord]) -> None:
        await asyncio.sleep(self.publish_s)
        self.sent.extend(records)
        self.news.set()
        calls = [self.codec.decode(out.topic, out.value) for out in records if out.topic == API_CALLS.name]
        if calls and self.settles:
            received = [Received(cast(Any, None), call) for call in calls]
            task = asyncio.create_task(self._settle(received))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _settle(self, received: Sequence[Received]) -> None:
        await asyncio.sleep(self.settle_lag_s)
        await self.settlements.apply(PARTITION, received)

    # Amazon

    async def perform(self, step: Step) -> CallReport[Any]:
        loop = asyncio.get_running_loop()
        told = tell_departure.get()
        assert told is not None
        told(loop.time())
        self.calls.append((loop.time(), step))
        amazon = self.amazons[step.shipment_id]
        outcome = self.faults.pop(0) if self.faults else amazon.answer(replace(step))
        await asyncio.sleep(self.answer_s)
        return CallReport(outcome, sent_at=loop.time())

    # The documents, which this Amazon hands over as stored already

    async def keep(self, _: Merchant, __: Step, report: CallReport[Any]) -> CallReport[Any]:
        return report
