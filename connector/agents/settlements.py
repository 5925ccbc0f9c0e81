"""Agent `settlements`: the outcomes on connector.api-calls, in order, into tables and events."""

from collections.abc import Sequence
from typing import Protocol

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.inventory.calls import INVENTORY_CALLS
from connector.agents.inventory.commands import LedgerCommands, previous_seeds
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.outbox import Outbox
from connector.kafka.topics import API_CALLS


class Settlements(Protocol):
    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None: ...


class SettlementsAgent:
    """`others` see all calls, in the order given."""

    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        *,
        inventory: InventorySettlements,
        ledger: LedgerCommands,
        others: Sequence[Settlements],
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._inventory = inventory
        self._ledger = ledger
        self._others = others

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = self._incoming.open(API_CALLS.name, partition, records)
        await self._outbox.send(batch.aside)
        calls, now_ms = [received.value for received in batch.good], batch.opened_at_ms
        inventory = [call for call in calls if call["operation"] == INVENTORY_CALLS]
        await self._inventory.apply(partition, inventory, now_ms)
        for call in calls:
            if (seeds := previous_seeds(call)) is not None:
                await self._ledger.carry_out(partition, call["merchant_id"], seeds, now_ms)
        for settlements in self._others:
            await settlements.apply(partition, batch.good, now_ms)
