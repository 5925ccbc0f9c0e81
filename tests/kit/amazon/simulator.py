"""A bare client of the simulator for tests of the simulator itself; nothing of the connector stands between."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from connector.simulator import Clock, Limit, Simulator, serve
from connector.simulator.amazon.shipments.shipments import Shipment
from connector.simulator.base.limits import OPERATIONS

INVENTORIES = "/externalFulfillment/inventory/2024-09-11/inventories"
SHIPMENTS = "/externalFulfillment/2024-09-11/shipments"
RETURNS = "/externalFulfillment/2024-09-11/returns"
UNLIMITED = {operation: Limit(100_000) for operation in OPERATIONS}
STEPS = ("CONFIRMED", "PACKAGE_CREATED", "PICKUP_SLOT_RETRIEVED", "INVOICE_GENERATED", "SHIPLABEL_GENERATED", "SHIPPED")


@dataclass(frozen=True, slots=True)
class Reply:
    """`body`: what the JSON says, or the text as it came; None where there was none."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass(slots=True)
class Merchant:
    """One merchant's calls."""

    url: str
    http: aiohttp.ClientSession
    token: str = ""

    async def log_in(self, refresh_token: str) -> Reply:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": "c", "client_secret": "s"}
        reply = await self.grant(**form)
        self.token = reply.body.get("access_token", "")
        return reply

    async def grant(self, **form: str) -> Reply:
        async with self.http.post(f"{self.url}/auth/o2/token", data=form) as response:
            return Reply(response.status, await response.json(), dict(response.headers))

    async def call(self, method: str, path: str, body: Any = None, **query: str | int) -> Reply:
        headers = {"x-amz-access-token": self.token} if self.token else {}
        async with self.http.request(method, self.url + path, json=body, params=query, headers=headers) as response:
            text = await response.text()
            told = json.loads(text) if response.content_type == "application/json" and text else text or None
            return Reply(response.status, told, dict(response.headers))

    async def batch(self, *items: dict[str, Any]) -> Reply:
        return await self.call("POST", INVENTORIES, {"requests": list(items)})

    async def update(self, sku: str, quantity: int, sequence: int, location: str = "EXSB") -> dict[str, Any]:
        """Status and body of the one item."""
        item = (await self.batch(update(sku, quantity, sequence, location))).body["responses"][0]
        return {"status": item["status"]["statusCode"], **item["body"]}

    async def step(self, shipment: Shipment, to: str, packages: list[dict[str, Any]] | None = None) -> Reply:
        """The one call that leads a shipment to this status, with the first shipping option and package "P1"."""
        path = f"{SHIPMENTS}/{shipment.id}"
        match to:
            case "CONFIRMED":
                return await self.call("POST", path, operation="CONFIRM")
            case "PACKAGE_CREATED":
                return await self.call("POST", f"{path}/packages", {"packages": packages or [package(shipment)]})
            case "PICKUP_SLOT_RETRIEVED":
                return await self.call("GET", f"{path}/shippingOptions", packageId="P1")
            case "INVOICE_GENERATED":
                return await self.call("POST", f"{path}/invoice")
            case "SHIPLABEL_GENERATED":
                return await self.labels(shipment, "GENERATE")
            case "SHIPPED":
                return await self.call("PATCH", f"{path}/packages/P1", {"status": "SHIPPED"})
        return await self.call("POST", path, rejection(shipment), operation="REJECT")

    async def walk(self, shipment: Shipment, to: str) -> None:
        """From ACCEPTED through every step of the shipment's program."""
        for status in STEPS[: STEPS.index(to) + 1] if to in STEPS else ():
            if status != "INVOICE_GENERATED" or shipment.needs_invoice:
                reply = await self.step(shipment, status)
                assert reply.status in (200, 204), reply

    async def labels(self, shipment: Shipment, operation: str, body: Any = None) -> Reply:
        option = {"SELLER_FLEX": "", "EASY_SHIP": f"PICKUP=={shipment.id}", "SELF_SHIP": f"SELF=={shipment.id}"}
        query = {"operation": operation, "shippingOptionId": option[shipment.program]}
        path = f"{SHIPMENTS}/{shipment.id}/shipLabels"
        return await self.call("PUT", path, body, **{name: value for name, value in query.items() if value})


def package(shipment: Shipment, package_id: str = "P1", **units: int) -> dict[str, Any]:
    """A valid package of the lines and units named ("line1"=2), or of all."""
    quantities = {name.removeprefix("line"): count for name, count in units.items()} or {
        line_id: line["numberOfUnits"] for line_id, line in shipment.lines.items()
    }
    side = {"value": "12.5", "dimensionUnit": "CM"}
    return {
        "id": package_id,
        "dimensions": {"length": side, "width": side, "height": side},
        "weight": {"value": "0.4", "weightUnit": "KG"},
        "packageLineItems": [
            {"packageLineItemId": line_id, "quantity": quantity} for line_id, quantity in quantities.items()
        ],
    }


def rejection(shipment: Shipment, reference_id: str = "ref-1") -> dict[str, Any]:
    lines = [{"lineItem": {"id": line_id, "quantity": 0}, "reason": "OUT_OF_STOCK"} for line_id in shipment.lines]
    return {"referenceId": reference_id, "lineItems": lines}


def update(sku: str, quantity: int, sequence: int, location: str = "EXSB", channel: str = "") -> dict[str, Any]:
    body: dict[str, Any] = {"quantity": quantity, "clientSequenceNumber": sequence}
    if channel:
        body["marketplaceAttributes"] = {"channelName": channel, "marketplaceId": "A21TJRUUN4KGV"}
    return {"method": "POST", "uri": _uri("update", sku, location), "body": body}


def fetch(sku: str, location: str = "EXSB") -> dict[str, Any]:
    return {"method": "POST", "uri": _uri("fetch", sku, location), "body": {}}


def _uri(action: str, sku: str, location: str) -> str:
    return f"/inventory/{action}?locationId={quote(location, safe='')}&skuId={quote(sku, safe='')}"


@asynccontextmanager
async def merchant_of(simulator: Simulator, merchant_id: str = "M1") -> AsyncIterator[Merchant]:
    """Serves the simulator and logs one merchant in."""
    async with serve(simulator) as url, aiohttp.ClientSession() as http:
        merchant = Merchant(url, http)
        await merchant.log_in(f"Atzr|{merchant_id}")
        yield merchant


async def until(condition: Callable[[], object]) -> None:
    """Waits, for ever: the caller sets the deadline."""
    while not condition():  # noqa: ASYNC110 - what is awaited is state that fires no event
        await asyncio.sleep(0.001)


def in_manner(*manners: str, clock: "ManualClock | None" = None, seed: int = 0) -> Simulator:
    """A simulator without limits whose clock stands, keeping all bodies, with these manners on."""
    clock = clock or ManualClock()
    simulator = Simulator(limits=UNLIMITED, clock=Clock(clock.monotonic, clock.wall), keep_bodies=True, seed=seed)
    for manner in manners:
        simulator.manner(manner)
    return simulator


class ManualClock:
    """Stands until it is moved; give `clock.monotonic` and `clock.wall` to Clock."""

    def __init__(self, wall: float = 1_790_000_000.0) -> None:
        self._passed = 0.0
        self._wall = wall

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def wall(self) -> float:
        return self._wall + self._passed

    def advance(self, seconds: float) -> None:
        self._passed += seconds
