"""The agents of inventory, put together."""

from dataclasses import dataclass

from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.seeds import Seeds
from connector.agents.inventory.settlements import InventorySettlements
from connector.agents.inventory.updates import InventoryAgent
from connector.agents.shared import Shared
from connector.tables.ledger import LEDGER, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryParts:
    ledger: Ledger
    calls: InventoryCalls
    agent: InventoryAgent
    settlements: InventorySettlements
    seeds: Seeds


def wire_inventory(shared: Shared) -> InventoryParts:
    ledger = shared.open_table(LEDGER)
    calls = InventoryCalls(shared.api, ledger, shared.api_calls, lanes=shared.lanes)
    agent = InventoryAgent(
        shared.incoming,
        shared.outbox,
        calls,
        merchants=shared.merchants,
        listings=shared.listings,
        tolerance_ms=shared.settings.inventory.future_tolerance_s * 1000,
    )
    return InventoryParts(
        ledger=ledger,
        calls=calls,
        agent=agent,
        settlements=InventorySettlements(shared.outbox, ledger, calls),
        seeds=Seeds(ledger, calls),
    )
