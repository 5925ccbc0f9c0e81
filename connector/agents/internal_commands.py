"""Agent `internal-commands`: what time or an operator asks of the tables, judged again by how they stand now."""

from collections.abc import Sequence
from typing import assert_never

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.inventory.commands import LedgerCommands
from connector.agents.issuer import read_action
from connector.agents.merchants.offboarding import Offboarding
from connector.agents.outbox import Outbox
from connector.agents.retention import Retention
from connector.agents.trade import TradeCommands
from connector.domain.alerts import AlertKind
from connector.domain.internal_commands import (
    EndCommands,
    FinishManifest,
    FinishReconcile,
    ForgetMerchant,
    ForgetRows,
    RereadReturns,
    RereadShipments,
    RetryParked,
)
from connector.domain.inventory.commands import ForgetTimes, RecountStock, ResendStock, SeedSequences
from connector.domain.reconcile.nights import reconcile_id
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import INTERNAL_COMMANDS


class InternalCommandsAgent:
    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        ledger: LedgerCommands,
        *,
        trade: TradeCommands,
        retention: Retention,
        offboarding: Offboarding,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._ledger = ledger
        self._trade = trade
        self._retention = retention
        self._offboarding = offboarding

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        batch = self._incoming.open(INTERNAL_COMMANDS.name, partition, records)
        await self._outbox.send(batch.aside)
        for received in batch.good:
            try:
                await self._carry_out(partition, received, batch.opened_at_ms)
            except BadRecord as bad:
                await self._outbox.send([self._incoming.dead_letter(received.record, bad)])

    async def _carry_out(self, partition: int, received: Received, now_ms: int) -> None:
        merchant_id = received.value["merchant_id"]
        match read_action(received.value):
            case (EndCommands() | FinishManifest() | RereadShipments() | RereadReturns()) as action:
                await self._trade.carry_out(partition, merchant_id, action, now_ms)
            case ForgetRows(table, keys):
                await self._retention.forget(partition, table, keys, now_ms)
            case FinishReconcile(night):
                await self._retention.remember(partition, merchant_id, reconcile_id(night), now_ms)
            case ForgetMerchant():
                await self._offboarding.forget(partition, merchant_id)
            case (SeedSequences() | RecountStock() | ResendStock() | ForgetTimes()) as action:
                await self._ledger.carry_out(partition, merchant_id, action, now_ms)
            case RetryParked(AlertKind.SKU_PARKED, sku):
                await self._ledger.retry(partition, merchant_id, sku, now_ms)
            case RetryParked(AlertKind.SKU_CONTESTED, _):
                await self._ledger.retry_contested(partition, merchant_id, now_ms)
            case RetryParked() as parked:
                await self._trade.retry(partition, merchant_id, parked, now_ms)
            case action:
                assert_never(action)
