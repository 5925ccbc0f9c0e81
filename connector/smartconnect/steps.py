"""A step of a shipment to the call that makes it."""

from typing import assert_never

from connector.domain.orders import steps
from connector.domain.orders.facts.documents import Document, ShipLabels
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.steps import Step
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect

StepReport = (
    CallReport[Shipment]
    | CallReport[ShippingOptions]
    | CallReport[Document]
    | CallReport[ShipLabels]
    | CallReport[None]
)


async def perform(client: SmartConnect, step: Step) -> StepReport:
    merchant_id, shipment_id = step.merchant_id, step.shipment_id
    match step.call:
        case steps.GetShipmentCall():
            return await client.get_shipment(merchant_id, shipment_id)
        case steps.ConfirmShipmentCall():
            return await client.confirm_shipment(merchant_id, shipment_id)
        case steps.RejectShipmentCall(line_item_ids=line_item_ids, reason=reason, reference_id=reference_id):
            return await client.reject_shipment(
                merchant_id, shipment_id, line_item_ids, reason=reason, reference_id=reference_id
            )
        case steps.CreatePackagesCall(packages):
            return await client.create_packages(merchant_id, shipment_id, packages)
        case steps.UpdatePackageCall(package):
            return await client.update_package(merchant_id, shipment_id, package)
        case steps.UpdatePackageStatusCall(package_id=package_id, status=status, sub_status=sub_status, reason=reason):
            return await client.update_package_status(
                merchant_id, shipment_id, package_id, status, sub_status=sub_status, reason=reason
            )
        case steps.RetrieveShippingOptionsCall(package_id):
            return await client.retrieve_shipping_options(merchant_id, shipment_id, package_id)
        case steps.GenerateInvoiceCall():
            return await client.generate_invoice(merchant_id, shipment_id)
        case steps.RetrieveInvoiceCall():
            return await client.retrieve_invoice(merchant_id, shipment_id)
        case steps.GenerateShipLabelsCall(
            package_ids=package_ids, shipping_option_id=shipping_option_id, courier=courier
        ):
            return await client.generate_ship_labels(
                merchant_id, shipment_id, package_ids, shipping_option_id=shipping_option_id, courier=courier
            )
        case steps.RegenerateShipLabelsCall(package_ids, shipping_option_id, courier):
            return await client.generate_ship_labels(
                merchant_id,
                shipment_id,
                package_ids,
                shipping_option_id=shipping_option_id,
                courier=courier,
                regenerate=True,
            )
        case _:
            assert_never(step.call)
