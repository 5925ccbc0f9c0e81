"""SmartConnect's operations as typed verbs (External Fulfillment API 2024-09-11). Each is one request, or none."""

import random
import time
from collections.abc import Callable, Sequence

import httpx

from connector.domain.inventory import InventoryLevel, InventoryRequest
from connector.domain.outcomes import Outcome
from connector.smartconnect.auth import AccessTokens, RefreshTokens
from connector.smartconnect.calls import Caller, CallReport
from connector.smartconnect.http import Timeouts, open_http
from connector.smartconnect.outcomes import answered
from connector.smartconnect.wire import Json, from_json
from connector.smartconnect.wire_inventory import batch_body, read_batch

INVENTORIES = "/externalFulfillment/inventory/2024-09-11/inventories"


class SmartConnect:
    """Verbs that belong to a seller take its merchant_id; lanes pace and repeat them, nothing here does."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def aclose(self) -> None:
        await self._caller.aclose()

    async def batch_inventory(
        self, merchant_id: str, requests: Sequence[InventoryRequest]
    ) -> CallReport[tuple[Outcome[InventoryLevel], ...]]:
        """1 to 10 requests; an outcome for each, in their order."""

        def decode(response: httpx.Response) -> tuple[Outcome[InventoryLevel], ...]:
            def read(body: Json) -> tuple[Outcome[InventoryLevel], ...]:
                return read_batch(body, requests, answered(response))

            return from_json(read)(response)

        return await self._caller.call(merchant_id, "POST", INVENTORIES, decode, body=batch_body(requests))


def open_smartconnect(
    *,
    base_url: str,
    token_url: str,
    client_id: str,
    client_secret: str,
    refresh_tokens: RefreshTokens,
    gate: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    chance: Callable[[], float] = random.random,
    timeouts: Timeouts | None = None,
    max_connections: int = 1000,
) -> SmartConnect:
    """One for all merchants of a worker, made inside its event loop; close it with `aclose()`.

    `gate`: may a request leave now? `clock`: monotonic seconds, `wall`: epoch seconds, `chance`: in [0, 1).
    """
    timeouts = timeouts or Timeouts()
    http = open_http(timeouts, max_connections=max_connections)
    tokens = AccessTokens(
        http,
        token_url=token_url,
        client_id=client_id,
        client_secret=client_secret,
        refresh_tokens=refresh_tokens,
        clock=clock,
        chance=chance,
    )
    caller = Caller(http, tokens, base_url=base_url, total_s=timeouts.total_s, gate=gate, clock=clock, wall=wall)
    return SmartConnect(caller)
