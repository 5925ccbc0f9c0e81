"""An OMS in a rehearsal: it sends stock, answers orders with commands as a warehouse would, and reads all that it is
told, in a consumer group of its own."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, Producer

from connector.kafka.avro.codec import AvroCodec
from connector.kafka.topics import (
    CANCELLATIONS,
    COMMAND_RESULTS,
    INVENTORY,
    INVENTORY_RESULTS,
    ORDER_COMMANDS,
    ORDERS,
    RETURNS,
    Topic,
)
from tests.kit.kafka.broker import Broker, unique

HEARS = (INVENTORY_RESULTS, COMMAND_RESULTS, ORDERS, CANCELLATIONS, RETURNS)
PICKED_AFTER_S = 1.0  # between an order and its confirmation: long enough for a customer to change their mind


class RehearsedOms:
    """`rejects`: of each program every fourth order, from the first on. Use it as a context."""

    def __init__(self, broker: Broker, merchant_id: str, prefix: str, *, rejects: bool = True) -> None:
        self.merchant_id = merchant_id
        self.heard: Counter[str] = Counter()
        self._broker = broker
        self._prefix = prefix
        self._rejects = rejects
        self._codec = AvroCodec()
        self._numbers = itertools.count(1)
        self._producer = Producer({**broker.config, "partitioner": "murmur2_random"})
        self._programs: dict[str, str] = {}
        self._taken: Counter[str] = Counter()
        self._confirm_at: list[tuple[float, str]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="oms", daemon=True)

    def __enter__(self) -> "RehearsedOms":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(30)

    def name(self, topic: Topic) -> str:
        return self._prefix + topic.name

    def stock(self, location_id: str, sku: str, quantity: int, **changes: Any) -> None:
        update = {
            "update_id": unique("u"),
            "merchant_id": self.merchant_id,
            "location_id": location_id,
            "sku": sku,
            "quantity": quantity,
            "occurred_at": time.time_ns() // 1_000_000,
        }
        self._write(INVENTORY, {**update, **changes})

    def command(self, shipment_id: str, name: str, fields: Mapping[str, Any] | None = None) -> None:
        command = {
            "command_id": unique(name),
            "merchant_id": self.merchant_id,
            "shipment_id": shipment_id,
            "issued_at": time.time_ns() // 1_000_000,
            "action": (f"smartconnect.{name}", dict(fields or {})),
        }
        self._write(ORDER_COMMANDS, command)

    def garbage(self) -> None:
        self._producer.produce(self.name(INVENTORY), key=self.merchant_id, value=b"no Avro at all")
        self._producer.flush()

    def _write(self, topic: Topic, record: Mapping[str, Any]) -> None:
        value = self._codec.encode(topic.name, record)
        self._producer.produce(self.name(topic), key=self.merchant_id, value=value)
        self._producer.flush()

    def _work(self) -> None:
        consumer = Consumer(
            {**self._broker.config, "group.id": unique("oms"), "auto.offset.reset": "earliest", "log_level": 0}
        )
        consumer.subscribe([self.name(topic) for topic in HEARS])
        by_name = {self.name(topic): topic for topic in HEARS}
        while not self._closing.is_set():
            self._confirm_what_is_picked()
            for message in consumer.consume(100, timeout=0.2):
                if message.error() is None:
                    topic = by_name[message.topic() or ""]
                    self._hear(topic, self._codec.decode(topic.name, message.value()))
            consumer.commit(asynchronous=True)
        consumer.close()

    def _confirm_what_is_picked(self) -> None:
        now_s = time.monotonic()
        due: Sequence[str] = [shipment_id for at, shipment_id in self._confirm_at if at <= now_s]
        self._confirm_at = [one for one in self._confirm_at if one[0] > now_s]
        for shipment_id in due:
            self.command(shipment_id, "Confirm")

    def _hear(self, topic: Topic, record: Mapping[str, Any]) -> None:
        self.heard[topic.name] += 1
        if topic == ORDERS and record["type"] == "ORDER_RECEIVED":
            self._take_order(record)
        elif topic == COMMAND_RESULTS and record["outcome"] == "DONE":
            self._go_on(record["shipment_id"], record["action"])

    def _take_order(self, order: Mapping[str, Any]) -> None:
        shipment_id, program = order["shipment_id"], order["program"]
        self._programs[shipment_id] = program
        self._taken[program] += 1
        if self._rejects and self._taken[program] % 4 == 1:
            self.command(shipment_id, "Reject", {"reason": "OUT_OF_STOCK"})
        else:
            self._confirm_at.append((time.monotonic() + PICKED_AFTER_S, shipment_id))

    def _go_on(self, shipment_id: str, action: str) -> None:
        if action == "Confirm":
            self.command(shipment_id, "Pack")
        elif action == "Pack":
            self.command("", "CreateManifest", {"shipment_ids": [shipment_id]})
            if self._programs.get(shipment_id) == "SELF_SHIP":
                self.command(shipment_id, "Ship")
