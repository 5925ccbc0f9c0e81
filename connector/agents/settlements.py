"""Agent `settlements`: the outcomes on connector.api-calls, in order, into tables and events."""

from collections.abc import Sequence

from connector.agents.incoming import Incoming, Record
from connector.agents.inventory.calls import INVENTORY_CALLS as INVENTORY_OPERATION
from connector.agents.inventory.seeds import SEED as SEED_OPERATION
from connector.agents.inventory.seeds import Seeds
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.orders.settlements import ShipmentSettlements
from connector.agents.polling.settlements import PollingSettlements
from connector.kafka.producer import Producer
from connector.kafka.topics import API_CALLS


class SettlementsAgent:
    def __init__(
        self,
        incoming: Incoming,
        producer: Producer,
        inventory: InventorySettlements,
        seeds: Seeds,
        shipments: ShipmentSettlements,
        polling: PollingSettlements,
    ) -> None:
        self._incoming = incoming
        self._producer = producer
        self._inventory = inventory
        self._seeds = seeds
        self._shipments = shipments
        self._polling = polling

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = self._incoming.open(API_CALLS.name, partition, records)
        await self._producer.send(batch.aside)
        calls = [received.value for received in batch.good]
        await self._inventory.apply(partition, [call for call in calls if call["operation"] == INVENTORY_OPERATION])
        await self._seeds.apply(partition, [call for call in calls if call["operation"] == SEED_OPERATION])
        await self._shipments.apply(partition, batch.good)
        await self._polling.apply(partition, batch.good)
