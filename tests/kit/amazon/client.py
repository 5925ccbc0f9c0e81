"""One call of the real client for each of Amazon's operations, answered as a test says, with no network between."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any

from connector.domain.inventory.requests import FetchInventory, InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.orders.facts.packages import Package
from connector.domain.outcomes import Accepted, Outcome, Unauthorized, Unavailable
from connector.smartconnect.auth import AccessTokens, LwaClient
from connector.smartconnect.caller import Caller, CallReport, Clocks
from connector.smartconnect.client import SmartConnect
from connector.smartconnect.label_hosts import LabelHosts
from connector.smartconnect.messages import Departure, Request, Response
from tests.kit.amazon.model.answers import Answer
from tests.kit.amazon.model.tree import path_of

MERCHANT = "A2EXAMPLE"
LOCATION = "EXSB"
WALL = 1_790_000_000.0
TOKEN_URL = "https://lwa.example/auth/o2/token"
JSON = {"content-type": "application/json"}

# `about`: the ids of what is asked for: shipment, return, packages or SKUs
Call = Callable[[SmartConnect, Sequence[str]], Awaitable[CallReport[Any]]]

CALLS: Mapping[str, Call] = {
    "batchInventory": lambda client, about: client.batch_inventory(MERCHANT, updates(about)),
    "getShipments": lambda client, _: client.get_shipments(MERCHANT, "ACCEPTED"),
    "getShipment": lambda client, about: client.get_shipment(MERCHANT, about[0]),
    "processShipment": lambda client, _: client.confirm_shipment(MERCHANT, "S1"),
    "createPackages": lambda client, _: client.create_packages(MERCHANT, "S1", [Package(package_id="P1")]),
    "updatePackage": lambda client, _: client.update_package(MERCHANT, "S1", Package(package_id="P1")),
    "updatePackageStatus": lambda client, _: client.update_package_status(MERCHANT, "S1", "P1", "SHIPPED"),
    "retrieveShippingOptions": lambda client, _: client.retrieve_shipping_options(MERCHANT, "S1", "P1"),
    "generateInvoice": lambda client, _: client.generate_invoice(MERCHANT, "S1"),
    "retrieveInvoice": lambda client, _: client.retrieve_invoice(MERCHANT, "S1"),
    "generateShipLabels": lambda client, about: client.generate_ship_labels(MERCHANT, "S1", about),
    "listReturns": lambda client, _: client.list_returns(MERCHANT),
    "getReturn": lambda client, about: client.get_return(MERCHANT, about[0]),
}


def updates(skus: Sequence[str]) -> list[InventoryRequest]:
    return [UpdateInventory(location_id=LOCATION, sku=sku, quantity=5, sequence=7) for sku in skus]


def fetches(skus: Sequence[str]) -> list[InventoryRequest]:
    return [FetchInventory(location_id=LOCATION, sku=sku) for sku in skus]


def ask(
    operation: str,
    body: bytes,
    status: int = 200,
    *,
    about: Sequence[str] = ("X1",),
    headers: Mapping[str, str] | None = None,
) -> CallReport[Any]:
    """What the client makes of this answer."""
    answer = Response(status, JSON if headers is None else headers, body)
    return _asker().ask(lambda client: CALLS[operation](client, about), answer)


def asked_for(answer: Answer) -> CallReport[Any]:
    """What the client makes of an answer, having asked for just what it tells of."""
    return ask(answer.operation.name, answer.body, answer.operation.status, about=ids_in(answer))


def ids_in(answer: Answer) -> list[str]:
    told: dict[str, list[str]] = defaultdict(list)
    for place, _, said in answer.facts():
        told[path_of(place)].append(str(said.meant))
    return next((told[path] for path in _IDS if path in told), ["X1"])


_IDS = ("id", "packageShipLabelList[].packageId", "responses[].body.skuId")


def ask_batch(requests: Sequence[InventoryRequest], body: bytes) -> tuple[Outcome[InventoryLevel], ...]:
    """What became of each of these requests."""
    answer = Response(207, JSON, body)
    outcome = _asker().ask(lambda client: client.batch_inventory(MERCHANT, requests), answer).outcome
    given: tuple[Outcome[InventoryLevel], ...] = outcome.value if isinstance(outcome, Accepted) else ()
    return given


@cache
def _asker() -> "_Asker":
    return _Asker()


class _Asker:
    def __init__(self) -> None:
        self._loop = asyncio.Runner()
        self._answer = Response(204)
        lwa = LwaClient(TOKEN_URL, "client", "secret")
        tokens = AccessTokens(self, lwa, _refresh_token, clock=lambda: 0.0, chance=lambda: 0.5)
        clocks = Clocks(monotonic=lambda: 0.0, wall=lambda: WALL)
        url = "https://api.example"
        caller = Caller(self, tokens, url, total_s=60.0, gate=lambda: True, clocks=clocks)
        self._client = SmartConnect(caller, LabelHosts(url))

    def ask(self, call: Callable[[SmartConnect], Awaitable[CallReport[Any]]], answer: Response) -> CallReport[Any]:
        self._answer = answer

        async def made() -> CallReport[Any]:
            return await call(self._client)

        return self._loop.run(made())

    async def send(self, request: Request, departure: Departure) -> Response:
        """In the network's place."""
        departure.leave()
        if request.origin + request.target == TOKEN_URL:
            return Response(200, JSON, b'{"access_token": "Atza|1", "expires_in": 3600}')
        return self._answer

    async def aclose(self) -> None: ...


async def _refresh_token(_: str) -> str | Unauthorized | Unavailable:
    return "Atzr|1"
