"""Where each fact of Amazon's JSON must be found in our values, written down apart from the code that puts it there."""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

_SIDES = {"length": "length", "width": "width", "height": "height"}
_BREAKUP = {"baseAmount": "base", "discountAmount": "discount", "netAmount": "net"}


def _under(prefix: str, to: str, facts: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}.{name}": f"{to}.{path}" if to else path for name, path in facts.items()}


def _money(prefix: str, to: str) -> dict[str, str]:
    return {f"{prefix}.value": f"{to}.amount", f"{prefix}.currencyCode": f"{to}.currency"}


def _breakup(prefix: str, to: str) -> dict[str, str]:
    return {
        name: path
        for part, ours in _BREAKUP.items()
        for name, path in _money(f"{prefix}.{part}", f"{to}.{ours}").items()
    }


_TAX = {"type": "type", "rate": "rate", **_breakup("charge", "charge")}
_CHARGE = {
    "chargeType": "type",
    **_breakup("baseCharge", "base"),
    **_breakup("totalCharge", "total"),
    **_under("totalTax", "total_tax", _TAX),
    **_under("taxBreakup[]", "taxes[]", _TAX),
}
_ADDRESS = {
    "postalCode": "postal_code",
    "name": "name",
    "addressLine1": "address_line1",
    "addressLine2": "address_line2",
    "addressLine3": "address_line3",
    "district": "district",
    "municipality": "municipality",
    "city": "city",
    "state": "state",
    "countryCode": "country_code",
    "phoneNumber": "phone_number",
    "email": "email",
    "copyEmails[]": "copy_emails[]",
    "addressType": "address_type",
    "geocodes.latitude": "latitude",
    "geocodes.longitude": "longitude",
    "geocodes.elevation": "elevation",
}
_MEASURES = {
    **{f"dimensions.{side}.value": f"{side}.value" for side in _SIDES},
    **{f"dimensions.{side}.dimensionUnit": f"{side}.unit" for side in _SIDES},
    "weight.value": "weight.value",
    "weight.weightUnit": "weight.unit",
}
_PACKAGE = {
    "id": "package_id",
    **_MEASURES,
    "hazmatLabels[]": "hazmat_labels[]",
    "packageHandlingRequirements": "handling",
    "status": "status",
    "packageLineItems[].packageLineItemId": "items[].line_item_id",
    "packageLineItems[].quantity": "items[].quantity",
    "packageLineItems[].serialNumbers[]": "items[].serial_numbers[]",
    "packageLineItems[].pieces": "items[].pieces",
    "packageLineItems[].countryOfOrigin": "items[].country_of_origin",
    **_money("packageLineItems[].itemValue", "items[].item_value"),
}
_LINE_ITEM = {
    "shipmentLineItemId": "line_item_id",
    "merchantSku": "sku",
    "numberOfUnits": "quantity",
    "serialNumbers[]": "serial_numbers[]",
    "pieceType": "piece_type",
    "hazmatLabels[]": "hazmat_labels[]",
    "giftAttributes.giftWrapRequirement": "gift.wrap_requirement",
    "giftAttributes.giftWrapLabel": "gift.wrap_label",
    "giftAttributes.giftMessagePresence": "gift.message_presence",
    "giftAttributes.giftMessage.format": "gift.message.format",
    "giftAttributes.giftMessage.content": "gift.message.content",
    **_under("charges[]", "charges[]", _CHARGE),
    "cancellations[].cancelledQuantity": "cancellations[].quantity",
    "cancellations[].cancelledTimestamp": "cancellations[].cancelled_at_ms",
    "cancellations[].cancellationType": "cancellations[].type",
    "cancellations[].cancellationReason": "cancellations[].reason",
    "hsnCode": "hsn_code",
    "recommendedCountryOfOrigin": "recommended_country_of_origin",
    "countryOfOrigin": "country_of_origin",
    "recommendedCurrencyCode": "recommended_currency",
    **_money("itemValue", "item_value"),
    "complianceAttributes.serialNumberRequirement": "compliance.serial_number",
    "complianceAttributes.hazmatLabelsRequirement": "compliance.hazmat_labels",
    "complianceAttributes.countryOfOriginRequirement": "compliance.country_of_origin",
    "complianceAttributes.itemValueRequirement": "compliance.item_value",
    "customAttributes[].key": "custom_attributes[].key",
    "customAttributes[].type": "custom_attributes[].type",
    "customAttributes[].value": "custom_attributes[].value",
}
_MARKET = {"marketplaceId": "marketplace_id", "channelName": "channel_name"}
_ORIGINAL = {
    "id": "shipment_id",
    "locationId": "location_id",
    **_under("marketplaceAttributes", "", _MARKET),
    "originalLineItems[].replacingSku": "line_items[].replacing_sku",
    "originalLineItems[].originalSku": "line_items[].original_sku",
    **_under("originalLineItems[].charges[]", "line_items[].charges[]", _CHARGE),
}
SHIPMENT = {
    "id": "shipment_id",
    "locationId": "location_id",
    **_under("marketplaceAttributes", "", _MARKET),
    "marketplaceAttributes.merchantId": "merchant_id",
    "marketplaceAttributes.customAttributes[]": "channel_attributes[]",
    "shipmentInfo.shipmentType": "shipment_type",
    **_under("shipmentInfo.originalShipmentInfo", "original_shipment", _ORIGINAL),
    "shipmentInfo.numberOfUnits": "units",
    "shipmentInfo.priority": "priority",
    "shipmentInfo.buyerOrderId": "order_id",
    "shipmentInfo.orderStatesEligibleForRejection[]": "rejectable_states[]",
    "shipmentInfo.orderPlacedTimestamp": "order_placed_at_ms",
    "shipmentInfo.processingSource": "processing_source",
    "shipmentInfo.paymentMethod": "payment_method",
    "invoiceInfo.invoiceId": "invoice_id",
    "invoiceInfo.creationDateTime": "invoice_created_at_ms",
    "partyInfoList[].partyId": "parties[].party_id",
    "partyInfoList[].partyType": "parties[].type",
    **_under("partyInfoList[].address", "parties[].address", _ADDRESS),
    "partyInfoList[].taxInfo.type": "parties[].tax.type",
    "partyInfoList[].taxInfo.number": "parties[].tax.number",
    "partyInfoList[].taxInfo.messages": "parties[].tax.messages",
    **_under("partyInfoList[].taxInfo.address", "parties[].tax.address", _ADDRESS),
    "shipmentRequirements.pSlip.requirement": "packing_slip_requirement",
    "shipmentRequirements.pSlip.status": "packing_slip_status",
    "shipmentRequirements.invoice.requirement": "invoice_requirement",
    "shipmentRequirements.invoice.status": "invoice_status",
    **_under("charges[]", "charges[]", _CHARGE),
    "status": "status",
    "subStatus": "sub_status",
    "reason": "reason",
    **_under("lineItems[]", "line_items[]", _LINE_ITEM),
    "shippingInfo.recommendedShipMethod": "recommended_ship_method",
    "shippingInfo.expectedShippingDateTimeInUTC": "ship_by_ms",
    **_under("shippingInfo.shipToAddress", "ship_to", _ADDRESS),
    "shippingInfo.shippingType": "shipping_type",
    **_under("shippingInfo.recommendedPackages[]", "recommended_packages[]", _MEASURES),
    "shippingInfo.recommendedPackages[].lineItems[].lineItemId": "recommended_packages[].line_item_ids[]",
    **_under("packages[]", "packages[]", _PACKAGE),
    "creationDateTime": "created_at_ms",
    "lastUpdatedDateTime": "last_updated_at_ms",
    "earliestPackDateTime": "earliest_pack_at_ms",
}
_TRACKING = {"carrierName": "carrier_name", "trackingId": "tracking_id"}
RETURN = {
    "id": "return_id",
    "returnLocationId": "return_location_id",
    "merchantSku": "sku",
    "returnType": "type",
    "returnSubType": "sub_type",
    "numberOfUnits": "quantity",
    "status": "status",
    "fulfillmentLocationId": "fulfillment_location_id",
    "creationDateTime": "created_at_ms",
    "lastUpdatedDateTime": "last_updated_at_ms",
    "returnMetadata.returnReason": "reason",
    "returnMetadata.rmaId": "rma_id",
    "returnMetadata.fulfillmentOrderId": "fulfillment_order_id",
    "returnMetadata.invoiceInformation.id": "invoice_id",
    "returnShippingInfo.deliveryDateTime": "delivered_at_ms",
    "returnShippingInfo.pickupDateTime": "picked_up_at_ms",
    **_under("returnShippingInfo.forwardTrackingInfo", "forward_tracking", _TRACKING),
    **_under("returnShippingInfo.reverseTrackingInfo", "reverse_tracking", _TRACKING),
    "marketplaceChannelDetails.marketplaceChannel.marketplaceName": "marketplace_name",
    "marketplaceChannelDetails.marketplaceChannel.channelName": "channel_name",
    "marketplaceChannelDetails.merchantId": "merchant_id",
    "marketplaceChannelDetails.shipmentId": "shipment_id",
    "marketplaceChannelDetails.customerOrderId": "order_id",
    "marketplaceChannelDetails.returnLocationId": "channel_return_location_id",
    "marketplaceChannelDetails.channelSku": "channel_sku",
    "marketplaceChannelDetails.exchangeOrderId": "exchange_order_id",
    "otpDetails.otp": "otp",
    "otpDetails.validTill": "otp_valid_till_ms",
    "packageDeliveryMode": "package_delivery_mode",
    **_under("replanningDetails.previousTrackingInfo[]", "previous_tracking[]", _TRACKING),
}
_OPTION = {
    "shipBy": "ship_by",
    "carrierName": "carrier_name",
    "shippingOptionId": "option_id",
    **{
        f"{window}.{name}": f"{ours}.{path}"
        for window, ours in {"pickupWindow": "pickup_window", "timeSlot": "time_slot"}.items()
        for name, path in {
            "startTime": "start_ms",
            "endTime": "end_ms",
            "handoverMethod": "handover_method",
        }.items()
    },
    **_under("handoverLocation.address", "handover_location.address", _ADDRESS),
    "handoverLocation.distance.value": "handover_location.distance",
    "handoverLocation.distance.distanceUnit": "handover_location.distance_unit",
    "handoverLocation.mapUrl": "handover_location.map_url",
}
OPTIONS = {
    **_under("shippingOptions[]", "options[]", _OPTION),
    **_under("recommendedShippingOption", "recommended", _OPTION),
}
LABEL = {
    "packageId": "package_id",
    "status": "status",
    "fileData.url": "url",
    "errorDetails.code": "error_code",
    "errorDetails.message": "error_text",
    **_under(
        "shipLabelMetadata", "", {**_OPTION, "shippingOptionId": "shipping_option_id", "trackingId": "tracking_id"}
    ),
}


