"""What each kind of fault does, and how it ends."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx

from connector.kafka.topics import INVENTORY, ORDER_COMMANDS
from tests.kit.chaos import plan
from tests.kit.chaos.plan import Fault, Kind, Part
from tests.kit.chaos.stock import LOCATION, Stock
from tests.kit.chaos.surroundings import Surroundings
from tests.kit.chaos.workers import Workers
from tests.kit.flows.inventory import post_elsewhere
from tests.kit.flows.orders import DISTURBED
from tests.kit.flows.trade import Trade
from tests.kit.flows.world import World, home

WORKED_ELSEWHERE = 3

Do = Callable[[Fault], None]


@dataclass(frozen=True, slots=True)
class Disturbances:
    """Each returns at once, or within seconds where something is started."""

    world: World
    around: Surroundings
    workers: Workers
    trade: Trade
    stock: Stock

    def begin(self, fault: Fault) -> None:
        self._all()[fault.kind][0](fault)

    def end(self, fault: Fault) -> None:
        self._all()[fault.kind][1](fault)

    def _all(self) -> Mapping[Kind, tuple[Do, Do]]:
        broker, simulator = self.world.broker, self.world.simulator
        around, workers = self.around, self.workers
        return {
            plan.KILLED: (lambda fault: workers.kill(fault.parts[0]), lambda fault: workers.start(fault.parts[0])),
            plan.FROZEN: (lambda fault: workers.freeze(fault.parts[0]), lambda fault: workers.wake(fault.parts[0])),
            plan.STOPPED: (
                lambda fault: workers.ask_to_stop(fault.parts[0]),
                lambda fault: workers.start(fault.parts[0]),
            ),
            plan.BROKER_KILLED: (lambda _: broker.kill(), lambda _: broker.start()),
            plan.BROKER_FROZEN: (lambda _: broker.freeze(), lambda _: broker.wake()),
            plan.TRUNCATED: (lambda _: self._truncate(), _nothing),
            plan.UNREAD_DELETED: (lambda _: self._delete_unread(), _nothing),
            plan.DOWN: (lambda _: self.world.fault("close,before"), self._clear_faults),
            plan.HALF_OPEN: (lambda _: simulator.freeze(), lambda _: simulator.wake()),
            plan.UNRELIABLE: (lambda _: self._be_unreliable(), self._clear_faults),
            plan.SECOND_INTEGRATOR: (lambda _: self._work_elsewhere(), _nothing),
            plan.REGISTRY_GONE: (lambda _: around.registry.go(), lambda _: around.registry.come()),
            plan.RENUMBERED: (lambda _: around.registry.renumber(), lambda _: around.registry.restore()),
            plan.QUEUE_GONE: (lambda _: around.notifications.go(), lambda _: around.notifications.come()),
            plan.DISK_FULL: (lambda _: around.disk.fill(), lambda _: around.disk.make_room()),
            plan.CLOCK_STEP: (
                lambda fault: around.clocks[fault.parts[0]].step(fault.size),
                lambda fault: around.clocks[fault.parts[0]].step(0),
            ),
        }

    def _clear_faults(self, _: Fault) -> None:
        self.world.tell("DELETE", "faults")

    def _be_unreliable(self) -> None:
        for fault in DISTURBED:
            self.world.fault(fault)

    def _truncate(self) -> None:
        for (topic, partition), offset in self.world.broker.committed(self.world.app_id).items():
            if topic in (INVENTORY.name, ORDER_COMMANDS.name):
                self.world.broker.delete_records(topic, partition, offset)

    def _delete_unread(self) -> None:
        """Of one merchant, stock updates alone: what the operators' page says comes of it is judged at the end."""
        broker, merchant_id = self.world.broker, self.world.sellers[0].merchant_id
        for part in (Part.FIRST, Part.SECOND):
            self.workers.kill(part)
        self.stock.update([merchant_id])
        partition = home(merchant_id)
        committed = broker.committed(self.world.app_id).get((INVENTORY.name, partition), 0)
        records = [record for record in broker.consume(INVENTORY.name) if record.partition() == partition]
        unread = [record for record in records if (record.offset() or 0) >= committed]
        self.stock.give_up(self.world.decoded(INVENTORY.name, record.value() or b"")["update_id"] for record in unread)
        broker.delete_records(INVENTORY.name, partition, (records[-1].offset() or 0) + 1)
        for part in (Part.FIRST, Part.SECOND):
            self.workers.start(part)

    def _work_elsewhere(self) -> None:
        """The merchant's other software: it posts some SKUs, and confirms some of the orders that we are at."""
        for merchant_id, sku, sequence in self.stock.to_post_elsewhere():
            with suppress(httpx.HTTPStatusError):  # Amazon is odd to others, too
                post_elsewhere(self.world, merchant_id, sku, 77, sequence, LOCATION)
        self.trade.work_elsewhere(WORKED_ELSEWHERE)


def _nothing(_: Fault) -> None:
    """It was over at once."""
