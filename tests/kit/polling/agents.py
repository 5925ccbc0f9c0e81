"""The polling agents over tables and topics in memory, together with those of orders; for virtual time."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka.structs import ConsumerRecord

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.commands import OrderCommandsAgent
from connector.agents.orders.notifications import NotificationsAgent, NotificationSaver
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.calls import PollCalls
from connector.agents.polling.clock import ClockWatch
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.locations import OrderLocations
from connector.agents.polling.orders import ListedOrders
from connector.agents.polling.pages.calls import PageCalls
from connector.agents.polling.pages.news import PageNews
from connector.agents.polling.pages.unchanged import UnchangedLists
from connector.agents.polling.pages.windows import Windows
from connector.agents.polling.returns import ListedReturns
from connector.agents.polling.rows import Recovery, WatermarkRows
from connector.agents.polling.settlements import PollingSettlements
from connector.agents.polling.troubles import ListTroubles
from connector.agents.returns.edits import ReturnEdits
from connector.agents.returns.index import ReturnIndex
from connector.agents.returns.queue import ReadQueue
from connector.agents.returns.reads import ReadCalls
from connector.agents.returns.rereads import ReturnRereads
from connector.agents.returns.settlements import RefreshSettlements
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.polling.windows import Watermark
from connector.domain.returns.events import ReturnRow
from connector.intake.sqs import RawMessage
from connector.kafka.producer import OutRecord
from connector.kafka.topics import (
    ALERTS,
    API_CALLS,
    COMMAND_RESULTS,
    DEAD_LETTERS,
    NOTIFICATIONS,
    ORDER_COMMANDS,
    ORDERS,
    RETURNS,
)
from connector.merchants import Merchant, Merchants
from connector.settings import PollingSettings
from connector.smartconnect.clock import AmazonClock
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE
from connector.tables.seen import SeenRow
from connector.telemetry import Telemetry
from tests.kit.kafka.records import consumed as a_record
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.agents import PARTITION, OrderAgents, consumed, merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.polling.amazon import Lists

START_MS = 1_772_445_600_000  # 2026-03-02T10:00:00Z
START_S = 1_000.0  # of the loop's clock


class PollingAgents(OrderAgents):
    """`skew_ms`: how far the worker's clock is ahead of Amazon's. `held`: the rows of a worker before."""

    def __init__(self, here: Merchant | None = None, held: "PollingAgents | None" = None, **settings: Any) -> None:
        loop = asyncio.get_running_loop()
        self.skew_ms = 0
        self.amazon_ms: Callable[[], int] = lambda: START_MS + int((loop.time() - START_S) * 1000)
        self.amazon: dict[str, Amazon] = {}
        self.sent_s: list[float] = []
        self.polling_settings = PollingSettings(**settings)
        super().__init__(
            self.amazon,
            here or merchant(),
            now_ms=lambda: self.amazon_ms() + self.skew_ms,
            slowest_interval_s=self.polling_settings.slowest_interval_s,
        )
        self.lists = Lists(self.amazon_ms)
        self.telemetry = Telemetry()
        self.watermarks: MemoryTable[Watermark] = MemoryTable(held.watermarks.held if held else None)
        self.returns: MemoryTable[ReturnRow] = MemoryTable(
            held.returns.held if held else None, final_at_ms=lambda row: row.forgettable_since_ms
        )
        if held:
            self.table.held = dict(held.table.held)
            self.lists = held.lists
        self._wire_polling(loop)

    def _wire_polling(self, loop: asyncio.AbstractEventLoop) -> None:
        outbox, settings, found = self.topics.outbox(), self.polling_settings, self.telemetry.found_by_sweep
        merchants = KnownMerchants(lambda: Merchants({self.here.merchant_id: self.here}))
        api_calls = ApiCalls(
            outbox, self.telemetry, worker="w", now_ms=self.now_ms, new_id=lambda: str(len(self.topics.sent))
        )
        heard = AmazonClock(loop.time)
        self.clock = _HearingClock(heard, self.now_ms, self.alerts)
        self.access = ApiAccess(loop.time, settings.not_enabled_interval_s)
        locations = OrderLocations(merchants)
        index = ReturnIndex(self.returns, ReadQueue(loop.time, settings.sweep_interval_s))
        self.polled = PolledLists(
            self.lanes, self.watermarks, index, settings=settings, intervals=self.intervals, now_ms=self.clock.now_ms
        )
        rows = WatermarkRows(self.watermarks, outbox, self.alerts, now_ms=self.clock.now_ms)
        self._rereads = ReturnRereads(rows, self.polled, index.queue)
        self.polls = PollCalls(
            self.polled,
            Recovery(rows, index, locations=locations, access=self.access),
            pages=PageCalls(
                self.lists.ask,
                api_calls,
                windows=Windows(self.polled, self.watermarks, self.clock),
                news=PageNews(
                    self.table,
                    self.returns,
                    locations=locations,
                    reads=index.queue,
                    watermarks=self.watermarks,
                    now_ms=self.clock.now_ms,
                ),
                unchanged=UnchangedLists(self.polled, self.watermarks, self.access),
                clock=self.clock,
            ),
            reads=ReadCalls(
                self.lists.get_return,
                api_calls,
                index,
                refreshes=self.refreshes,
                watermarks=self.watermarks,
                clock=self.clock,
            ),
            found_by_sweep=found,
        )
        self.polling = PollingSettlements(
            self.incoming,
            self.polled,
            rows,
            orders=ListedOrders(self.incoming, self.shipments, self.polled, locations=locations, found_by_sweep=found),
            returns=ListedReturns(
                self.incoming,
                ReturnEdits(self.returns, outbox, index=index, replacements=self.replacements),
                index,
                lists=self.polled,
                merchants=merchants,
                found_by_sweep=found,
            ),
            troubles=ListTroubles(self.polled, self.access),
        )
        self._notifications = NotificationsAgent(
            self.incoming,
            outbox,
            MemoryTable[SeenRow](),
            shipments=self.shipments,
            intervals=self.intervals,
            merchants=merchants,
        )
        self._order_commands = OrderCommandsAgent(self.incoming, self.shipments, merchants)
        self._refresh_settlements = RefreshSettlements(self.shipments, self.refreshes, merchants)
        self._telling = asyncio.create_task(self.alerts.run())

    async def notify(self, facts: Shipment) -> None:
        """A notification tells of the shipment as it is, and so does whoever reads it then."""
        self.amazon[facts.shipment_id] = Amazon(self.lists.shipments.get(facts.shipment_id, facts))
        payload = {
            "merchantId": self.here.merchant_id,
            "locationId": facts.location_id,
            "shipmentId": facts.shipment_id,
            "shipmentStatus": facts.status,
        }
        body = json.dumps({"notificationType": SHIPMENT_STATUS_CHANGE, "payload": payload})
        sent: list[OutRecord] = []
        topics = MemoryTopics(sent.extend)
        message = RawMessage(f"{facts.shipment_id}-{facts.status}", body, "")
        await NotificationSaver(topics.outbox(), 1, self.now_ms).save([message])
        await self._notifications.apply(PARTITION, consumed(NOTIFICATIONS.name, sent))

    async def ask_returns(self, partition: int, merchant_id: str, return_ids: Sequence[str]) -> None:
        await self._rereads.ask(partition, merchant_id, return_ids)

    def ask_list(self, merchant_id: str, name: str) -> None:
        self.polls.ask_now(merchant_id, name)

    def open(self) -> None:
        super().open()
        deque(self.alerts.open(self.here, PARTITION), maxlen=0)
        deque(self.polls.open(self.here, PARTITION), maxlen=0)

    async def stop(self) -> None:
        await self.lanes.close(0.0)

    async def settle(self, *records: ConsumerRecord[bytes, bytes]) -> None:
        await super().settle(*records)
        batch = self.incoming.open(API_CALLS.name, PARTITION, records)
        await self.polling.apply(PARTITION, batch.good, batch.opened_at_ms)
        await self._refresh_settlements.apply(PARTITION, batch.good, batch.opened_at_ms)

    async def refresh(self, command_id: str, return_id: str, **changes: Any) -> None:
        """The OMS asks for one return."""
        record = {
            "command_id": command_id,
            "merchant_id": self.here.merchant_id,
            "shipment_id": "",
            "issued_at": self.now_ms(),
            "action": ("smartconnect.Refresh", {"return_id": return_id}),
            **changes,
        }
        value = self.topics.codec.encode(ORDER_COMMANDS.name, record)
        command = a_record(value, self.here.merchant_id.encode(), topic=ORDER_COMMANDS.name)
        await self._order_commands.apply(PARTITION, [command])

    @property
    def answers(self) -> list[tuple[str, str, str]]:
        """(command, outcome, code) of each result, in order."""
        results = self.topics.on(COMMAND_RESULTS)
        return [(result["command_id"], result["outcome"], result["code"]) for result in results]

    def told_of(self, return_id: str) -> list[tuple[str, str, str]]:
        """(type, status, status before) of each event of the return, in order."""
        events = [event for event in self.topics.on(RETURNS) if event["return_id"] == return_id]
        return [(event["type"], event["status"], event["previous_status"]) for event in events]

    def lateness_s(self) -> dict[str, float]:
        """Shipment -> how long it took to be told."""
        told = self.told()
        return {shipment_id: told[shipment_id] - (at - START_S) for shipment_id, at in self.lists.ordered_s.items()}

    def told(self, event_type: str = "ORDER_RECEIVED") -> dict[str, float]:
        """Shipment -> in which second it was told so."""
        return {record["shipment_id"]: second for second, record in self._orders() if record["type"] == event_type}

    def _orders(self) -> Sequence[tuple[float, dict[str, Any]]]:
        sent = zip(self.sent_s, self.topics.sent, strict=True)
        times = [second for second, out in sent if out.topic == ORDERS.name]
        return list(zip(times, self.topics.on(ORDERS), strict=True))

    def arrive(self, sent: Sequence[OutRecord]) -> None:
        self.sent_s.extend([asyncio.get_running_loop().time() - START_S] * len(sent))
        super().arrive(sent)

    @property
    def letters(self) -> list[dict[str, Any]]:
        return self.topics.on(DEAD_LETTERS)

    @property
    def alerts_told(self) -> list[tuple[str, str, bool]]:
        """(kind, subject, whether it was ended), in order."""
        return [(alert["kind"], alert["subject"], alert["ended_at"] is not None) for alert in self.topics.on(ALERTS)]

    def found_by_sweep(self, kind: str) -> float:
        labels = {"merchant": self.here.merchant_id, "kind": kind}
        return self.telemetry.registry.get_sample_value("connector_found_by_sweep_total", labels) or 0.0


class _HearingClock(ClockWatch):
    """The real one; what the caller tells AmazonClock of each answer, this one tells it."""

    def __init__(self, heard: AmazonClock, worker_ms: Callable[[], int], alerts: Alerts) -> None:
        super().__init__(heard.now_ms, worker_ms, alerts, worker="w")
        self._heard = heard

    def compare(self, answered_at_ms: int | None) -> None:
        if answered_at_ms is not None:
            self._heard.hear(answered_at_ms)
        super().compare(answered_at_ms)
