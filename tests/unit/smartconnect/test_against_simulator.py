"""A whole order, made with the client at the simulator: each side was written from Amazon's model alone."""

import asyncio
from typing import TypeVar

import pytest

from connector.domain.orders.facts.packages import Package, PackageItem
from connector.domain.outcomes import Accepted, Failed
from connector.simulator import Simulator, serve
from connector.simulator.amazon.returns.new import NewReturn
from connector.simulator.amazon.shipments.new import NewShipment
from connector.simulator.amazon.shipments.shipments import Program
from connector.smartconnect.caller import CallReport
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE, read_notification
from tests.kit.amazon.client_at import client_at
from tests.kit.amazon.server import MERCHANT
from tests.kit.amazon.simulator import UNLIMITED, until

T = TypeVar("T")


def value(report: CallReport[T]) -> T:
    assert isinstance(report.outcome, Accepted), report.outcome
    return report.outcome.value


@pytest.mark.parametrize("program", ["SELLER_FLEX", "EASY_SHIP", "SELF_SHIP"])
async def test_from_accepted_to_shipped(program: Program) -> None:
    amazon = Simulator(limits=UNLIMITED)
    made = amazon.marketplace.create_shipment(NewShipment(MERCHANT, {"s1": 2, "s2": 1}, program=program))
    async with serve(amazon) as url:
        client = client_at(url)
        try:
            page = value(await client.get_shipments(MERCHANT, "ACCEPTED", location_id="EXSB"))
            (shipment,) = page.shipments
            assert shipment == value(await client.get_shipment(MERCHANT, made.id))
            assert {line.sku: line.quantity for line in shipment.line_items} == {"s1": 2, "s2": 1}
            value(await client.confirm_shipment(MERCHANT, made.id))
            (recommended,) = shipment.recommended_packages
            package = Package(
                package_id="P/1 a",
                length=recommended.length,
                width=recommended.width,
                height=recommended.height,
                weight=recommended.weight,
                items=tuple(
                    PackageItem(line_item_id=line.line_item_id, quantity=line.quantity) for line in shipment.line_items
                ),
            )
            value(await client.create_packages(MERCHANT, made.id, [package]))
            value(await client.update_package(MERCHANT, made.id, package))
            options = value(await client.retrieve_shipping_options(MERCHANT, made.id, package.package_id))
            assert bool(options.options) is (program != "SELLER_FLEX")
            chosen = options.recommended.option_id if options.recommended else ""
            invoice = value(await client.generate_invoice(MERCHANT, made.id))
            assert invoice == value(await client.retrieve_invoice(MERCHANT, made.id))
            labels = value(
                await client.generate_ship_labels(MERCHANT, made.id, [package.package_id], shipping_option_id=chosen)
            )
            (label,) = labels.labels
            assert (label.package_id, label.status) == (package.package_id, "SUCCESS")
            assert value(await client.fetch_label(label.url)).content
            value(await client.update_package_status(MERCHANT, made.id, package.package_id, "SHIPPED"))
            shipped = value(await client.get_shipment(MERCHANT, made.id))
            assert shipped.status == "SHIPPED"
            assert shipped.packages[0].length == package.length
        finally:
            await client.aclose()


async def test_a_rejection_a_refusal_and_a_return() -> None:
    amazon = Simulator(limits=UNLIMITED)
    rejected, shipped = (amazon.marketplace.create_shipment(NewShipment(MERCHANT, {"s": 1})) for _ in range(2))
    amazon.marketplace.work_in_console(shipped.id, "DELIVERED")
    returned = amazon.marketplace.create_return(NewReturn(shipped.id))
    async with serve(amazon) as url:
        client = client_at(url)
        try:
            lines = [line.line_item_id for line in value(await client.get_shipment(MERCHANT, rejected.id)).line_items]
            value(await client.reject_shipment(MERCHANT, rejected.id, lines, reason="OUT_OF_STOCK", reference_id="r1"))
            facts = value(await client.get_shipment(MERCHANT, rejected.id))
            assert facts.status == "CANCELLED"
            assert facts.line_items[0].cancellations[0].type == "SELLER_REJECTED"
            assert isinstance((await client.confirm_shipment(MERCHANT, rejected.id)).outcome, Failed)
            (item,) = value(await client.list_returns(MERCHANT, status="CREATED")).returns
            assert value(await client.get_return(MERCHANT, item.return_id)) == item
            assert (item.shipment_id, item.sku, item.quantity) == (shipped.id, "s", 1)
            assert returned.body["id"] == item.return_id
        finally:
            await client.aclose()


async def test_a_notification() -> None:
    told: list[str] = []

    async def notify(message: str) -> None:
        told.append(message)

    amazon = Simulator()
    amazon.notifications.notify = notify
    made = amazon.marketplace.create_shipment(NewShipment(MERCHANT, {"s": 1}))
    async with asyncio.timeout(10):
        await until(lambda: told)
    notification = read_notification(told[0])
    assert notification.notification_id
    assert notification.event_at_ms
    assert (notification.type, notification.merchant_id) == (SHIPMENT_STATUS_CHANGE, MERCHANT)
    assert (notification.shipment_id, notification.status) == (made.id, "ACCEPTED")


async def test_subscribing() -> None:
    async with serve(Simulator(limits=UNLIMITED)) as url:
        client = client_at(url)
        try:
            made = value(await client.create_destination("queue", "arn:aws:sqs:eu-west-1:444455556666:queue"))
            assert value(await client.get_destinations()) == (made,)
            assert isinstance((await client.get_subscription(MERCHANT)).outcome, Failed)
            subscription = value(await client.create_subscription(MERCHANT, made.destination_id))
            assert subscription == value(await client.get_subscription(MERCHANT))
        finally:
            await client.aclose()
