"""EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE messages.

The payload's five fields, and that CREATED has no message: developerdocs.smartconnect.amazon.com, notifications.
"""

import json
import uuid

from connector.simulator.amazon.shipments.shipments import Shipment
from connector.simulator.base.clock import iso

TYPE = "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"


def message_of(shipment: Shipment, wall: float) -> str:
    payload = {
        "merchantId": shipment.merchant_id,
        "locationId": shipment.location_id,
        "channelName": shipment.body["marketplaceAttributes"]["channelName"],
        "shipmentId": shipment.id,
        "shipmentStatus": shipment.status,
    }
    return json.dumps(
        {
            "notificationVersion": "1.0",
            "notificationType": TYPE,
            "payloadVersion": "1.0",
            "eventTime": iso(wall),
            "payload": {"externalFulfillmentShipmentNotification": payload},
            "notificationMetadata": {
                "applicationId": "amzn1.sellerapps.app.simulator",
                "subscriptionId": f"subscription-{shipment.merchant_id}",
                "publishTime": iso(wall),
                "notificationId": str(uuid.uuid4()),
            },
        }
    )
