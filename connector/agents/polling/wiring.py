"""The agents of polling, put together: what notifications do not tell, and all that returns are."""

import time
from dataclasses import dataclass
from functools import partial

from connector.agents.orders.wiring import OrderParts
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.calls import PollCalls
from connector.agents.polling.clock import ClockWatch
from connector.agents.polling.intervals import PollIntervals
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.locations import OrderLocations
from connector.agents.polling.orders import ListedOrders
from connector.agents.polling.pages.calls import PageCalls
from connector.agents.polling.pages.news import PageNews
from connector.agents.polling.pages.unchanged import UnchangedLists
from connector.agents.polling.pages.windows import Windows
from connector.agents.polling.returns import ListedReturns
from connector.agents.polling.rows import Recovery, WatermarkRows
from connector.agents.polling.settlements import PollingSettlements
from connector.agents.polling.troubles import ListTroubles
from connector.agents.returns.edits import ReturnEdits
from connector.agents.returns.index import ReturnIndex
from connector.agents.returns.queue import ReadQueue
from connector.agents.returns.reads import ReadCalls
from connector.agents.returns.rereads import ReturnRereads
from connector.agents.returns.settlements import RefreshSettlements
from connector.agents.shared import Shared
from connector.smartconnect.lists import ask
from connector.tables.returns import RETURN_ROWS, Returns
from connector.tables.watermarks import WATERMARKS, Watermarks


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingParts:
    returns: Returns
    access: ApiAccess
    intervals: PollIntervals
    calls: PollCalls
    settlements: PollingSettlements
    refreshes: RefreshSettlements
    rereads: ReturnRereads


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What calls and settlements share."""

    returns: Returns
    watermarks: Watermarks
    clock: ClockWatch
    access: ApiAccess
    locations: OrderLocations
    index: ReturnIndex
    lists: PolledLists
    rows: WatermarkRows


def wire_polling(shared: Shared, orders: OrderParts) -> PollingParts:
    """`orders`: where listed ones go."""
    state = _open_state(shared, orders.intervals)
    return PollingParts(
        returns=state.returns,
        access=state.access,
        intervals=orders.intervals,
        calls=_wire_calls(shared, orders, state),
        settlements=_wire_settlements(shared, orders, state),
        refreshes=RefreshSettlements(orders.edits, orders.refreshes, shared.merchants),
        rereads=ReturnRereads(state.rows, state.lists, state.index.queue),
    )


def _open_state(shared: Shared, intervals: PollIntervals) -> _State:
    settings = shared.settings.polling
    returns, watermarks = shared.open_table(RETURN_ROWS), shared.open_table(WATERMARKS)
    clock = ClockWatch(shared.api.now_ms, shared.api_calls.now_ms, shared.alerts, worker=shared.worker)
    index = ReturnIndex(returns, ReadQueue(time.monotonic, settings.sweep_interval_s))
    return _State(
        returns=returns,
        watermarks=watermarks,
        clock=clock,
        access=ApiAccess(time.monotonic, settings.not_enabled_interval_s),
        locations=OrderLocations(shared.merchants),
        index=index,
        lists=PolledLists(shared.lanes, watermarks, index, settings=settings, intervals=intervals, now_ms=clock.now_ms),
        rows=WatermarkRows(watermarks, shared.outbox, shared.alerts, now_ms=clock.now_ms),
    )


def _wire_calls(shared: Shared, orders: OrderParts, state: _State) -> PollCalls:
    recovery = Recovery(state.rows, state.index, locations=state.locations, access=state.access)
    pages = PageCalls(
        partial(ask, shared.api),
        shared.api_calls,
        windows=Windows(state.lists, state.watermarks, state.clock),
        news=PageNews(
            orders.shipments,
            state.returns,
            locations=state.locations,
            reads=state.index.queue,
            watermarks=state.watermarks,
            now_ms=state.clock.now_ms,
        ),
        unchanged=UnchangedLists(state.lists, state.watermarks, state.access),
        clock=state.clock,
    )
    reads = ReadCalls(
        shared.api.get_return,
        shared.api_calls,
        state.index,
        refreshes=orders.refreshes,
        watermarks=state.watermarks,
        clock=state.clock,
    )
    return PollCalls(state.lists, recovery, pages=pages, reads=reads, found_by_sweep=shared.telemetry.found_by_sweep)


def _wire_settlements(shared: Shared, orders: OrderParts, state: _State) -> PollingSettlements:
    found = shared.telemetry.found_by_sweep
    returns = ListedReturns(
        shared.incoming,
        ReturnEdits(state.returns, shared.outbox, index=state.index, replacements=orders.replacements),
        state.index,
        lists=state.lists,
        merchants=shared.merchants,
        found_by_sweep=found,
    )
    return PollingSettlements(
        shared.incoming,
        state.lists,
        state.rows,
        orders=ListedOrders(
            shared.incoming, orders.edits, state.lists, locations=state.locations, found_by_sweep=found
        ),
        returns=returns,
        troubles=ListTroubles(state.lists, state.access),
    )
