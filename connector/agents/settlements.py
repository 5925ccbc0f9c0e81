"""Agent `settlements`: the outcomes on connector.api-calls, in order, into tables and events."""

from collections.abc import Sequence

from connector.agents.incoming import Incoming, Record
from connector.agents.inventory.calls import INVENTORY_CALLS
from connector.agents.inventory.seeds import Seeds, previous_seeds
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.orders.settlements import ShipmentSettlements
from connector.agents.outbox import Outbox
from connector.agents.polling.settlements import PollingSettlements
from connector.kafka.topics import API_CALLS


class SettlementsAgent:
    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        *,
        inventory: InventorySettlements,
        seeds: Seeds,
        shipments: ShipmentSettlements,
        polling: PollingSettlements,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._inventory = inventory
        self._seeds = seeds
        self._shipments = shipments
        self._polling = polling

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = self._incoming.open(API_CALLS.name, partition, records)
        await self._outbox.send(batch.aside)
        calls, now_ms = [received.value for received in batch.good], batch.opened_at_ms
        inventory = [call for call in calls if call["operation"] == INVENTORY_CALLS]
        await self._inventory.apply(partition, inventory, now_ms)
        for call in calls:
            if (seeds := previous_seeds(call)) is not None:
                await self._seeds.apply(partition, call["merchant_id"], seeds)
        await self._shipments.apply(partition, batch.good, now_ms)
        await self._polling.apply(partition, batch.good, now_ms)
