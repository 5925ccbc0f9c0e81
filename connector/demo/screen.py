"""What the demo shows while it runs, and at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.table import Table

from connector.demo.environment import Environment
from connector.demo.oms import Tally
from connector.demo.orders import Orders


def demo_progress(environment: Environment, tally: Tally, orders: Orders, merchants: Sequence[str]) -> Group:
    """Two tables, of inventory and of orders, as they are now."""
    return Group(_inventory(environment, tally, merchants), _orders(orders))


def _orders(orders: Orders) -> Table:
    table = Table(title="Orders, Amazon to OMS and back", expand=False)
    for column in ("shipment", "program", "state", ""):
        table.add_column(column)
    for shipment_id, state in sorted(orders.states.items()):
        told = orders.cancelled_by.get(shipment_id, "").lower() or orders.replacements.get(shipment_id, "")
        table.add_row(shipment_id, orders.received.get(shipment_id, ""), state, told)
    return table


def _inventory(environment: Environment, tally: Tally, merchants: Sequence[str]) -> Table:
    now_s = environment.simulator.clock.monotonic()
    table = Table(title="Inventory, OMS to Amazon", expand=False)
    for column in ("merchant", "calls in the last second / limit", "backlog", "highest sequence", "settled / written"):
        table.add_column(column, justify="left" if column == "merchant" else "right")
    for merchant_id in merchants:
        lane = environment.worker.lanes.told(merchant_id, "inventory")
        calls = [
            call
            for call in environment.simulator.calls.of(merchant=merchant_id, operation="inventory")
            if call.at > now_s - 1.0
        ]
        table.add_row(
            merchant_id,
            f"{len(calls)} / {lane.limit_per_s:g}" if lane else "-",
            str(lane.backlog) if lane else "-",
            str(tally.highest_sequence[merchant_id]),
            f"{len(tally.settled[merchant_id])} / {len(tally.written[merchant_id])}",
        )
    return table


@dataclass(frozen=True)
class DemoVerdict:
    """`faults` empty: the demo did what it promises."""

    lines: tuple[str, ...]
    faults: tuple[str, ...]


def verdict(environment: Environment, tally: Tally, orders: Orders, merchants: Sequence[str]) -> DemoVerdict:
    faults = [
        f"{merchant_id}: {len(missing)} updates have no result"
        for merchant_id in merchants
        if (missing := tally.written[merchant_id] - tally.settled[merchant_id])
    ]
    posted = {(key.merchant_id, key.sku): stock.posted for key, stock in environment.simulator.inventory.stock.items()}
    wrong = [key for key, quantity in tally.last_quantity.items() if posted.get(key) != quantity]
    if wrong:
        faults.append(f"{len(wrong)} SKUs have another quantity at Amazon than the OMS wrote last")
    if reused := list(environment.simulator.inventory.reused_sequences()):
        faults.append(f"{len(reused)} sequence numbers were used for two quantities")
    lines = []
    for merchant_id in merchants:
        most, refused = tally.most_in_a_second(merchant_id), environment.simulator.calls.throttled(merchant=merchant_id)
        made, written = len(tally.sent_ms[merchant_id]), len(tally.written[merchant_id])
        lines.append(f"{merchant_id}: {made} calls for {written} updates, at most {most} a second (limit 6)")
        if most > 6 or refused:
            faults.append(f"{merchant_id}: the limit was broken")
    order_lines, order_faults = orders.summary()
    faults += order_faults
    outcomes = ", ".join(f"{count} {outcome.lower()}" for outcome, count in sorted(tally.outcomes.items()))
    lines.append(f"updates: {outcomes}")
    return DemoVerdict((*lines, *order_lines), tuple(faults))
