"""Shipments: what Amazon knows of them, and the answer to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.orders.facts.shipment import (
    Cancellation,
    Compliance,
    CustomAttribute,
    Gift,
    LineItem,
    OriginalLineItem,
    OriginalShipment,
    Shipment,
    ShipmentType,
)
from connector.domain.unread import UnreadableItem, UnreadFact
from connector.smartconnect.wire.addresses import read_address, read_party
from connector.smartconnect.wire.documents import read_gift_message
from connector.smartconnect.wire.fields import (
    Json,
    child,
    each,
    integer,
    optional,
    page_of,
    required,
    required_each,
    required_integer,
    required_time_ms,
    text,
    texts,
    time_ms,
)
from connector.smartconnect.wire.money import read_charges, read_money
from connector.smartconnect.wire.packages import read_package, read_recommended_package
from connector.smartconnect.wire.source import Source


@dataclass(frozen=True, slots=True)
class ShipmentsPage:
    """`unreadable`: shipments that are to be read by themselves, for their form or their size. `next_token` empty: the
    last page. `unread`: what has no id to be read by. `version`: a digest of all
    items."""

    shipments: tuple[Shipment, ...]
    next_token: str = ""
    unreadable: tuple[UnreadableItem, ...] = ()
    unread: tuple[UnreadFact, ...] = ()
    version: str = ""


def read_shipments(source: Source, read: Callable[[Source], Shipment] | None = None) -> ShipmentsPage:
    items = page_of(source, "shipments", read or read_shipment)
    next_token = text(child(source.strict(), "pagination"), "nextToken")
    return ShipmentsPage(items.read, next_token, items.unreadable, source.unread, items.version)


def rejection_body(line_item_ids: Sequence[str], reason: str, reference_id: str) -> Json:
    """Quantity 0, as in Amazon's sample: a shipment is rejected whole."""
    items = [{"lineItem": {"id": item_id, "quantity": 0}, "reason": reason} for item_id in line_item_ids]
    body: Json = {"lineItems": items}
    return {"referenceId": reference_id, **body} if reference_id else body


def read_shipment(source: Source) -> Shipment:
    """Unreadable without id, status, the time of the last update, and line items with their id, SKU and units."""
    market = child(source, "marketplaceAttributes")
    facts: dict[str, Any] = {
        "shipment_id": required(source, "id"),
        "status": required(source, "status"),
        "last_updated_at_ms": required_time_ms(source, "lastUpdatedDateTime"),
        "line_items": required_each(source, "lineItems", _read_line_item),
        "location_id": text(source, "locationId"),
        "marketplace_id": text(market, "marketplaceId"),
        "channel_name": text(market, "channelName"),
        "merchant_id": text(market, "merchantId"),
        "channel_attributes": texts(market, "customAttributes"),
        "sub_status": text(source, "subStatus"),
        "reason": text(source, "reason"),
        "created_at_ms": time_ms(source, "creationDateTime"),
        "earliest_pack_at_ms": time_ms(source, "earliestPackDateTime"),
        **_order(child(source, "shipmentInfo")),
        **_requirements(source),
        **_shipping(child(source, "shippingInfo")),
        "packages": each(source, "packages", read_package),
        "charges": read_charges(source),
        "parties": each(source, "partyInfoList", read_party),
    }
    return Shipment(**facts, unread=source.unread)


def _order(info: Source) -> dict[str, Any]:
    return {
        "shipment_type": text(info, "shipmentType") or ShipmentType.NEW,
        "original_shipment": optional(info, "originalShipmentInfo", _read_original),
        "units": integer(info, "numberOfUnits") or 0,
        "priority": text(info, "priority"),
        "order_id": text(info, "buyerOrderId"),
        "rejectable_states": _rejectable_states(info),
        "order_placed_at_ms": time_ms(info, "orderPlacedTimestamp"),
        "processing_source": text(info, "processingSource"),
        "payment_method": text(info, "paymentMethod"),
    }


