"""The agents of inventory, put together."""

import random
from dataclasses import dataclass

from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.commands import LedgerCommands
from connector.agents.inventory.contested import ContestedSkus
from connector.agents.inventory.counting import Counting
from connector.agents.inventory.edits import LedgerEdits
from connector.agents.inventory.recounts import Recounts
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.inventory.updates import InventoryAgent
from connector.agents.shared import Shared
from connector.tables.ledger import LEDGER, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryParts:
    ledger: Ledger
    edits: LedgerEdits
    contested: ContestedSkus
    recounts: Recounts
    agent: InventoryAgent
    settlements: InventorySettlements
    commands: LedgerCommands


def wire_inventory(shared: Shared) -> InventoryParts:
    ledger = shared.open_table(LEDGER)
    counting = Counting(shared.merchants, shared.listings, shared.controls.is_zeroed)
    calls = InventoryCalls(
        shared.api,
        ledger,
        shared.api_calls,
        lanes=shared.lanes,
        counting=counting,
        chance=random.random,
    )
    contested = ContestedSkus(shared.issuer, shared.alerts)
    edits = LedgerEdits(ledger, shared.outbox, calls, counting=counting, alerts=shared.alerts, contested=contested)
    recounts = Recounts(ledger, calls, counting=counting, issuer=shared.issuer)
    shared.listings.on_change = shared.controls.on_zero = recounts.look_at
    return InventoryParts(
        ledger=ledger,
        edits=edits,
        contested=contested,
        recounts=recounts,
        agent=InventoryAgent(
            shared.incoming,
            shared.outbox,
            edits,
            merchants=shared.merchants,
            tolerance_ms=round(shared.settings.inventory.future_tolerance_s * 1000),
        ),
        settlements=InventorySettlements(shared.outbox, edits),
        commands=LedgerCommands(shared.outbox, edits, merchants=shared.merchants, contested=contested),
    )
