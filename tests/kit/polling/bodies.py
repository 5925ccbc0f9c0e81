"""Amazon's JSON of one shipment, in the shape of its published model."""

from typing import Any

ZERO, HUNDRED = ({"value": value, "currencyCode": "INR"} for value in ("0", "100"))
CHARGE = {"baseAmount": HUNDRED, "discountAmount": ZERO, "netAmount": HUNDRED}
TAX = {"type": "TOTAL", "charge": {"baseAmount": ZERO, "discountAmount": ZERO, "netAmount": ZERO}}
CHARGES = [{"chargeType": "PRODUCT", "baseCharge": CHARGE, "totalCharge": CHARGE, "totalTax": TAX}]
COMPLIANCE = (
    "serialNumberRequirement",
    "hazmatLabelsRequirement",
    "countryOfOriginRequirement",
    "itemValueRequirement",
)


def shipment_body(shipment_id: str = "S1", *, location_id: str = "EXMF", **changes: Any) -> dict[str, Any]:
    return {
        "id": shipment_id,
        "locationId": location_id,
        "marketplaceAttributes": {"marketplaceId": "A21TJRUUN4KGV", "channelName": "MFN", "merchantId": "A2EXAMPLE"},
        "shipmentInfo": {
            "shipmentType": "NEW",
            "numberOfUnits": 2,
            "priority": "LOW",
            "buyerOrderId": f"O-{shipment_id}",
            "orderStatesEligibleForRejection": ["ACCEPTED", "CONFIRMED"],
        },
        "shipmentRequirements": {
            "pSlip": {"requirement": "NOT_REQUIRED", "status": "NOT_GENERATED"},
            "invoice": {"requirement": "NOT_REQUIRED", "status": "NOT_AVAILABLE"},
        },
        "charges": CHARGES,
        "status": "ACCEPTED",
        "lineItems": [
            {
                "shipmentLineItemId": "L1",
                "merchantSku": "SKU-1",
                "numberOfUnits": 2,
                "charges": CHARGES,
                "complianceAttributes": dict.fromkeys(COMPLIANCE, "DISALLOWED"),
            }
        ],
        "shippingInfo": {"expectedShippingDateTimeInUTC": "2026-03-03T10:00:00Z", "shippingType": "SELF"},
        "creationDateTime": "2026-03-02T09:00:00Z",
        "lastUpdatedDateTime": "2026-03-02T09:59:00Z",
        **changes,
    }
