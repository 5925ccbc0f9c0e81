"""python-amazon-sp-api, a client that nobody here wrote, works against the simulator.

Its marketplace object and its token client class are arguments; both are pointed at the simulator. Of its facades only
the classes for 2024-09-11 are used: the unversioned ones speak 2021-01-06. Its processShipment and generateShipLabels
put `operation` into the body, where the published model does not have it, so those steps are taken without it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from sp_api.api.external_fulfillment.inventory_2024_09_11 import ExternalFulfillmentInventoryV20240911
from sp_api.api.external_fulfillment.returns_2024_09_11 import ExternalFulfillmentReturnsV20240911
from sp_api.api.external_fulfillment.shipping_2024_09_11 import ExternalFulfillmentShippingV20240911
from sp_api.auth import AccessTokenClient
from sp_api.auth.access_token_client import cache
from sp_api.base import SellingApiException

from connector.simulator import NewReturn, NewShipment, Simulator, serve
from tests.kit.amazon.simulator import UNLIMITED, merchant_of, package


@pytest.fixture(autouse=True)
def _no_tokens_of_another_test() -> None:
    cache.clear()


@dataclass(frozen=True)
class Marketplace:
    """As the library's own ones are."""

    endpoint: str
    marketplace_id: str = "A21TJRUUN4KGV"
    region: str = "eu-west-1"


@contextmanager
def foreign(client: Any, url: str) -> Iterator[Any]:
    """M1's. The library closes neither its connection nor that of its token client by itself."""
    opened: list[Any] = []

    class Tokens(AccessTokenClient):  # type: ignore[misc]  # the library ships no types
        scheme, host = "http://", url.removeprefix("http://")

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            opened.append(self._transport)

    credentials = {"refresh_token": "Atzr|M1", "lwa_app_id": "app", "lwa_client_secret": "secret"}
    opened.append(client(marketplace=Marketplace(url), credentials=credentials, auth_token_client_class=Tokens))
    try:
        yield opened[-1]
    finally:
        for each in opened:
            each.close()


def item(action: str, sku: str, **body: int) -> dict[str, Any]:
    return {"method": "POST", "uri": f"/inventory/{action}?locationId=EXSB&skuId={quote(sku)}", "body": body}


async def test_inventory() -> None:
    simulator = Simulator()

    def use(url: str) -> Any:
        with foreign(ExternalFulfillmentInventoryV20240911, url) as client:
            return client.batch_inventory(
                requests=[item("update", "sku 1", quantity=15, clientSequenceNumber=1), item("fetch", "sku 1")]
            )

    async with serve(simulator) as url:
        response = await asyncio.to_thread(use, url)
    updated, fetched = response.payload["responses"]
    assert updated == fetched
    assert fetched["status"]["statusCode"] == 200
    assert fetched["body"]["skuId"] == "sku 1"
    assert (fetched["body"]["sellableQuantity"], fetched["body"]["clientSequenceNumber"]) == (15, 1)
    assert response.rate_limit == "6.0"


async def test_its_errors() -> None:
    simulator = Simulator()
    simulator.merchant("M1").unauthorized = True

    def use(url: str) -> None:
        with foreign(ExternalFulfillmentInventoryV20240911, url) as client:
            client.batch_inventory(requests=[item("fetch", "s")])

    async with serve(simulator) as url:
        with pytest.raises(SellingApiException) as caught:
            await asyncio.to_thread(use, url)
    assert (caught.value.code, caught.value.error[0]["code"] if caught.value.error else "") in (
        (403, "Unauthorized"),
        (403, ""),
    )


async def test_shipments() -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2}, program="EASY_SHIP"))

    def use(url: str) -> tuple[Any, ...]:
        with foreign(ExternalFulfillmentShippingV20240911, url) as client:
            listed = client.get_shipments(status="CONFIRMED", locationId="EXSB").payload["shipments"]
            client.create_packages(listed[0]["id"], packages=[package(shipment)])
            options = client.retrieve_shipping_options(shipment.id, packageId="P1").payload
            made = client.generate_invoice(shipment.id).payload
            assert client.retrieve_invoice(shipment.id).payload == made
            return listed, options, client.get_shipment(shipment.id).payload

    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        listed, options, read = await asyncio.to_thread(use, merchant.url)
        assert read["status"] == "INVOICE_GENERATED"
        await merchant.step(shipment, "SHIPLABEL_GENERATED")

        def ship() -> None:
            with foreign(ExternalFulfillmentShippingV20240911, merchant.url) as client:
                client.update_package(shipment.id, "P1", **package(shipment))

        await asyncio.to_thread(ship)
    assert [each["id"] for each in listed] == [shipment.id]
    assert options["recommendedShippingOption"]["shipBy"] == "MARKETPLACE"
    assert shipment.status == "PACKAGE_CREATED"


async def test_returns() -> None:
    simulator = Simulator()
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2}))
    made = simulator.marketplace.create_return(NewReturn(shipment.id, reason="too big"))

    def use(url: str) -> tuple[Any, Any]:
        with foreign(ExternalFulfillmentReturnsV20240911, url) as client:
            return client.list_returns_get(rmaId=made.body["returnMetadata"]["rmaId"]), client.get_return_get(made.id)

    async with serve(simulator) as url:
        listed, read = await asyncio.to_thread(use, url)
    assert listed.payload["returns"] == [read.payload] == [made.body]
