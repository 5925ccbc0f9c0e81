"""Inventory calls as a user of httpx and aiolimiter would make them; what both peers have in common."""
# mypy: disable-error-code="import-not-found"
# aiolimiter is no dependency of ours: an environment of its own runs this, see bench/peers/__main__.py

import asyncio
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import fastavro
import httpx
from aiolimiter import AsyncLimiter

PATH = "/externalFulfillment/inventory/2024-09-11/inventories"
HEADER = 10  # bytes of Avro's single-object encoding before the record
TRIES = 5
TAKEN, KNOWN = 200, 409


@dataclass(frozen=True)
class Update:
    merchant_id: str
    location_id: str
    sku: str
    quantity: int
    occurred_at: datetime


class UpdateReader:
    def __init__(self, schema: str) -> None:
        self._schema = fastavro.parse_schema(json.loads(schema))

    def read(self, value: bytes) -> Update:
        record: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER:]), self._schema)
        return Update(**{name: record[name] for name in Update.__dataclass_fields__})


@dataclass(frozen=True)
class Numbered:
    """An update and the sequence number that goes with it."""

    update: Update
    number: int


class Caller:
    """Calls of all merchants at once, each merchant's in order and at its limit.

    The limiter lets one call out every 1 / rate seconds: with a bucket of `rate` calls, as its documentation has it,
    twice the limit would leave within the first second.
    """

    def __init__(self, url: str, rate: int) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=10)
        self._limiters: dict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(1, 1 / rate))
        self._tokens: dict[str, str] = {}

    async def send(self, numbered: Iterable[Numbered]) -> None:
        """Of each SKU the newest alone. Returns when Amazon has taken all of them; raises what httpx does."""
        newest = {(each.update.merchant_id, each.update.sku): each for each in numbered}
        by_merchant: dict[str, list[Numbered]] = defaultdict(list)
        for each in newest.values():
            by_merchant[each.update.merchant_id].append(each)
        await asyncio.gather(*(self._send_in_order(mine) for mine in by_merchant.values()))

    async def _send_in_order(self, mine: Iterable[Numbered]) -> None:
        for each in mine:
            await self._send_one(each)

    async def _send_one(self, each: Numbered) -> None:
        update = each.update
        where = f"locationId={quote(update.location_id)}&skuId={quote(update.sku)}"
        body = {"quantity": update.quantity, "clientSequenceNumber": each.number}
        item = {"method": "POST", "uri": f"/inventory/update?{where}", "body": body}
        headers = {"x-amz-access-token": await self._token(update.merchant_id)}
        for attempt in range(TRIES):
            async with self._limiters[update.merchant_id]:
                response = await self._client.post(PATH, json={"requests": [item]}, headers=headers)
            if response.is_success and response.json()["responses"][0]["status"]["statusCode"] in (TAKEN, KNOWN):
                return
            await asyncio.sleep(2**attempt)
        raise RuntimeError(f"Amazon does not take {update.sku}")

    async def _token(self, merchant_id: str) -> str:
        if merchant_id not in self._tokens:
            form = {"grant_type": "refresh_token", "refresh_token": merchant_id, "client_id": "c", "client_secret": "s"}
            response = await self._client.post("/token", data=form)
            self._tokens[merchant_id] = response.raise_for_status().json()["access_token"]
        return self._tokens[merchant_id]
