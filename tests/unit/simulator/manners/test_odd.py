"""All manners together: alike for a seed, the state true whatever was answered, within the model where they say so."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from jsonschema import ValidationError

from connector.simulator import NewReturn, NewShipment, Simulator
from connector.simulator.amazon.shipments.shipments import STATUSES, Shipment
from connector.simulator.manners.catalogue import ALL
from tests.kit.amazon.simulator import (
    RETURNS,
    SHIPMENTS,
    STEPS,
    ManualClock,
    Merchant,
    Reply,
    fetch,
    in_manner,
    merchant_of,
    package,
    update,
)
from tests.kit.amazon.spapi_model import check_response, needs_models

TRIES = 8
EFFECTS = {
    "CONFIRMED": "confirmed",
    "PACKAGE_CREATED": "packages_created",
    "INVOICE_GENERATED": "invoice_generated",
    "SHIPLABEL_GENERATED": "labels_generated",
    "SHIPPED": "package_shipped",
}


@dataclass(slots=True)
class Caller:
    """Asks again, reads what is so before each step, and believes nothing else: what a careful client does."""

    merchant: Merchant
    clock: ManualClock
    simulator: Simulator
    said: list[tuple[int, str]] = field(default_factory=list)

    def hear(self, reply: Reply) -> Reply:
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        self.said.append((reply.status, re.sub(r"http://[^\"]*", "URL", text)))
        self.clock.advance(3)
        return reply

    async def walk(self, shipment: Shipment) -> None:
        for step in STEPS:
            for _ in range(TRIES):
                if STATUSES.index(shipment.status) >= STATUSES.index(step):
                    break
                self.hear(await self.merchant.call("GET", f"{SHIPMENTS}/{shipment.id}"))
                await self.make(shipment, step)

    async def make(self, shipment: Shipment, step: str) -> None:
        path = f"{SHIPMENTS}/{shipment.id}"
        match step:
            case "PACKAGE_CREATED":
                cancelled = {
                    line_id: sum(each["cancelledQuantity"] for each in line.get("cancellations", ()))
                    for line_id, line in shipment.lines.items()
                }
                left = {
                    f"line{line_id}": line["numberOfUnits"] - cancelled[line_id]
                    for line_id, line in shipment.lines.items()
                    if line["numberOfUnits"] > cancelled[line_id]
                }
                self.hear(await self.merchant.step(shipment, step, [package(shipment, **left)]))
            case "SHIPLABEL_GENERATED":
                options = self.hear(await self.merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body
                offered = options.get("recommendedShippingOption", {}) if isinstance(options, dict) else {}
                query = {"operation": "GENERATE", "shippingOptionId": offered.get("shippingOptionId", "")}
                self.hear(await self.merchant.call("PUT", f"{path}/shipLabels", None, **query))
            case _:
                self.hear(await self.merchant.step(shipment, step))


async def campaign(
    seed: int, manners: Sequence[str] = ("odd",), shipments: int = 12
) -> tuple[Simulator, list[tuple[int, str]]]:
    """Shipments walked to SHIPPED, stock, lists and returns: the simulator, and each status and body that it said."""
    clock = ManualClock()
    simulator = in_manner(*manners, clock=clock, seed=seed)
    made = [
        simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2, "b": 1}, program="EASY_SHIP"))
        for _ in range(shipments)
    ]
    for shipment in made[:3]:
        simulator.marketplace.create_return(NewReturn(shipment.id))
    async with merchant_of(simulator) as merchant:
        caller = Caller(merchant, clock, simulator)
        for number, shipment in enumerate(made, start=1):
            caller.hear(await merchant.batch(update("a", number, number), update("b", 1, number), fetch("c")))
            caller.hear(await merchant.call("GET", SHIPMENTS, status="ACCEPTED"))
            caller.hear(await merchant.call("GET", RETURNS))
            caller.hear(await merchant.call("GET", f"{RETURNS}/RET0000001"))
            await caller.walk(shipment)
        for shipment in made:
            caller.hear(await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}"))
    return simulator, caller.said


async def test_a_seed_repeats_itself_and_another_does_not() -> None:
    _, first = await campaign(1)
    _, again = await campaign(1)
    _, other = await campaign(2)
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(4))
async def test_the_state_is_true_whatever_was_answered(seed: int) -> None:
    simulator, _ = await campaign(seed)
    assert [each for each in simulator.effects.repeated() if each[1] != "options_retrieved"] == []
    for shipment in simulator.shipments:
        reached = STATUSES.index(shipment.status)
        made = {name: simulator.effects.count(shipment.id, name) for name in EFFECTS.values()}  # type: ignore[arg-type]
        assert made == {name: int(reached >= STATUSES.index(status)) for status, name in EFFECTS.items()}
    history = simulator.inventory.history("M1", "EXSB", "a")
    assert [each.sequence for each in history] == sorted({each.sequence for each in history})
    assert simulator.inventory.reused_sequences() == []


async def test_most_get_through_all_the_same() -> None:
    simulator, _ = await campaign(1)
    assert sum(shipment.status == "SHIPPED" for shipment in simulator.shipments) >= 8


async def test_each_manner_shows_somewhere() -> None:
    """Each at a share of one in two, so that the caller gets on: none is left that no layer asks for."""
    unseen = set(ALL)
    for name in list(unseen):
        for seed in range(3):
            simulator, _ = await campaign(seed, [f"{name}=0.5"], 4) if name != "label-without-file" else await own(seed)
            unseen -= {shown for shown, _ in simulator.manners.shown}
            if name not in unseen:
                break
    assert unseen == set()


async def own(seed: int) -> tuple[Simulator, list[tuple[int, str]]]:
    simulator = in_manner("label-without-file", seed=seed)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program="SELF_SHIP"))
    body = {"packageIds": ["P1"], "courierSupportedAttributes": {"carrierName": "Own", "trackingId": "TRK-1"}}
    query = {"operation": "GENERATE", "shippingOptionId": f"COURIER=={shipment.id}"}
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        await merchant.call("PUT", f"{SHIPMENTS}/{shipment.id}/shipLabels", body, **query)
    return simulator, []


@needs_models
@pytest.mark.parametrize("name", [manner.name for manner in ALL.values() if manner.within_model])
async def test_what_says_that_the_model_allows_it_is_allowed(name: str) -> None:
    simulator, _ = await campaign(1, [f"{name}=0.5"], 4)
    for call in simulator.calls:
        if call.operation != "token":
            check_response(call.method, call.path, call.status, call.response)


@needs_models
async def test_what_says_that_it_is_beyond_the_model_is() -> None:
    for name in [manner.name for manner in ALL.values() if not manner.within_model]:
        simulator, _ = await campaign(2, [f"{name}=0.5"], 4)
        assert any(_beyond(call.method, call.path, call.status, call.response) for call in simulator.calls), name


def _beyond(method: str, path: str, status: int, body: str) -> bool:
    if path.startswith("/auth"):
        return False
    try:
        check_response(method, path, status, body)
    except (AssertionError, ValidationError, json.JSONDecodeError):
        return True
    return False
