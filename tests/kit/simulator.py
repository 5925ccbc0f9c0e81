"""A bare client of the simulator for tests of the simulator itself; nothing of the connector stands between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from connector.simulator import Simulator, serve

INVENTORIES = "/externalFulfillment/inventory/2024-09-11/inventories"


@dataclass(frozen=True, slots=True)
class Reply:
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
            return Reply(response.status, await response.json() if text else None, dict(response.headers))

    async def batch(self, *items: dict[str, Any]) -> Reply:
        return await self.call("POST", INVENTORIES, {"requests": list(items)})

    async def update(self, sku: str, quantity: int, sequence: int, location: str = "EXSB") -> dict[str, Any]:
        """Status and body of the one item."""
        item = (await self.batch(update(sku, quantity, sequence, location))).body["responses"][0]
        return {"status": item["status"]["statusCode"], **item["body"]}


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
    while not condition():
        await asyncio.sleep(0)  # noqa: ASYNC110 - what is awaited is state that fires no event


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
