"""The agents of polling, put together: what notifications do not tell, and all that returns are."""

import time
from dataclasses import dataclass
from functools import partial

from connector.agents.orders.edits import ShipmentEdits
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.calls import PollCalls
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.returns import ReturnSettlements
from connector.agents.polling.settlements import PollingSettlements
from connector.agents.shared import Shared
from connector.smartconnect.lists import ask
from connector.tables.returns import RETURN_ROWS, Returns
from connector.tables.shipments import ShipmentTable
from connector.tables.watermarks import WATERMARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingParts:
    returns: Returns
    access: ApiAccess
    calls: PollCalls
    settlements: PollingSettlements


def wire_polling(shared: Shared, shipments: ShipmentTable, edits: ShipmentEdits) -> PollingParts:
    """`shipments`, `edits`: where listed orders go."""
    settings = shared.settings.polling
    returns = shared.open_table(RETURN_ROWS)
    watermarks = shared.open_table(WATERMARKS)
    access = ApiAccess(time.monotonic, settings.not_enabled_interval_s)
    lists = PolledLists(shared.lanes, returns, access, settings=settings, now_ms=shared.api_calls.now_ms)
    calls = PollCalls(partial(ask, shared.api), lists, shared.api_calls, watermarks=watermarks, shipments=shipments)
    listed_returns = ReturnSettlements(
        shared.incoming,
        shared.outbox,
        returns,
        shipments=shipments,
        lists=lists,
        merchants=shared.merchants,
    )
    settlements = PollingSettlements(
        shared.incoming,
        shared.outbox,
        lists,
        shipments=edits,
        returns=listed_returns,
        watermarks=watermarks,
    )
    return PollingParts(returns=returns, access=access, calls=calls, settlements=settlements)