def _rejectable_states(info: Source) -> tuple[str, ...] | None:
    """Absent, or not wholly read, is not empty: then Amazon is to be asked."""
    name = "orderStatesEligibleForRejection"
    told, states = info.values.get(name), texts(info, name)
    return states if isinstance(told, list) and len(told) == len(states) else None


def _requirements(source: Source) -> dict[str, Any]:
    requirements, invoice = child(source, "shipmentRequirements"), child(source, "invoiceInfo")
    slip, wanted = child(requirements, "pSlip"), child(requirements, "invoice")
    return {
        "packing_slip_requirement": text(slip, "requirement"),
        "packing_slip_status": text(slip, "status"),
        "invoice_requirement": text(wanted, "requirement"),
        "invoice_status": text(wanted, "status"),
        "invoice_id": text(invoice, "invoiceId"),
        "invoice_created_at_ms": time_ms(invoice, "creationDateTime"),
    }


def _shipping(info: Source) -> dict[str, Any]:
    return {
        "ship_by_ms": time_ms(info, "expectedShippingDateTimeInUTC"),
        "shipping_type": text(info, "shippingType"),
        "recommended_ship_method": text(info, "recommendedShipMethod"),
        "ship_to": optional(info, "shipToAddress", read_address),
        "recommended_packages": each(info, "recommendedPackages", read_recommended_package),
    }


def _read_line_item(source: Source) -> LineItem:
    compliance = child(source, "complianceAttributes")
    return LineItem(
        line_item_id=required(source, "shipmentLineItemId"),
        sku=required(source, "merchantSku"),
        quantity=required_integer(source, "numberOfUnits"),
        compliance=Compliance(
            serial_number=text(compliance, "serialNumberRequirement"),
            hazmat_labels=text(compliance, "hazmatLabelsRequirement"),
            country_of_origin=text(compliance, "countryOfOriginRequirement"),
            item_value=text(compliance, "itemValueRequirement"),
        ),
        charges=read_charges(source),
        serial_numbers=texts(source, "serialNumbers"),
        piece_type=text(source, "pieceType"),
        hazmat_labels=texts(source, "hazmatLabels"),
        gift=optional(source, "giftAttributes", _read_gift),
        cancellations=each(source, "cancellations", _read_cancellation),
        hsn_code=text(source, "hsnCode"),
        recommended_country_of_origin=text(source, "recommendedCountryOfOrigin"),
        country_of_origin=text(source, "countryOfOrigin"),
        recommended_currency=text(source, "recommendedCurrencyCode"),
        item_value=optional(source, "itemValue", read_money),
        custom_attributes=each(source, "customAttributes", _read_attribute),
    )


def _read_gift(source: Source) -> Gift:
    return Gift(
        wrap_requirement=text(source, "giftWrapRequirement"),
        wrap_label=text(source, "giftWrapLabel"),
        message_presence=text(source, "giftMessagePresence"),
        message=optional(source, "giftMessage", read_gift_message),
    )


def _read_cancellation(source: Source) -> Cancellation:
    return Cancellation(
        type=text(source, "cancellationType"),
        quantity=integer(source, "cancelledQuantity") or 0,
        cancelled_at_ms=time_ms(source, "cancelledTimestamp"),
        reason=text(source, "cancellationReason"),
    )


def _read_attribute(source: Source) -> CustomAttribute:
    return CustomAttribute(text(source, "key"), text(source, "type"), text(source, "value"))


def _read_original(source: Source) -> OriginalShipment:
    market = child(source, "marketplaceAttributes")
    return OriginalShipment(
        shipment_id=text(source, "id"),
        location_id=text(source, "locationId"),
        marketplace_id=text(market, "marketplaceId"),
        channel_name=text(market, "channelName"),
        line_items=each(source, "originalLineItems", _read_original_line),
    )


def _read_original_line(source: Source) -> OriginalLineItem:
    return OriginalLineItem(text(source, "replacingSku"), text(source, "originalSku"), read_charges(source))
