"""The OMS: counts of stock and commands, written to Kafka; nothing of the connector is asked."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.homes import home_partition
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS, ORDERS
from tests.kit.inventory.rows import update_record
from tests.kit.simulation import plan as p
from tests.kit.simulation.edges import CODEC
from tests.kit.simulation.engine import clocks
from tests.kit.simulation.engine.log import Kafka
from tests.kit.simulation.engine.timeline import Timeline

OnReceived = Callable[[Mapping[str, Any]], None]


class Oms:
    """`updates`: in the order of the log. `commands`: command id -> shipment id. `bad`: records that nobody can use;
    `deleted`: those of them that may never have been read. `on_received` hears of each order new to the OMS."""

    def __init__(self, kafka: Kafka, timeline: Timeline, partitions: int) -> None:
        self.codec = CODEC
        self.updates: list[InventoryUpdate] = []
        self.relocated: dict[str, int] = {}  # merchant -> how many updates there were before
        self.commands: dict[str, str] = {}
        self.bad: list[tuple[str, int, int]] = []
        self.deleted: set[tuple[str, int, int]] = set()
        self.on_received: OnReceived = lambda _: None
        self._kafka = kafka
        self._timeline = timeline
        self._partitions = partitions
        self._known: set[str] = set()
        kafka.on_record.append(self._hear)

    @property
    def now_ms(self) -> int:
        return clocks.true_wall_ms(self._timeline.now_s)

    def update(self, action: p.Update) -> None:
        update = InventoryUpdate(
            action.update_id,
            action.merchant_id,
            action.oms_location,
            action.sku,
            action.quantity,
            self.now_ms - round(action.ago_s * 1000),
        )
        for _ in range(action.copies):
            self.updates.append(update)
            self._write(INVENTORY.name, action.merchant_id, self.codec.encode(INVENTORY.name, update_record(update)))

    def relocate(self, merchant_id: str) -> None:
        self.relocated[merchant_id] = len(self.updates)

    def command(
        self, merchant_id: str, shipment_id: str, action: str, *, again_after_s: Iterable[float] = (), **fields: Any
    ) -> None:
        command_id = f"{shipment_id}-{action}"
        self.commands[command_id] = shipment_id
        record = {
            "command_id": command_id,
            "merchant_id": merchant_id,
            "shipment_id": shipment_id,
            "issued_at": self.now_ms,
            "expires_at": None,
            "action": (f"smartconnect.{action}", fields),
        }
        value = self.codec.encode(ORDER_COMMANDS.name, record)
        for after_s in (0.0, *again_after_s):
            self._timeline.after(after_s, self._write, ORDER_COMMANDS.name, merchant_id, value)

    def garbage(self, action: p.Garbage) -> None:
        merchant_id, value, key = action.merchant_id, b"\x17garbage", action.merchant_id
        record = {
            "update_id": f"{merchant_id}-bad",
            "merchant_id": merchant_id,
            "location_id": "WH1",
            "sku": "sku-0",
            "quantity": 1,
            "occurred_at": self.now_ms,
        }
        match action.kind:
            case "future":
                value = self.codec.encode(INVENTORY.name, record | {"occurred_at": self.now_ms + 30 * 86_400_000})
            case "location":
                value = self.codec.encode(INVENTORY.name, record | {"location_id": "NOWHERE"})
            case "key":
                value = self.codec.encode(INVENTORY.name, record | {"merchant_id": "SOMEBODY"})
            case "bytes":
                pass
        topic = INVENTORY.name if action.kind != "bytes" else action.topic
        partition, offset = self._write(topic, key, value)
        self.bad.append((topic, partition, offset))

    def write_again(self, unread: Iterable[KafkaRecord]) -> None:
        """What was deleted before anybody had dealt with it; of what nobody can use it is not known."""
        for record in unread:
            place = (record.topic, record.partition, record.offset)
            if place in self.bad:
                self.deleted.add(place)
            else:
                self._kafka.append("oms", record.topic, record.partition, record.key, record.value)

    def _write(self, topic: str, merchant_id: str, value: bytes) -> tuple[int, int]:
        key = merchant_id.encode()
        partition = home_partition(key, self._partitions)
        return partition, self._kafka.append("oms", topic, partition, key, value)

    def _hear(self, record: KafkaRecord, _: str) -> None:
        if record.topic != ORDERS.name:
            return
        event = self.codec.decode(ORDERS.name, record.value)
        if event["type"] == "ORDER_RECEIVED" and event["shipment_id"] not in self._known:
            self._known.add(event["shipment_id"])
            self.on_received(event)
