"""The real client against the simulator in all its odd manners: each call comes to an outcome, never an exception."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.orders.facts.packages import PackageItem
from connector.domain.outcomes import Accepted, Failed, Outcome, Unauthorized, Unavailable
from connector.simulator import NewReturn, NewShipment, Simulator, serve
from connector.simulator.manners.catalogue import ALL
from connector.smartconnect.client import SmartConnect, open_smartconnect
from tests.kit.amazon.client import fetches, updates
from tests.kit.amazon.simulator import in_manner
from tests.kit.orders.shipments import package

MERCHANT = "M1"
ROUNDS = 3


async def _refresh_token(_: str) -> str | Unauthorized | Unavailable:
    return f"Atzr|{MERCHANT}"


@asynccontextmanager
async def client_of(simulator: Simulator) -> AsyncIterator[SmartConnect]:
    async with serve(simulator) as url:
        client = open_smartconnect(
            base_url=url,
            token_url=f"{url}/auth/o2/token",
            client_id="c",
            client_secret="s",
            refresh_tokens=_refresh_token,
            gate=lambda: True,
            max_connections=10,
        )
        try:
            yield client
        finally:
            await client.aclose()


async def every_call(client: SmartConnect, shipment_id: str, return_id: str) -> list[Outcome[Any]]:
    """The journey of one order and one return, blindly, and a batch of stock."""
    items = (PackageItem(line_item_id="1", quantity=2), PackageItem(line_item_id="2", quantity=1))
    packed = replace(package(), items=items)
    options = await client.retrieve_shipping_options(MERCHANT, shipment_id, "P1")
    reports: list[Any] = [
        await client.batch_inventory(MERCHANT, [*updates(["a"]), *fetches(["b"])]),
        await client.get_shipments(MERCHANT, "ACCEPTED"),
        await client.get_shipment(MERCHANT, shipment_id),
        await client.confirm_shipment(MERCHANT, shipment_id),
        await client.create_packages(MERCHANT, shipment_id, [packed]),
        options,
        await client.generate_invoice(MERCHANT, shipment_id),
        await client.retrieve_invoice(MERCHANT, shipment_id),
        await client.generate_ship_labels(MERCHANT, shipment_id, shipping_option_id=_chosen(options.outcome)),
        await client.update_package(MERCHANT, shipment_id, packed),
        await client.update_package_status(MERCHANT, shipment_id, "P1", "SHIPPED"),
        await client.reject_shipment(MERCHANT, shipment_id, ["1", "2"], reason="OUT_OF_STOCK", reference_id="r"),
        await client.list_returns(MERCHANT),
        await client.get_return(MERCHANT, return_id),
    ]
    return [report.outcome for report in reports]


def _chosen(outcome: Outcome[Any]) -> str:
    recommended = outcome.value.recommended if isinstance(outcome, Accepted) else None
    return recommended.option_id if recommended else ""


def set_up(simulator: Simulator) -> list[tuple[str, str]]:
    made = []
    for _ in range(ROUNDS):
        new = NewShipment(MERCHANT, {"a": 2, "b": 1}, program="EASY_SHIP")
        shipment = simulator.marketplace.create_shipment(new)
        made.append((shipment.id, simulator.marketplace.create_return(NewReturn(shipment.id)).id))
    return made


@pytest.mark.parametrize("manner", [*ALL, "odd"])
async def test_each_call_comes_to_an_outcome(manner: str) -> None:
    simulator = in_manner(f"{manner}=0.5" if manner in ALL else manner)
    made = set_up(simulator)
    async with client_of(simulator) as client:
        for shipment_id, return_id in made:
            try:
                outcomes = await every_call(client, shipment_id, return_id)
            except Exception as error:
                raise AssertionError(f"not an outcome but {error!r}") from error
            assert all(isinstance(outcome, Accepted | Failed) for outcome in outcomes)
