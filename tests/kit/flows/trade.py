"""A marketplace at work for a campaign: customers order, cancel and send back, and an OMS works what it is told to."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from tests.kit.flows.judge import Seen, look, parked_lists, unanswered
from tests.kit.flows.orders import (
    FAST,
    FAST_SIMULATOR,
    PROGRAMS,
    Command,
    new_shipments,
    order_seller,
    send,
    sequence,
)
from tests.kit.flows.returns import create_return
from tests.kit.flows.world import Seller, World
from tests.kit.kafka.broker import eventually

SWITCHES = {
    # A step that is made twice has its effect twice; and what takes minutes at Amazon takes seconds here
    "repeat_step": "apply",
    "late_in_lists_s": 8,
    "option_life_s": 15,
    "invoice_pending_s": 4,
    "incident_within_s": 6,
}
WAY_BACK = ("PICKED_FROM_CUSTOMER", "IN_TRANSIT", "DELIVERED", "PROCESSED")


def trade_simulator(seed: int, *, odd: bool) -> tuple[str, ...]:
    """Arguments of an Amazon that such a marketplace is at; `odd`: in all its odd manners."""
    switches = (part for name, value in SWITCHES.items() for part in ("--switch", f"{name}={value}"))
    manners = ("--manners", "odd") if odd else ()
    return (*FAST_SIMULATOR, "--limit", "returns=1000", *switches, *manners, "--seed", str(seed))


def trade_seller(merchant_id: str, limits: str = FAST) -> Seller:
    return order_seller(merchant_id, extra="poll_interval_s = 1", limits=f"{limits}returns = {{rate = 200}}\n")


class Trade:
    """`commands`: command id -> shipment id of all that the OMS sent; `shipment_ids`, `returns` (with how far each is
    on its way back) of all there are; `elsewhere`: shipments that the seller worked in Amazon's console meanwhile."""

    def __init__(self, world: World, merchants: Sequence[str], seed: int) -> None:
        self._world = world
        self._merchants = merchants
        self._chance = random.Random(seed)
        self._open: list[str] = []
        self.shipment_ids: list[str] = []
        self.commands: dict[str, str] = {}
        self.returns: dict[str, int] = {}
        self.elsewhere: set[str] = set()

    def work_elsewhere(self, most: int) -> None:
        """Of the orders that are being worked, so many at most are confirmed by somebody else."""
        for shipment_id in self._chance.sample(self._open, min(most, len(self._open))):
            self.elsewhere.add(shipment_id)
            if self._world.ask(f"shipments/{shipment_id}")["status"] in ("CREATED", "ACCEPTED"):
                self._tell(f"shipments/{shipment_id}/console", status="CONFIRMED")

    def go_on(self, orders: int) -> None:
        """So many new orders; and of those before, some are cancelled, some returns move on."""
        for shipment_id in self._open:
            if self._chance.random() < 0.15:
                self._tell(f"shipments/{shipment_id}/cancel")
        self._open.clear()
        self._send_back()
        for _ in range(orders):
            merchant_id, program = self._chance.choice(self._merchants), self._chance.choice(PROGRAMS)
            (shipment_id,) = new_shipments(self._world, merchant_id, program)
            self.shipment_ids.append(shipment_id)
            self._fate(merchant_id, shipment_id)

    def _fate(self, merchant_id: str, shipment_id: str) -> None:
        fate = self._chance.random()
        if fate < 0.7:
            self._send(sequence(merchant_id, shipment_id, "Confirm", "Pack", "Ship"))
            self._open.append(shipment_id)
        elif fate < 0.8:
            reject = Command(f"{shipment_id}-Reject", merchant_id, shipment_id, "Reject", {"reason": "OUT_OF_STOCK"})
            self._send([reject])
        else:
            self._tell(f"shipments/{shipment_id}/console", status="SHIPPED")
            self.returns[create_return(self._world, shipment_id, "sku-1")] = 0

    def _send(self, commands: Iterable[Command]) -> None:
        commands = list(commands)
        self.commands |= {command.command_id: command.shipment_id for command in commands}
        send(self._world, commands)

    def _send_back(self) -> None:
        for return_id, far in self.returns.items():
            if far < len(WAY_BACK) and self._chance.random() < 0.7:
                self._tell(f"returns/{return_id}/advance", status=WAY_BACK[far])
                self.returns[return_id] = far + 1

    def _tell(self, path: str, **body: Any) -> None:
        """What Amazon would not do any more is not done: the order has moved on meanwhile."""
        try:
            self._world.tell("POST", path, body)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 400:
                raise

    def wait_told(self, timeout_s: float) -> Seen:
        """Until every command is answered, and the last state of every order and return is on Kafka."""
        missing: list[str] = []

        def all_told() -> Seen | None:
            seen = look(self._world)
            missing[:] = self.missing(seen)
            return None if missing else seen

        try:
            return eventually("all is told", all_told, timeout_s)
        except AssertionError as late:
            raise AssertionError(f"{late}; missing {missing}") from None

    def missing(self, seen: Seen) -> list[str]:
        """Commands without an answer; orders and returns whose last state was not told."""
        return [*unanswered(seen, self.commands), *self._untold(seen)]

    def _untold(self, seen: Seen) -> list[str]:
        told = {event["shipment_id"]: event["status"] for event in seen.orders}
        told |= {event["shipment_id"]: "CANCELLED" for event in seen.cancellations}
        back = {event["return_id"]: event["status"] for event in seen.returns}
        parked = parked_lists(seen)
        untold = [body for body in self._world.ask("shipments") if told.get(body["id"]) != body["status"]]
        untold += [
            body
            for body in self._world.ask("returns")
            if back.get(body["id"]) != body["status"]
            and (_merchant_of(body), f"returns {body['status']} at {body['returnLocationId']}") not in parked
        ]
        return [f"{body['id']} {body['status']}" for body in untold]


def _merchant_of(returned: Mapping[str, Any]) -> str:
    return str(returned["marketplaceChannelDetails"]["merchantId"])