def leaves(value: Any, path: str = "", at: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...], Any]]:
    """(path with [] for an index, the indices, the value)."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name, at)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[]", (*at, index))
    else:
        yield path, at, value


def check_facts(sample: Any, value: object, places: Mapping[str, str]) -> int:
    """AssertionError for a fact that is nowhere, or another. The number of facts compared."""
    count = 0
    for path, at, fact in leaves(sample):
        assert path in places, f"{path} is a fact that no place is known for"
        found = _found(value, places[path], at)
        assert _same(fact, found), f"{path} {at}: {fact!r} became {found!r}"
        count += 1
    return count


def _found(value: Any, place: str, at: tuple[int, ...]) -> Any:
    indices = iter(at)
    for name in place.split("."):
        value = getattr(value, name.removesuffix("[]"))
        if name.endswith("[]"):
            value = value[next(indices)]
    return value


def _same(fact: Any, found: Any) -> bool:
    if isinstance(found, Decimal):
        return Decimal(str(fact)) == found
    if isinstance(found, bytes):
        return base64.b64decode(fact + "==") == found
    if isinstance(found, int) and isinstance(fact, str) and re.match(r"\d{4}-\d\d-\d\d", fact):
        return datetime.fromisoformat(fact).timestamp() * 1000 == found
    if isinstance(found, int) and str(found) != str(fact):
        return int(fact) * 1000 == found  # a time in seconds
    return str(fact) == str(found)
