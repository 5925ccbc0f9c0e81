"""The shipments table, as agents change it: the domain decides, what it tells is published, then the row written."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager

from connector.agents.merchants.listings import Listings
from connector.agents.orders.allocations import Allocations
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.expiry import ShipmentExpiry
from connector.agents.orders.manifest_printing import ManifestPrinter
from connector.domain.orders.acceptance import take_command
from connector.domain.orders.arrivals import take_hint, take_listed
from connector.domain.orders.commands import CommandResult, OrderCommand
from connector.domain.orders.effects import StepValue
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import Change, Rules, ShipmentRow
from connector.domain.orders.settlement import settle_step
from connector.domain.orders.steps import Step
from connector.domain.outcomes import Accepted, Outcome
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.records import to_record
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import CANCELLATIONS, COMMAND_RESULTS, ORDERS, Topic
from connector.merchants import Merchant, Merchants
from connector.tables.shipments import ShipmentTable, shipment_key


class ShipmentEdits:
    def __init__(
        self,
        codec: AvroCodec,
        producer: Producer,
        listings: Listings,
        table: ShipmentTable,
        allocations: Allocations,
        calls: ShipmentCalls,
        printer: ManifestPrinter,
        expiry: ShipmentExpiry,
        merchants: Callable[[], Merchants],
        now_ms: Callable[[], int],
    ) -> None:
        self.codec = codec
        self.listings = listings
        self.table = table
        self.allocations = allocations
        self.calls = calls
        self.now_ms = now_ms
        self._producer = producer
        self._printer = printer
        self._expiry = expiry
        self._merchants = merchants

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        mine = dict(self.table.of_merchant(partition, merchant.merchant_id))
        self.allocations.open(merchant.merchant_id, mine.values())
        self.calls.open(merchant, partition, mine)
        for key in mine:
            self._place(partition, [key])
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self.allocations.close()
        self.calls.close()
        self._printer.close()
        self._expiry.close()

    @asynccontextmanager
    async def editing(self, partition: int) -> AsyncIterator["ShipmentEdit"]:
        """Holds the partition's lock, so keep it short. At the end all that was decided is published (orders,
        cancellations, results), then the rows are written, then their next calls offered to the lanes: a crash in
        between publishes the same again, under the same ids. Raises what producer and table raise."""
        async with self.table.lock(partition):
            edit = ShipmentEdit(self, partition)
            yield edit
            with self.table.changing(partition, edit.rows):
                await self._producer.send(edit.out)
                await self.table.write(partition, edit.rows)
            for step in edit.settled:
                self.calls.settled(step)
            self._place(partition, {*edit.rows, *(_key_of(step) for step in edit.settled)})

    def _place(self, partition: int, keys: Iterable[str]) -> None:
        self.calls.place(partition, keys)
        self._printer.offer(partition, keys)
        self._expiry.look(partition, keys)

    def rules(self, partition: int, merchant_id: str, location_id: str) -> Rules:
        merchant = self._merchants().get(merchant_id)
        location = merchant.location(location_id) if merchant else None
        if merchant is None or location is None:
            return Rules()
        return Rules(
            program=location.program,
            auto_confirm=merchant.auto_confirm and merchant.mode == "active" and merchant.flows(location, "orders"),
            allocate=self.allocations.allocate(partition, merchant_id, location),
        )


class ShipmentEdit:
    """What one batch of one partition decides on. `out` and `rows`: what is to be published, and written then."""

    def __init__(self, shipments: ShipmentEdits, partition: int) -> None:
        self._shipments = shipments
        self._partition = partition
        self.out: list[OutRecord] = []
        self.rows: dict[str, ShipmentRow | None] = {}
        self.settled: list[Step] = []

    def row(self, key: str) -> ShipmentRow | None:
        """As it stands in this edit."""
        if key in self.rows:
            return self._shipments.calls.doubted(key, self.rows[key])
        return self._shipments.calls.row(self._partition, key)

    def hint(self, merchant_id: str, shipment_id: str, status: str, *, changed_at_ms: int = 0) -> None:
        """Somebody says that the shipment changed, to `status` ("" where unknown): it is read, unless known already."""
        key = shipment_key(merchant_id, shipment_id)
        now_ms = self._shipments.now_ms()
        row = take_hint(self.row(key), merchant_id, shipment_id, status, now_ms, changed_at_ms=changed_at_ms)
        if row is not None:
            self.put(key, row)

    def observe(self, merchant_id: str, facts: Shipment, via: Via, sent_at_ms: int) -> None:
        """A list shows the shipment, asked for at `sent_at_ms`."""
        key = shipment_key(merchant_id, facts.shipment_id)
        row = self.row(key)
        rules = self._shipments.rules(self._partition, merchant_id, facts.location_id)
        now_ms = self._shipments.now_ms()
        change = take_listed(row, facts, via, rules, merchant_id=merchant_id, sent_at_ms=sent_at_ms, now_ms=now_ms)
        self._change(key, row, change)

    def accept(self, command: OrderCommand) -> None:
        """Every action but CREATE_MANIFEST. A command seen before has its result published again, or still to come."""
        key = shipment_key(command.merchant_id, command.shipment_id)
        row = self.row(key)
        self._change(key, row, take_command(row, command, self._shipments.now_ms()))

    def settle(self, step: Step, outcome: Outcome[StepValue], *, sent_at_ms: int) -> None:
        """What a call came to. Late and foreign outcomes change nothing."""
        self.settled.append(step)
        key = _key_of(step)
        row = self.row(key)
        if row is None:
            return
        facts = outcome.value if isinstance(outcome, Accepted) and isinstance(outcome.value, Shipment) else row.facts
        rules = self._shipments.rules(self._partition, step.merchant_id, facts.location_id if facts else "")
        change = settle_step(row, step, outcome, rules, sent_at_ms=sent_at_ms, now_ms=self._shipments.now_ms())
        if change.row.turn != row.turn and not change.row.in_doubt:
            self._shipments.calls.trust(key)
        self._change(key, row, change)

    def put(self, key: str, row: ShipmentRow | None) -> None:
        """None deletes."""
        self._shipments.allocations.move(self.row(key), row)
        self.rows[key] = row

    def publish(self, records: Iterable[OutRecord]) -> None:
        self.out.extend(records)

    def tell(self, result: CommandResult) -> None:
        self._out(COMMAND_RESULTS, result.merchant_id, result)

    def _change(self, key: str, row: ShipmentRow | None, change: Change) -> None:
        for order in change.orders:
            self._out(ORDERS, order.merchant_id, order)
        for cancellation in change.cancellations:
            self._out(CANCELLATIONS, cancellation.merchant_id, cancellation)
        for result in change.results:
            self.tell(result)
        if change.row is not row:
            self.put(key, change.row)

    def _out(self, topic: Topic, merchant_id: str, told: object) -> None:
        value = self._shipments.codec.encode(topic.name, self._shipments.listings.named(to_record(told)))
        self.out.append(OutRecord(topic.name, self._partition, merchant_id.encode(), value))


def _key_of(step: Step) -> str:
    return shipment_key(step.merchant_id, step.shipment_id)
