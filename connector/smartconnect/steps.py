"""A step of a shipment to the call that makes it."""

from typing import assert_never

from connector.domain.orders.facts.documents import Document, PackageShipLabel
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.steps import Step, StepKind
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect

StepReport = (
    CallReport[Shipment]
    | CallReport[ShippingOptions]
    | CallReport[Document]
    | CallReport[tuple[PackageShipLabel, ...]]
    | CallReport[None]
)


async def perform(client: SmartConnect, step: Step) -> StepReport:
    """Raises ValueError for EXPIRE, which calls nobody."""
    merchant_id, shipment_id = step.merchant_id, step.shipment_id
    match step.kind:
        case StepKind.READ:
            return await client.get_shipment(merchant_id, shipment_id)
        case StepKind.CONFIRM:
            return await client.confirm_shipment(merchant_id, shipment_id)
        case StepKind.REJECT:
            return await client.reject_shipment(
                merchant_id, shipment_id, step.line_item_ids, reason=step.reason, reference_id=step.reference_id
            )
        case StepKind.CREATE_PACKAGES:
            return await client.create_packages(merchant_id, shipment_id, step.packages)
        case StepKind.UPDATE_PACKAGE:
            (package,) = step.packages
            return await client.update_package(merchant_id, shipment_id, package)
        case StepKind.UPDATE_PACKAGE_STATUS:
            return await client.update_package_status(
                merchant_id,
                shipment_id,
                step.package_id,
                step.status,
                sub_status=step.sub_status,
                reason=step.reason,
            )
        case StepKind.SHIPPING_OPTIONS:
            return await client.retrieve_shipping_options(merchant_id, shipment_id, step.package_id)
        case StepKind.GENERATE_INVOICE:
            return await client.generate_invoice(merchant_id, shipment_id)
        case StepKind.RETRIEVE_INVOICE:
            return await client.retrieve_invoice(merchant_id, shipment_id)
        case StepKind.GENERATE_LABELS | StepKind.REGENERATE_LABELS:
            return await client.generate_ship_labels(
                merchant_id,
                shipment_id,
                step.package_ids,
                shipping_option_id=step.shipping_option_id,
                courier=step.courier,
                regenerate=step.kind is StepKind.REGENERATE_LABELS,
            )
        case StepKind.EXPIRE:
            raise ValueError("an EXPIRE step has no call")
        case _:
            assert_never(step.kind)
