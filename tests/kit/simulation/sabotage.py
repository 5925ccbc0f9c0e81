"""Planted bugs: each one real function of the connector, replaced by one that breaks a guarantee. A simulation that
finds none of them proves nothing."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from connector.domain import outcomes
from tests.kit.simulation.edges import original, replace_at


@dataclass(frozen=True, slots=True)
class Bug:
    """`where`: the function; `broken`: what stands in its place, made of the right one."""

    where: str
    broken: Callable[[Any], Any]


def ack_before_durable(right: Any) -> Any:
    async def write(table: Any, partition: int, rows: Mapping[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(right(table, partition, rows))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    return write


def never_maybe_sent(_: Any) -> Any:
    return lambda *_: False


def no_doubt(_: Any) -> Any:
    return lambda row: row


def always(_: Any) -> Any:
    return lambda *_: True


def counts_all(_: Any) -> Any:
    return lambda *_: lambda *_: True


def forgets_commands(right: Any) -> Any:
    def take_command(row: Any, command: Any, now_ms: int) -> Any:
        return right(row if row is None else structs.replace(row, done=()), command, now_ms)

    return take_command


def number_by_attempt(right: Any) -> Any:
    def settle(row: Any, kind: Any, sequence: int, outcome: Any, counted: Any, now_ms: int) -> Any:
        if isinstance(outcome, outcomes.Conflict | outcomes.Unknown):
            return structs.replace(row, quantity=row.wanted(counted), sequence=max(1, row.sequence - 1)), None
        return right(row, kind, sequence, outcome, counted, now_ms)

    return settle


def twice_the_limit(right: Any) -> Any:
    def opened(pace: Any, rate: float, *others: Any, **more: Any) -> None:
        right(pace, 2 * rate, *others, **more)

    return opened


def assigned_long_ago(right: Any) -> Any:
    def opened(pace: Any, rate: float, burst: int, started_at: float, **more: Any) -> None:
        right(pace, rate, burst, started_at - 60, **more)

    return opened


def events_unheard(_: Any) -> Any:
    async def send(outbox: Any, records: Any) -> None:
        sending = asyncio.get_running_loop().create_task(outbox.send_unleased(records))
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())

    return send


def no_cancellations(right: Any) -> Any:
    return lambda edit, key, row, change: right(edit, key, row, replace(change, cancellations=()))


def letters_dropped(right: Any) -> Any:
    def opened(incoming: Any, topic: str, partition: int, records: Any) -> Any:
        batch = right(incoming, topic, partition, records)
        batch.aside.clear()
        return batch

    return opened


def conflict_is_success(right: Any) -> Any:
    def settle(row: Any, kind: Any, sequence: int, outcome: Any, counted: Any, now_ms: int) -> Any:
        if isinstance(outcome, outcomes.Conflict):
            level = outcomes_level(row)
            outcome = outcomes.Accepted(outcome.answer, level)
        return right(row, kind, sequence, outcome, counted, now_ms)

    return settle


def outcomes_level(row: Any) -> Any:
    from connector.domain.inventory.requests import InventoryLevel

    return InventoryLevel(row.sequence, None, None)


def acked_when_begun(right: Any) -> Any:
    def begin(consumer: Any, batches: Any) -> None:
        right(consumer, batches)
        for batch in batches:
            consumer.ack(batch)

    return begin


def never_closed(_: Any) -> Any:
    return lambda *_: None


def never(_: Any) -> Any:
    return lambda *_: False


def adopts_the_same(right: Any) -> Any:
    def adopt(row: Any, known: int, counted: Any, now_ms: int) -> Any:
        return right(row, known - 1, counted, now_ms)

    return adopt


def tells_nobody(_: Any) -> Any:
    async def tell(*_: Any) -> None: ...

    return tell


BUGS: Mapping[str, Bug] = {
    "ack-before-durable": Bug("connector.tables.durable.DurableTable.write", ack_before_durable),
    "sequence-rebound": Bug("connector.agents.inventory.calls.InventoryCalls.maybe_sent", never_maybe_sent),
    "generate-repeated": Bug("connector.agents.orders.calls.doubted", no_doubt),
    "lease-ignored": Bug("connector.kafka.engine.app.BatchApp.holds_lease", always),
    "sum-of-old-locations": Bug("connector.agents.inventory.counting.Counting.at", counts_all),
    "dedup-dropped": Bug("connector.agents.orders.edits.take_command", forgets_commands),
    "number-reused": Bug("connector.agents.inventory.settlements.settle_inventory", number_by_attempt),
    "limit-doubled": Bug("connector.lanes.pace.Pace.__init__", twice_the_limit),
    "assigned-long-ago": Bug("connector.lanes.pace.Pace.__init__", assigned_long_ago),
    "event-lost": Bug("connector.agents.outbox.Outbox.send", events_unheard),
    "cancellation-ignored": Bug("connector.agents.orders.edits.ShipmentEdit.change", no_cancellations),
    "dead-letter-dropped": Bug("connector.agents.incoming.Incoming.open", letters_dropped),
    "conflict-is-success": Bug("connector.agents.inventory.settlements.settle_inventory", conflict_is_success),
    "acked-when-begun": Bug("connector.kafka.engine.consumer.BatchConsumer.begin", acked_when_begun),
    "reset-untold": Bug("connector.agents.records.resets.OffsetResets.tell", tells_nobody),
    "unapplied-believed": Bug("connector.domain.inventory.requests.InventoryLevel.shows_another_than", never),
    "stated-limit-ignored": Bug("connector.lanes.pace.Pace.follow", never_closed),
    "pause-ignored": Bug("connector.agents.merchants.controls.Controls.paused", never),
    "zero-ignored": Bug("connector.agents.merchants.controls.Controls.is_zeroed", never),
    "foreign-number-missed": Bug("connector.domain.inventory.settlement.adopt_sequence", adopts_the_same),
    "retry-after-ignored": Bug("connector.lanes.pace.Pace.close_until", never_closed),
}


def plant(name: str) -> Callable[[], None]:
    """What is given takes it out again."""
    bug = BUGS[name]
    right = original(bug.where)
    replace_at(bug.where, bug.broken(right))
    return lambda: replace_at(bug.where, right)
