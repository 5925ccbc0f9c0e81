"""What a merchant's order lanes call: the next step of each shipment, one at a time; every outcome onto
connector.api-calls."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connector.agents.api_calls import ApiCalls
from connector.domain.orders.effects import StepValue
from connector.domain.orders.next_step import doubted, earliest_ms, has_ended, plan_next_call
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.settlement import needs_settling
from connector.domain.orders.steps import LIMITS_BY_CALL, GetShipmentCall, Step, kind_of
from connector.domain.orders.stored.current import write_answer, write_step
from connector.domain.outcomes import Accepted
from connector.domain.quarantine import rest_ms
from connector.lanes.call import Call, Performed
from connector.lanes.lanes import Lanes
from connector.lanes.scheduler import Kind, Rank
from connector.lanes.under_way import UnderWay
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import departing
from connector.smartconnect.steps import StepReport
from connector.tables.shipments import ShipmentTable, shipment_key

READ = LIMITS_BY_CALL[GetShipmentCall]
LANES = tuple(dict.fromkeys(LIMITS_BY_CALL.values()))

Keep = Callable[[Merchant, Step, StepReport], Awaitable[CallReport[StepValue]]]
"""The report of a call with what was stored of its documents in place of what came."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _InFlight:
    """`is_answered`: its outcome may be on its way through Kafka."""

    step: Step
    is_answered: bool = False


