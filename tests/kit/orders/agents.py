"""The order agents over tables and topics in memory, with one Amazon for each shipment; for virtual time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiokafka.structs import ConsumerRecord

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.internal_commands import InternalCommandsAgent
from connector.agents.issuer import Issuer
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.offboarding import Offboarding
from connector.agents.orders.allocations import Allocations
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.orders.expiry import ShipmentExpiry
from connector.agents.orders.manifests.printing import ManifestPrinter
from connector.agents.orders.replacements import Replacements
from connector.agents.orders.rules import OrderRules
from connector.agents.orders.settlements import ShipmentSettlements
from connector.agents.polling.intervals import PollIntervals
from connector.agents.retention import Kept, Retention
from connector.agents.returns.refreshes import ReturnRefreshes
from connector.agents.trade import TradeCommands
from connector.documents.store import DocumentStore
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.commands import OrderCommand
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import Step
from connector.domain.outcomes import Outcome
from connector.kafka.producer import OutRecord
from connector.kafka.topics import ALERTS, API_CALLS, COMMAND_RESULTS, INTERNAL_COMMANDS
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant, Merchants
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import departing
from connector.tables.shipments import SHIPMENTS
from connector.telemetry import Telemetry
from tests.kit.inventory.agents import inventory_agents
from tests.kit.lanes import terms_of
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.documents import Place

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


class OrderAgents:
    """`calls`: (time in s, step) of every call. `faults`: what the next calls come to instead of Amazon's answer.

    `settles` False: outcomes are lost; else they are settled `settle_lag_s` after they were recorded. `died`: what
    nobody foresaw. `amazon_ahead_ms`: by how much Amazon's clock is ahead of the worker's.
    """

    def __init__(
        self,
        amazons: Mapping[str, Amazon],
        here: Merchant | None = None,
        *,
        settles: bool = True,
        store: DocumentStore | None = None,
        now_ms: Callable[[], int] | None = None,
        slowest_interval_s: float = 60,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.amazons = amazons
        self.here = here or merchant()
        self.settles = settles
        self.amazon_ahead_ms = 0
        self.answer_s = 0.05
        self.settle_lag_s = 0.0
        self.slowest_interval_s = slowest_interval_s
        self.calls: list[tuple[float, Step]] = []
        self.faults: list[Outcome[Any]] = []
        self.topics = MemoryTopics(self.arrive)
        self.table = MemoryTable[ShipmentRow](final_at_ms=lambda row: row.forgettable_since_ms)
        self.died: list[BaseException] = []
        self.now_ms: Callable[[], int] = now_ms or (lambda: int(loop.time() * 1000))
        for amazon in amazons.values():
            amazon.clock_ms = self.now_ms
        self._wire(loop, store or DocumentStore(Place()))
        self._settling: set[asyncio.Task[None]] = set()

    def _wire(self, loop: asyncio.AbstractEventLoop, store: DocumentStore) -> None:
        telemetry, outbox = Telemetry(), self.topics.outbox()

        def new_id() -> str:
            return str(len(self.topics.sent))

        api_calls = ApiCalls(outbox, telemetry, worker="w", now_ms=self.now_ms, new_id=new_id)
        issuer = Issuer(outbox, worker="w", now_ms=self.now_ms, new_id=new_id)
        merchants = KnownMerchants(lambda: Merchants({self.here.merchant_id: self.here}))
        self.incoming = Incoming(self.topics.codec, partitions=1, telemetry=telemetry, now_ms=self.now_ms)
        self.lanes = Lanes(terms_of(loop.time), self.died.append)
        ledger = MemoryTable[LedgerRow]()
        self.shipment_calls = ShipmentCalls(
            self.perform,
            _stored_already,
            api_calls,
            table=self.table,
            lanes=self.lanes,
            amazon_ms=lambda: self.now_ms() + self.amazon_ahead_ms,
        )
        rules = OrderRules(merchants, Allocations(ledger), RETENTION_MS)
        self.expiry = ShipmentExpiry(self.table, self.shipment_calls, issuer, rules=rules)
        self.alerts = Alerts(outbox, 1, self.now_ms)
        self.printer = ManifestPrinter(
            store, self.table, issuer, merchants=merchants, alerts=self.alerts, on_death=self.died.append
        )
        self.replacements = Replacements(self.table)
        self.refreshes = ReturnRefreshes(self.table, self.lanes, self.now_ms)
        self.shipments = ShipmentEdits(
            self.table,
            outbox,
            self.shipment_calls,
            rules=rules,
            alerts=self.alerts,
            followers=(self.printer, self.expiry, self.replacements, self.refreshes),
        )
        self.intervals = PollIntervals(loop.time, self.slowest_interval_s)
        self.settlements = ShipmentSettlements(self.incoming, self.shipments, self.intervals)
        self.retention = Retention({SHIPMENTS.name: Kept(self.table, RETENTION_MS)}, issuer, lambda: [PARTITION])
        stock = inventory_agents(outbox, ledger, self.lanes, merchants=merchants, now_ms=self.now_ms)
        self._internal = InternalCommandsAgent(
            self.incoming,
            outbox,
            stock.commands,
            trade=TradeCommands(self.shipments, self.ask_returns, self.ask_list),
            retention=self.retention,
            offboarding=Offboarding([self.table], merchants, self.alerts),
        )

    async def ask_returns(self, partition: int, merchant_id: str, return_ids: Sequence[str]) -> None:
        """Here are none."""

    def ask_list(self, merchant_id: str, name: str) -> None:
        """Here are none."""

    def open(self) -> None:
        for _ in self.shipments.open(self.here, PARTITION):
            pass

    async def accept(self, *commands: OrderCommand) -> None:
        async with self.shipments.editing(PARTITION, self.now_ms()) as edit:
            for command in commands:
                edit.accept(command)

    def results(self) -> dict[str, str]:
        return {record["command_id"]: record["outcome"] for record in self.topics.on(COMMAND_RESULTS)}

    def raised_and_ended(self) -> list[tuple[str, bool]]:
        """Subject, and whether it was raised (or else ended), of each."""
        return [(record["subject"], record["ended_at"] is None) for record in self.topics.on(ALERTS)]

    def row(self, shipment_id: str) -> ShipmentRow:
        return self.table.held[f"M1|{shipment_id}"]

    async def settle(self, *records: ConsumerRecord[bytes, bytes]) -> None:
        """Records of connector.api-calls, as they come to the settlements agent."""
        batch = self.incoming.open(API_CALLS.name, PARTITION, records)
        await self.settlements.apply(PARTITION, batch.good, batch.opened_at_ms)

    def arrive(self, sent: Sequence[OutRecord]) -> None:
        """What the agents wrote for each other comes back to them."""
        ours = [out for out in sent if out.topic in (API_CALLS.name, INTERNAL_COMMANDS.name)]
        if ours and self.settles:
            task = asyncio.create_task(self._deliver(ours))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _deliver(self, sent: Sequence[OutRecord]) -> None:
        await asyncio.sleep(self.settle_lag_s)
        await self.settle(*consumed(API_CALLS.name, sent))
        await self._internal.apply(PARTITION, consumed(INTERNAL_COMMANDS.name, sent))

    # Amazon

    async def perform(self, step: Step) -> CallReport[Any]:
        loop = asyncio.get_running_loop()
        call = departing.get()
        assert call is not None
        call.left(loop.time())
        self.calls.append((loop.time(), step))
        amazon = self.amazons[step.shipment_id]
        outcome = self.faults.pop(0) if self.faults else amazon.answer(replace(step))
        await asyncio.sleep(self.answer_s)
        date_ms = (self.now_ms() + self.amazon_ahead_ms) // 1000 * 1000
        return CallReport(outcome, sent_at=loop.time(), answered_at_ms=date_ms)


def consumed(topic: str, sent: Sequence[OutRecord]) -> list[ConsumerRecord[bytes, bytes]]:
    return [
        ConsumerRecord(topic, PARTITION, offset, 0, 0, out.key, out.value, None, 1, 1, out.headers)
        for offset, out in enumerate(sent)
        if out.topic == topic
    ]


async def _stored_already(_: Merchant, __: Step, report: CallReport[Any]) -> CallReport[Any]:
    """This Amazon hands its documents over as they are after they were stored."""
    return report
