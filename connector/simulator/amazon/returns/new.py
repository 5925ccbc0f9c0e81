"""The body of a new return, from the little that a test cares about."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from connector.simulator.amazon.shipments.shipments import Shipment
from connector.simulator.base.clock import iso

OTP_VALID_S = 7 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class NewReturn:
    """`sku` empty: the shipment's first; `quantity` None: all its units. `rma_id`: several returns (one a SKU) may
    share one. `reason`: free text. `return_location_id` empty: where the shipment came from. `otp`: what the carrier
    asks for when it hands the return over.
    """

    shipment_id: str
    _: KW_ONLY
    sku: str = ""
    quantity: int | None = None
    reason: str = "Defective"
    return_id: str = ""
    rma_id: str = ""
    status: str = "CREATED"
    return_type: Literal["CUSTOMER", "REJECT"] = "CUSTOMER"
    sub_type: Literal["NORMAL", "REPLACEMENT", "EXCHANGE"] = "NORMAL"
    return_location_id: str = ""
    exchange_order_id: str = ""
    otp: str = ""


def return_body(new: NewReturn, shipment: Shipment, number: int, wall: float) -> dict[str, Any]:
    """As getReturn prints it. ValueError: the shipment has no such SKU."""
    units = {line["merchantSku"]: line["numberOfUnits"] for line in shipment.body["lineItems"]}
    sku = new.sku or next(iter(units))
    if sku not in units:
        raise ValueError(f"shipment {shipment.id} has no SKU {sku}")
    location_id = new.return_location_id or shipment.location_id
    attributes = shipment.body["marketplaceAttributes"]
    details = {
        "marketplaceChannel": {"marketplaceName": "AMAZON_IN", "channelName": attributes["channelName"]},
        "merchantId": shipment.merchant_id,
        "shipmentId": shipment.id,
        "customerOrderId": shipment.body["shipmentInfo"]["buyerOrderId"],
        "returnLocationId": location_id,
        "channelSku": sku,
    }
    if new.exchange_order_id:
        details["exchangeOrderId"] = new.exchange_order_id
    otp = {"otpDetails": {"otp": new.otp, "validTill": int(wall) + OTP_VALID_S}} if new.otp else {}
    return {
        "id": new.return_id or f"RET{number:07d}",
        "returnLocationId": location_id,
        "merchantSku": sku,
        "returnType": new.return_type,
        "returnSubType": new.sub_type,
        "numberOfUnits": units[sku] if new.quantity is None else new.quantity,
        "status": new.status,
        "fulfillmentLocationId": shipment.location_id,
        "creationDateTime": iso(wall),
        "lastUpdatedDateTime": iso(wall),
        "returnMetadata": {
            "returnReason": new.reason,
            "rmaId": new.rma_id or f"RMA{number:07d}",
            "fulfillmentOrderId": shipment.id,
        },
        "returnShippingInfo": {"reverseTrackingInfo": {"carrierName": "ATS", "trackingId": f"R{number:011d}"}},
        "marketplaceChannelDetails": details,
        "packageDeliveryMode": "WITH_OTP" if new.otp else "WITHOUT_OTP",
        **otp,
    }
