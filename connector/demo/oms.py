"""A small OMS: writes inventory bursts, answers orders with commands, and keeps a tally of what becomes of both."""

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.demo.listener import Listener
from connector.demo.orders import Orders
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.embedded import PARTITIONS
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import (
    API_CALLS,
    CANCELLATIONS,
    COMMAND_RESULTS,
    INVENTORY,
    INVENTORY_RESULTS,
    ORDER_COMMANDS,
    ORDERS,
    Topic,
)


@dataclass
class Tally:
    """What the OMS wrote and heard of inventory, by merchant."""

    written: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    settled: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    last_quantity: dict[tuple[str, str], int] = field(default_factory=dict)
    highest_sequence: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    sent_ms: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def everything_settled(self) -> bool:
        return all(updates <= self.settled[merchant_id] for merchant_id, updates in self.written.items())

    def most_in_a_second(self, merchant_id: str) -> int:
        """Inventory calls, by the times at which they were sent."""
        times = self.sent_ms[merchant_id]
        return max((sum(1 for other in times if at <= other < at + 1000) for at in times), default=0)

    def hear_call(self, call: Mapping[str, Any]) -> None:
        if call["operation"] == "inventory" and call["sent"]:
            self.sent_ms[call["merchant_id"]].append(call["started_at"])

    def hear(self, result: Mapping[str, Any]) -> None:
        merchant_id = result["merchant_id"]
        self.settled[merchant_id] |= {result["update_id"], *result["superseded_update_ids"]}
        self.outcomes[result["outcome"]] += 1
        self.outcomes["SUPERSEDED"] += result["superseded_count"]
        self.highest_sequence[merchant_id] = max(self.highest_sequence[merchant_id], result["sequence"] or 0)


class Oms:
    """`orders` decides what is answered to an order event or a command's result."""

    def __init__(self, bootstrap_servers: str, orders: Orders, now_ms: Callable[[], int]) -> None:
        self.tally = Tally()
        self.orders = orders
        self._now_ms = now_ms
        self._codec = AvroCodec()
        self._producer = Producer({"bootstrap.servers": bootstrap_servers})
        topics = (INVENTORY_RESULTS, API_CALLS, ORDERS, CANCELLATIONS, COMMAND_RESULTS)
        self._listener = Listener(bootstrap_servers, self._codec, topics)
        self._numbers = itertools.count(1)

    async def write_bursts(self, merchants: Sequence[str], skus: int, bursts: int, every_s: float) -> None:
        """Each burst updates every SKU of every merchant; some go to zero stock."""
        chance = random.Random(1)  # noqa: S311 - the same demo each time
        for burst in range(bursts):
            updates = [self._update(id_, f"SKU-{sku:03}", chance) for sku in range(skus) for id_ in merchants]
            await self._producer.send([self._record(INVENTORY, update) for update in updates])
            if burst < bursts - 1:
                await asyncio.sleep(every_s)

    async def listen(self) -> None:
        """For ever."""
        while True:
            topic, record = await self._listener.heard.get()
            if topic == INVENTORY_RESULTS.name:
                self.tally.hear(record)
            elif topic == API_CALLS.name:
                self.tally.hear_call(record)
            elif (command := self.orders.answer(topic, record)) is not None:
                stamped = {"command_id": f"command-{next(self._numbers)}", "issued_at": self._now_ms(), **command}
                await self._producer.send([self._record(ORDER_COMMANDS, stamped)])

    async def close(self) -> None:
        await self._listener.close()
        await asyncio.to_thread(self._producer.close, 5.0)

    def _update(self, merchant_id: str, sku: str, chance: random.Random) -> dict[str, Any]:
        quantity = chance.choice((0, *range(1, 60)))
        update_id = f"update-{next(self._numbers)}"
        self.tally.written[merchant_id].add(update_id)
        self.tally.last_quantity[merchant_id, sku] = quantity
        return {
            "update_id": update_id,
            "merchant_id": merchant_id,
            "location_id": "EXSB",
            "sku": sku,
            "quantity": quantity,
            "occurred_at": self._now_ms(),
        }

    def _record(self, topic: Topic, record: Mapping[str, Any]) -> OutRecord:
        key = record["merchant_id"].encode()
        return OutRecord(topic.name, home_partition(key, PARTITIONS), key, self._codec.encode(topic.name, record))