class ShipmentCalls:
    """`perform` makes a step's call. `amazon_ms`: Amazon's time, None until it was heard.

    Knows which shipments have a call under way, until its outcome is settled, and which a call of an earlier owner may
    have reached: those recovered with commands in their queue.
    """

    def __init__(
        self,
        perform: Callable[[Step], Awaitable[StepReport]],
        keep: Keep,
        api_calls: ApiCalls,
        *,
        table: ShipmentTable,
        lanes: Lanes,
        amazon_ms: Callable[[], int | None],
    ) -> None:
        self._perform = perform
        self._keep = keep
        self._table = table
        self._lanes = lanes
        self._api_calls = api_calls
        self._amazon_ms = amazon_ms
        self._merchants: set[str] = set()
        self._in_flight: dict[str, _InFlight] = {}
        self._recovered: set[str] = set()
        self._strange: set[tuple[str, str]] = set()

    def row(self, partition: int, key: str) -> ShipmentRow | None:
        return self.doubted(key, self._table.get(partition, key))

    def doubted(self, key: str, row: ShipmentRow | None) -> ShipmentRow | None:
        return doubted(row) if row is not None and key in self._recovered else row

    def trust(self, key: str) -> None:
        """What became of it is known again."""
        self._recovered.discard(key)

    def open(self, merchant: Merchant, partition: int, mine: Mapping[str, ShipmentRow]) -> None:
        """Opens the merchant's lanes. Where nothing may be sent, its shipments are read all the same."""
        if merchant.merchant_id not in self._merchants:
            self._merchants.add(merchant.merchant_id)
            self._recovered.update(key for key, row in mine.items() if row.queue and row.shipment_id)
        prepare_of = partial(partial, self._prepare, merchant, partition)  # one for all lanes, which mostly never run
        for operation in (READ,) if merchant.mode == "observe" else LANES:
            limit = merchant.limits.of(operation)
            self._lanes.open(merchant.merchant_id, operation, prepare_of, rate=limit.rate, burst=limit.burst)

    def close(self) -> None:
        """All partitions were given up."""
        self._merchants.clear()
        self._in_flight.clear()
        self._recovered.clear()
        self._strange.clear()

    def settled(self, step: Step) -> None:
        """Its outcome is in the table. That of another's call, or of an earlier one, ends nothing here: the former
        owner may have made the same step, and its record come late, while ours is under way (G4)."""
        key = shipment_key(step.merchant_id, step.shipment_id)
        flight = self._in_flight.get(key)
        if flight is not None and flight.is_answered and flight.step == step:
            del self._in_flight[key]
            lane = self._lanes.lane(step.merchant_id, step.operation)
            if lane is not None:
                lane.settle(key, None)

    def offer(self, partition: int, keys: Iterable[str]) -> None:
        """Each shipment into the lane of its next call; those with one under way are placed when it is settled."""
        for key in keys:
            row = None if key in self._in_flight else self._settled_row(partition, key)
            step = None if row is None else plan_next_call(row, self._api_calls.now_ms())
            lane = None if step is None else self._lanes.lane(step.merchant_id, step.operation)
            if row is not None and step is not None and lane is not None:
                kind = Kind.FRESH if row.trouble is None else Kind.HEALING
                lane.settle(key, self._rank(row, step), self._wait_s(row, step), kind=kind)

    def _wait_s(self, row: ShipmentRow, step: Step) -> float:
        now_ms, early_ms = self._api_calls.now_ms(), earliest_ms(row, step)
        wait_ms = rest_ms(step.not_before_ms, now_ms)
        if early_ms is not None:
            amazon_ms = self._amazon_ms()  # None until Amazon was heard
            wait_ms = max(wait_ms, early_ms - (now_ms if amazon_ms is None else amazon_ms))
        return wait_ms / 1000

    def next_step(self, partition: int, key: str) -> Step | None:
        """None too while the row changes: whoever changes it places it again."""
        row = self._settled_row(partition, key)
        return None if row is None else plan_next_call(row, self._api_calls.now_ms())

    def has_ended(self, partition: int, key: str) -> bool:
        """The head command needs no call any more, and nobody is about to say so."""
        row = None if key in self._in_flight else self._settled_row(partition, key)
        return row is not None and has_ended(row, self._api_calls.now_ms())

    def _settled_row(self, partition: int, key: str) -> ShipmentRow | None:
        """A shipment's, as it stands where nobody is changing it."""
        row = self.row(partition, key)
        return None if row is None or not row.shipment_id or self._table.is_changing(partition, key) else row

    def _rank(self, row: ShipmentRow, step: Step) -> Rank:
        """The earliest ship-by first; one that nobody knows yet is as urgent as one that is due. What fails strangely
        comes after all others."""
        urgency = row.facts.urgency if row.facts else 0  # in place of milliseconds of the ship-by
        return (1 if row.trouble else 0, (step.ship_by_ms or self._api_calls.now_ms()) - urgency)

    def _prepare(
        self, merchant: Merchant, partition: int, operation: str, due: Sequence[tuple[str, int]]
    ) -> Call | None:
        ((key, attempts),) = due
        step = None if key in self._in_flight else self.next_step(partition, key)
        if step is None:
            return None
        if step.operation != operation:
            self.offer(partition, [key])
            return None
        if operation != READ and not self._flows(merchant, partition, key):
            return None
        flight = self._in_flight[key] = _InFlight(step)

        def make(under_way: UnderWay) -> Awaitable[Performed]:
            return self._make(merchant, partition, flight, attempts + 1, under_way)

        return Call((key,), make)

    def _flows(self, merchant: Merchant, partition: int, key: str) -> bool:
        """False: the location is switched off, or not in the merchants file. The row waits."""
        row = self._table.get(partition, key)
        location_id = row.facts.location_id if row is not None and row.facts is not None else ""
        location = merchant.location(location_id)
        if location is None and (merchant.merchant_id, location_id) not in self._strange:
            self._strange.add((merchant.merchant_id, location_id))
            log.warning(
                "commands wait: their shipments' location is not in the merchants file; add it",
                extra={"merchant": merchant.merchant_id, "location": location_id},
            )
        return location is not None and merchant.flows(location, "orders")

    async def _make(
        self, merchant: Merchant, partition: int, flight: _InFlight, attempt: int, under_way: UnderWay
    ) -> Performed:
        step = flight.step
        key = shipment_key(step.merchant_id, step.shipment_id)
        started = self._api_calls.start(under_way)
        try:
            report = await self._perform(step)
            under_way.answered(report.outcome, report.rate_limit)
            departing.set(None)  # fetching a label's file is no call of the lane's
            kept = await self._keep(merchant, step, report)
            details: dict[str, Any] = {
                "shipment_id": step.shipment_id,
                "shipment_step": kind_of(step.call),
                "kind": kind_of(step.call),
                "target": step.shipment_id,
                "step": write_step(step),
                "started_at": started.at_ms,
                "answered_at": report.answered_at_ms,
            }
            if isinstance(kept.outcome, Accepted) and kept.outcome.value is not None:
                details["answer"] = write_answer(kept.outcome.value)
            flight.is_answered = True
            await self._api_calls.record(
                partition, step.merchant_id, step.operation, kept, attempt, made_for=(step.command_id,), **details
            )
        except BaseException:
            if self._in_flight.get(key) is flight:  # given up: whether it was made, only a reading tells
                del self._in_flight[key]
                self._recovered.add(key)
            raise
        if not needs_settling(step, kept.outcome):
            self._in_flight.pop(key, None)  # the lane makes it again
        return Performed(kept.outcome)
