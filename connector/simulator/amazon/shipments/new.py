"""The body of a new shipment, from the little that a test cares about."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from typing import Any, Literal

from connector.simulator.amazon.shipments.shipments import Program, Shipment
from connector.simulator.base.clock import iso

INDIA = "A21TJRUUN4KGV"
CHANNELS: dict[Program, tuple[str, str]] = {  # shipmentsUseCaseGuide: channelName and shippingType make the program
    "SELLER_FLEX": ("FBA", "MARKETPLACE"),
    "EASY_SHIP": ("MFN", "MARKETPLACE"),
    "SELF_SHIP": ("MFN", "SELF"),
}
REJECTABLE = ("ACCEPTED", "CONFIRMED", "PACKAGE_CREATED", "PICKUP_SLOT_RETRIEVED")
ADDRESS = {
    "name": "Asha Example",
    "addressLine1": "1 Example Road",
    "city": "Bengaluru",
    "state": "Karnataka",
    "countryCode": "IN",
    "phoneNumber": "080 0000 0000",
}


@dataclass(frozen=True, slots=True)
class NewShipment:
    """`lines`: SKU -> units. `ship_by`: epoch seconds, a day from now where None.

    `recommended_packages`: Amazon recommends one package for all lines (20 x 15 x 10 cm, 500 g), or none at all;
    `recommended_as_numbers`: with JSON numbers as in Amazon's sample code, where its model has decimal strings.
    `serials`, `country_of_origin`, `item_value`: what Amazon requires of every line's packages. `gift`: every line is
    one. `invoice` None: as the program has it (all but Easy Ship outside India). `free`: every charge is 0.
    `original`: the shipment that this one replaces.
    """

    merchant_id: str
    lines: Mapping[str, int]
    _: KW_ONLY
    program: Program = "SELLER_FLEX"
    location_id: str = "EXSB"
    status: str = "ACCEPTED"
    shipment_id: str = ""
    order_id: str = ""
    marketplace_id: str = INDIA
    ship_by: float | None = None
    recommended_packages: bool = True
    recommended_as_numbers: bool = False
    serials: bool = False
    country_of_origin: bool = False
    item_value: bool = False
    invoice: bool | None = None
    gift: bool = False
    rejectable: Sequence[str] = REJECTABLE
    priority: Literal["HIGH", "LOW"] = "LOW"
    postal_code: str = "560055"
    unit_price: str = "100.00"
    free: bool = False
    shipment_type: Literal["NEW", "REPLACEMENT", "EXCHANGE"] = "NEW"
    original: Shipment | None = None


def body_of(new: NewShipment, wall: float) -> dict[str, Any]:
    """As getShipment prints it; `shipment_id` and `order_id` must be set."""
    channel, shipping_type = CHANNELS[new.program]
    attributes = {"marketplaceId": new.marketplace_id, "channelName": channel, "merchantId": new.merchant_id}
    lines = [_line(new, number, sku, units) for number, (sku, units) in enumerate(new.lines.items(), start=1)]
    invoice = new.program != "EASY_SHIP" or new.marketplace_id == INDIA if new.invoice is None else new.invoice
    info: dict[str, Any] = {
        "shipmentType": new.shipment_type,
        "numberOfUnits": sum(new.lines.values()),
        "priority": new.priority,
        "buyerOrderId": new.order_id,
        "orderStatesEligibleForRejection": list(new.rejectable),
        "orderPlacedTimestamp": str(int(wall * 1000)),
        "processingSource": "INTERNAL_PLATFORM",
        "paymentMethod": "PREPAID",
    }
    if new.original:
        info["originalShipmentInfo"] = _original(new, new.original)
    seller_flex = new.program == "SELLER_FLEX"  # its buyers' addresses are Amazon's own affair
    shipping: dict[str, Any] = {
        "recommendedShipMethod": "STANDARD",
        "expectedShippingDateTimeInUTC": iso(wall + 86_400 if new.ship_by is None else new.ship_by),
        "shipToAddress": ({} if seller_flex else ADDRESS) | {"postalCode": new.postal_code},
        "shippingType": shipping_type,
    }
    if new.recommended_packages:
        shipping["recommendedPackages"] = [_recommended(new, lines)]
    return {
        "id": new.shipment_id,
        "locationId": new.location_id,
        "marketplaceAttributes": attributes,
        "shipmentInfo": info,
        "shipmentRequirements": {
            "pSlip": {"requirement": "NOT_REQUIRED", "status": "NOT_GENERATED"},
            "invoice": {"requirement": "REQUIRED", "status": "PENDING"}
            if invoice
            else {"requirement": "NOT_REQUIRED", "status": "NOT_AVAILABLE"},
        },
        "charges": [_charge(new, sum(new.lines.values()), "TOTAL")],
        "status": new.status,
        "lineItems": lines,
        "shippingInfo": shipping,
        "creationDateTime": iso(wall),
        "lastUpdatedDateTime": iso(wall),
        "earliestPackDateTime": iso(wall),
    }


def _line(new: NewShipment, number: int, sku: str, units: int) -> dict[str, Any]:
    line: dict[str, Any] = {
        "shipmentLineItemId": str(number),
        "merchantSku": sku,
        "numberOfUnits": units,
        "charges": [_charge(new, units, "PRODUCT")],
        "pieceType": "SINGLE",
        "complianceAttributes": {
            "serialNumberRequirement": _level(new.serials),
            "hazmatLabelsRequirement": _level(False),
            "countryOfOriginRequirement": _level(new.country_of_origin),
            "itemValueRequirement": _level(new.item_value),
        },
        "recommendedCountryOfOrigin": "IN",
        "recommendedCurrencyCode": "INR",
        "hsnCode": "8471",
    }
    if new.gift:
        line["giftAttributes"] = {"giftWrapRequirement": "REQUIRED", "giftMessagePresence": "ABSENT"}
    return line


def _original(new: NewShipment, original: Shipment) -> dict[str, Any]:
    """Lines replace one another in their order."""
    replaced = zip(new.lines, original.body["lineItems"], strict=False)
    return {
        "id": original.id,
        "locationId": original.location_id,
        "marketplaceAttributes": original.body["marketplaceAttributes"],
        "originalLineItems": [
            {"replacingSku": sku, "originalSku": line["merchantSku"], "charges": line["charges"]}
            for sku, line in replaced
        ],
    }


def _recommended(new: NewShipment, lines: list[dict[str, Any]]) -> dict[str, Any]:
    def decimal(value: int) -> int | str:
        return value if new.recommended_as_numbers else str(value)

    sides = {"length": 20, "width": 15, "height": 10}
    return {
        "lineItems": [{"lineItemId": line["shipmentLineItemId"]} for line in lines],
        "weight": {"value": decimal(500), "weightUnit": "G"},
        "dimensions": {name: {"value": decimal(cm), "dimensionUnit": "CM"} for name, cm in sides.items()},
    }


def _charge(new: NewShipment, units: int, charge_type: str) -> dict[str, Any]:
    """18 % tax on top, as in Amazon's sample."""
    net = Decimal(0) if new.free else Decimal(new.unit_price) * units
    tax = (net * Decimal("0.18")).quantize(Decimal("0.01"))

    def amounts(value: Decimal) -> dict[str, Any]:
        amount = {"value": str(value), "currencyCode": "INR"}
        return {"baseAmount": amount, "discountAmount": {"value": "0", "currencyCode": "INR"}, "netAmount": amount}

    return {
        "chargeType": charge_type,
        "baseCharge": amounts(net),
        "totalCharge": amounts(net + tax),
        "totalTax": {"type": "TOTAL", "rate": "0.18", "charge": amounts(tax)},
    }


def _level(required: bool) -> str:
    return "REQUIRED" if required else "DISALLOWED"
