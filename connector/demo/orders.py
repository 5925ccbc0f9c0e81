"""The demo's orders: what Amazon's customers do, and what the OMS answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.kafka.topics import CANCELLATIONS, COMMAND_RESULTS, ORDERS
from connector.simulator import NewShipment, Simulator

CONFIRM: Mapping[str, Any] = {"action": ("smartconnect.Confirm", {})}
PACK: Mapping[str, Any] = {"action": ("smartconnect.Pack", {})}
SHIP: Mapping[str, Any] = {"action": ("smartconnect.Ship", {})}
REJECT: Mapping[str, Any] = {"action": ("smartconnect.Reject", {"reason": "OUT_OF_STOCK"})}
NEXT = {"Confirm": PACK, "Pack": SHIP}


@dataclass
class Orders:
    """Of the orders made, the OMS rejects one, a customer cancels one when it is confirmed, and one is replaced."""

    simulator: Simulator
    made: set[str] = field(default_factory=set)
    received: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    cancelled_by: dict[str, str] = field(default_factory=dict)
    replacements: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    documents: int = 0
    _rejected: str = ""
    _cancelled: str = ""
    _replaced: str = ""

    def make(self, merchants: Mapping[str, str], each: int) -> None:
        ids = [self._make(merchant_id, program) for _ in range(each) for merchant_id, program in merchants.items()]
        self._rejected, self._cancelled, self._replaced = ids[:3]

    def _make(self, merchant_id: str, program: Any) -> str:
        shipment = self.simulator.marketplace.create_shipment(NewShipment(merchant_id, {"SKU-001": 1}, program=program))
        self.made.add(shipment.id)
        return shipment.id

    @property
    def everything_ended(self) -> bool:
        return bool(self.replacements) and all(self.states.get(id_) in ("SHIPPED", "CANCELLED") for id_ in self.made)

    def answer(self, topic: str, record: Mapping[str, Any]) -> dict[str, Any] | None:
        """The OMS's command, if any (without its id and time)."""
        where = {"merchant_id": record["merchant_id"], "shipment_id": record["shipment_id"]}
        command: Mapping[str, Any] | None = None
        if topic == CANCELLATIONS.name:
            self.states[record["shipment_id"]] = "CANCELLED"
            self.cancelled_by[record["shipment_id"]] = record["cancelled_by"]
        elif topic == ORDERS.name:
            command = self._hear_order(record)
        elif topic == COMMAND_RESULTS.name:
            command = self._hear_result(record)
        return None if command is None else {**where, **command}

    def _hear_order(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        shipment_id = event["shipment_id"]
        self.states[shipment_id] = event["status"]
        if event["type"] == "ORDER_RECEIVED" and shipment_id not in self.received:
            self.received[shipment_id] = event["program"]
            if event["original_shipment_id"]:
                self.replacements[shipment_id] = event["original_shipment_id"]
            return REJECT if shipment_id == self._rejected else CONFIRM
        return None

    def _hear_result(self, result: Mapping[str, Any]) -> Mapping[str, Any] | None:
        shipment_id, action = result["shipment_id"], result["action"]
        if result["outcome"] != "DONE":
            self.refused.append(f"{action} of {shipment_id}: {result['outcome']} {result['code']} {result['message']}")
            return None
        self.documents += len(result["documents"])
        if action == "Confirm" and shipment_id == self._cancelled:
            self.simulator.marketplace.cancel(shipment_id, reason="Customer cancelled")
            return None
        if action == "Ship" and shipment_id == self._replaced:
            self.made.add(self.simulator.marketplace.replace(shipment_id).id)
        return NEXT.get(action)

    def summary(self) -> tuple[Sequence[str], Sequence[str]]:
        """(lines, faults)."""
        shipped = sum(state == "SHIPPED" for state in self.states.values())
        lines = [
            f"orders: {len(self.received)} received, {shipped} shipped, {len(self.cancelled_by)} cancelled "
            f"({', '.join(sorted(self.cancelled_by.values())).lower()}), {len(self.replacements)} replacement",
            f"documents stored: {self.documents}",
        ]
        faults = [
            f"{id_}: is {self.states.get(id_, 'never seen')}" for id_ in sorted(self.made) if not self._ended(id_)
        ]
        faults += [f"{shipment}: {name} was done {times} times" for shipment, name, _, times in self._repeated()]
        if sorted(self.cancelled_by.values()) != ["CUSTOMER_OR_MARKETPLACE", "SELLER"]:
            faults.append(f"cancelled by {sorted(self.cancelled_by.values())}, not one by each side")
        return lines, faults + self.refused

    def _ended(self, shipment_id: str) -> bool:
        return self.states.get(shipment_id) in ("SHIPPED", "CANCELLED")

    def _repeated(self) -> list[Any]:
        return [effect for effect in self.simulator.effects.repeated() if effect[1] != "options_retrieved"]
