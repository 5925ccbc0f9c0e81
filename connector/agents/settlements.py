"""Agent `settlements`: the outcomes on connector.api-calls, in order, into tables and events."""

from collections.abc import Sequence

from connector.agents.inventory_calls import OPERATION as INVENTORY_OPERATION
from connector.agents.inventory_settlements import InventorySettlements
from connector.agents.shield import Record, Shield
from connector.kafka.producer import Producer
from connector.kafka.topics import API_CALLS


class SettlementsAgent:
    def __init__(self, shield: Shield, producer: Producer, inventory: InventorySettlements) -> None:
        self._shield = shield
        self._producer = producer
        self._inventory = inventory

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = await self._shield.open(API_CALLS.name, partition, records)
        await self._producer.send(batch.aside)
        calls = [received.value for received in batch.good]
        await self._inventory.apply(partition, [call for call in calls if call["operation"] == INVENTORY_OPERATION])
