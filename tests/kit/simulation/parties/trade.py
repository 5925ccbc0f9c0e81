"""Buyers, sellers and carriers at Amazon, and how the OMS works what it receives."""

from collections.abc import Callable, Mapping
from typing import Any

from connector.simulator.amazon.returns.new import NewReturn
from connector.simulator.amazon.shipments.new import NewShipment
from connector.simulator.base.effects import Effect
from connector.simulator.simulator import Simulator
from tests.kit.simulation import plan as p
from tests.kit.simulation.engine.loop import ProcessLoop
from tests.kit.simulation.engine.timeline import Timeline
from tests.kit.simulation.parties.oms import Oms

DELIVERED_AFTER_S = 600.0
LONG_DONE_S = 1200.0  # a command written again by then has its result
WAY_BACK = ("PICKED_FROM_CUSTOMER", "IN_TRANSIT", "DELIVERED", "PROCESSED")


class Trade:
    def __init__(self, simulator: Simulator, loop: ProcessLoop, oms: Oms, timeline: Timeline) -> None:
        self.orders: dict[str, p.Order] = {}
        self._simulator = simulator
        self._loop = loop
        self._oms = oms
        self._timeline = timeline
        self.last_change_s = 0.0
        self._cancelled_amid: set[str] = set()
        oms.on_received = self._received
        simulator.effects.listeners.append(self._effect)

    def order(self, order: p.Order) -> None:
        self.orders[order.shipment_id] = order
        lines = {f"sku-{number}": 1 for number in range(order.units)}
        new = NewShipment(
            order.merchant_id,
            lines,
            program=order.program,  # type: ignore[arg-type]  # of PROGRAMS
            location_id=order.program,
            shipment_id=order.shipment_id,
            ship_by=None,
        )
        self._at_amazon(0.0, lambda: self._simulator.marketplace.create_shipment(new))
        if order.fate == "cancel":
            self._at_amazon(order.after_s, lambda: self._cancel(order.shipment_id))
        if order.fate == "console":
            self._at_amazon(order.after_s, lambda: self._console(order))

    def _at_amazon(self, after_s: float, action: Callable[[], object]) -> None:
        """In its process: notifications are told by tasks."""

        def act() -> None:
            self.last_change_s = self._timeline.now_s
            self._loop.call_soon(action)

        self._timeline.after(after_s, act)

    def _received(self, event: Mapping[str, Any]) -> None:
        order = self.orders[event["shipment_id"]]
        match order.fate:
            case "work" | "late" | "again" | "cancel-amid" | "cancel":
                for number, action in enumerate(("Confirm", "Pack", "Ship")):
                    self._timeline.after(order.after_s + 2.0 * number, self._command, order, action)
            case "reject":
                self._timeline.after(order.after_s, self._command, order, "Reject")
            case "console":
                pass

    def _command(self, order: p.Order, action: str) -> None:
        fields = {"reason": "OUT_OF_STOCK"} if action == "Reject" else {}
        again_after_s = (0.0, LONG_DONE_S) if order.fate == "again" else ()
        self._oms.command(order.merchant_id, order.shipment_id, action, again_after_s=again_after_s, **fields)

    def _effect(self, effect: Effect) -> None:
        order = self.orders[effect.shipment_id]
        is_amid = effect.name == "packages_created" and order.fate == "cancel-amid"
        if is_amid and order.shipment_id not in self._cancelled_amid:
            self._cancelled_amid.add(order.shipment_id)
            self._at_amazon(0.1, lambda: self._cancel(order.shipment_id))
        if effect.name == "package_shipped":
            self._at_amazon(DELIVERED_AFTER_S, lambda: self._arrive(order))

    def _cancel(self, shipment_id: str) -> None:
        if self._simulator.shipments[shipment_id].status not in ("SHIPPED", "DELIVERED", "CANCELLED"):
            self._simulator.marketplace.cancel(shipment_id)

    def _console(self, order: p.Order) -> None:
        self._simulator.marketplace.work_in_console(order.shipment_id, "SHIPPED")
        self._at_amazon(DELIVERED_AFTER_S, lambda: self._arrive(order))

    def _arrive(self, order: p.Order) -> None:
        self._simulator.marketplace.deliver(order.shipment_id)
        if order.comes_back:
            self._at_amazon(DELIVERED_AFTER_S, lambda: self._send_back(order))

    def _send_back(self, order: p.Order) -> None:
        made = self._simulator.marketplace.create_return(
            NewReturn(order.shipment_id, return_id=f"R-{order.shipment_id}")
        )
        for number, status in enumerate(WAY_BACK, start=1):
            advance = _advance(self._simulator, made.id, status)
            self._at_amazon(300.0 * number, advance)


def _advance(simulator: Simulator, return_id: str, status: str) -> Callable[[], object]:
    return lambda: simulator.marketplace.advance_return(return_id, status)
