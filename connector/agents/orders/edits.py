"""The shipments table, as agents change it: the domain decides, what it tells is published, then the row written."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from connector.agents.alerts import Alerts
from connector.agents.orders.allocations import Allocations
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.rules import OrderRules
from connector.agents.outbox import Outbox
from connector.domain.alerts import Alert
from connector.domain.orders.alerts import alerts_told, standing_alert
from connector.domain.orders.arrivals import confirm_by_itself, freed, take_command, take_hint, take_listed
from connector.domain.orders.commands import CommandResult, OrderCommand
from connector.domain.orders.effects import StepValue
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.next_step import advance
from connector.domain.orders.row import Change, Rules, ShipmentRow
from connector.domain.orders.settlement import settle_step
from connector.domain.orders.steps import Step
from connector.domain.outcomes import Accepted, Outcome
from connector.domain.unread import UnreadFact
from connector.kafka.producer import OutRecord
from connector.kafka.topics import CANCELLATIONS, COMMAND_RESULTS, ORDERS, Topic
from connector.merchants import Merchant
from connector.tables.shipments import ShipmentTable, shipment_key

RulesOf = Callable[[str, str], Rules]
"""(merchant, Amazon's location) -> its settings; the defaults where the merchants file has it not."""


class ShipmentFollower(Protocol):
    """What looks at each row after it was written or recovered."""

    def offer(self, partition: int, keys: Iterable[str]) -> None: ...

    def close(self) -> None: ...


class ShipmentEdits:
    """`followers`: they hear of every row that was written."""

    def __init__(
        self,
        table: ShipmentTable,
        outbox: Outbox,
        calls: ShipmentCalls,
        *,
        rules: OrderRules,
        alerts: Alerts,
        followers: Sequence[ShipmentFollower],
    ) -> None:
        self._table = table
        self._outbox = outbox
        self._calls = calls
        self._rules = rules
        self._alerts = alerts
        self._followers = followers

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        mine = dict(self._table.of_merchant(partition, merchant.merchant_id))
        self._rules.allocations.open(merchant.merchant_id, mine.values())
        for row in mine.values():
            if (alert := standing_alert(row)) is not None:
                self._alerts.standing(alert)
        self._calls.open(merchant, partition, mine)
        for key in mine:
            self._offer(partition, [key])
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self._rules.allocations.close()
        self._calls.close()
        for follower in self._followers:
            follower.close()

    @asynccontextmanager
    async def editing(self, partition: int, now_ms: int) -> AsyncIterator["ShipmentEdit"]:
        """Holds the partition's lock, so keep it short. At the end all that was decided is published (orders,
        cancellations, results, alerts), then the rows are written, then their next calls offered to the lanes: a crash
        in between publishes the same again, under the same ids. Raises what producer and table raise."""

        def rules(merchant_id: str, location_id: str) -> Rules:
            return self._rules.of(partition, merchant_id, location_id)

        async with self._table.lock(partition):
            edit = ShipmentEdit(
                partition, now_ms, self._outbox, calls=self._calls, allocations=self._rules.allocations, rules=rules
            )
            yield edit
            with self._table.changing(partition, edit.rows):
                await self._outbox.send([*edit.out, *self._alert_records(partition, edit)])
                await self._table.write(partition, edit.rows)
            for step in edit.settled:
                self._calls.settled(step)
            self._offer(partition, {*edit.rows, *(_key_of(step) for step in edit.settled)})

    def _offer(self, partition: int, keys: Iterable[str]) -> None:
        self._calls.offer(partition, keys)
        for follower in self._followers:
            follower.offer(partition, keys)

    def _alert_records(self, partition: int, edit: "ShipmentEdit") -> Iterator[OutRecord]:
        for alert in edit.alerts:
            yield self._alerts.changed(alert)
        for key, row in edit.rows.items():
            for alert in alerts_told(self._table.get(partition, key), row, edit.now_ms):
                yield self._alerts.changed(alert)


class ShipmentEdit:
    """What one batch of one partition decides on. `out` and `rows`: what is to be published, and written then."""

    def __init__(
        self,
        partition: int,
        now_ms: int,
        outbox: Outbox,
        *,
        calls: ShipmentCalls,
        allocations: Allocations,
        rules: RulesOf,
    ) -> None:
        self.now_ms = now_ms
        self.out: list[OutRecord] = []
        self.rows: dict[str, ShipmentRow | None] = {}
        self.settled: list[Step] = []
        self.alerts: list[Alert] = []
        self._partition = partition
        self._outbox = outbox
        self._calls = calls
        self._allocations = allocations
        self._rules = rules

    def row(self, key: str) -> ShipmentRow | None:
        """As it stands in this edit."""
        if key in self.rows:
            return self._calls.doubted(key, self.rows[key])
        return self._calls.row(self._partition, key)

    def hint(self, merchant_id: str, shipment_id: str, status: str, *, changed_at_ms: int = 0) -> None:
        """Somebody says that the shipment changed, to `status` ("" where unknown): it is read, unless known already."""
        key = shipment_key(merchant_id, shipment_id)
        row = take_hint(self.row(key), merchant_id, shipment_id, status, self.now_ms, changed_at_ms=changed_at_ms)
        if row is not None:
            self.put(key, row)

    def observe(self, merchant_id: str, facts: Shipment, via: Via, sent_at_ms: int) -> Sequence[UnreadFact]:
        """A list shows the shipment, asked for at `sent_at_ms`. What of it could not be read, where that is news."""
        key = shipment_key(merchant_id, facts.shipment_id)
        row = self.row(key)
        rules = self._rules(merchant_id, facts.location_id)
        change = take_listed(row, facts, via, rules, merchant_id=merchant_id, sent_at_ms=sent_at_ms, now_ms=self.now_ms)
        self.change(key, row, change)
        return change.unread

    def accept(self, command: OrderCommand) -> None:
        """Every action on a shipment. A command seen before has its result published again, or still to come."""
        key = shipment_key(command.merchant_id, command.shipment_id)
        row = self.row(key)
        self.change(key, row, take_command(row, command, self.now_ms))

    def settle(self, step: Step, outcome: Outcome[StepValue], *, sent_at_ms: int) -> Sequence[UnreadFact]:
        """What a call came to. Late and foreign outcomes change nothing. What of a reading's facts could not be read,
        where that is news."""
        self.settled.append(step)
        key = _key_of(step)
        row = self.row(key)
        if row is None:
            return ()
        facts = outcome.value if isinstance(outcome, Accepted) and isinstance(outcome.value, Shipment) else row.facts
        rules = self._rules(step.merchant_id, facts.location_id if facts else "")
        change = settle_step(row, step, outcome, rules, sent_at_ms=sent_at_ms, now_ms=self.now_ms)
        if change.row.turn != row.turn and not change.row.in_doubt:
            self._calls.trust(key)
        self.change(key, row, change)
        return change.unread

    def end_commands(self, key: str) -> None:
        """Time has passed: commands that expired, or need no call any more, end; an order may confirm itself now."""
        row = self.row(key)
        if row is not None:
            rules = self._rules(row.merchant_id, row.facts.location_id if row.facts else "")
            self.change(key, row, advance(confirm_by_itself(row, rules, self.now_ms), self.now_ms))

    def retry(self, merchant_id: str, shipment_id: str) -> None:
        """What is parked is tried again at once."""
        key = shipment_key(merchant_id, shipment_id)
        row = self.row(key)
        if row is not None and (sooner := freed(row)) is not row:
            self.put(key, sooner)

    def put(self, key: str, row: ShipmentRow | None) -> None:
        """None deletes."""
        self._allocations.move(self.row(key), row)
        self.rows[key] = row

    def publish(self, records: Iterable[OutRecord]) -> None:
        self.out.extend(records)

    def tell(self, result: CommandResult) -> None:
        self._tell(COMMAND_RESULTS, result.merchant_id, result)

    def tell_again(self, key: str) -> bool:
        """Whether a command that waits in a row of its own was seen before: its result is published again, or still to
        come."""
        row = self.row(key)
        for result in row.done if row is not None else ():
            self.tell(result)
        return row is not None

    def change(self, key: str, row: ShipmentRow | None, change: Change) -> None:
        """`row`: what there was. All that the change tells is published, and its row written."""
        for order in change.orders:
            self._tell(ORDERS, order.merchant_id, order)
        for cancellation in change.cancellations:
            self._tell(CANCELLATIONS, cancellation.merchant_id, cancellation)
        for result in change.results:
            self.tell(result)
        self.alerts += change.alerts
        if change.row is not row:
            self.put(key, change.row)

    def _tell(self, topic: Topic, merchant_id: str, told: object) -> None:
        self.out.append(self._outbox.record(topic, self._partition, merchant_id, told))


def _key_of(step: Step) -> str:
    return shipment_key(step.merchant_id, step.shipment_id)
