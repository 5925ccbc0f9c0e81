"""Bodies of Amazon's as they should be, for those who spoil them."""

RETURN = {"id": "R1", "status": "CREATED", "lastUpdatedDateTime": "2026-03-02T10:00:00Z", "numberOfUnits": 1}
LABELS = {"packageShipLabelList": [{"packageId": "P1", "fileData": {"url": "https://x/y"}, "shipLabelMetadata": {}}]}
TOKEN = {"access_token": "Atza|1", "token_type": "bearer", "expires_in": 3600}
NOTIFICATION = {
    "notificationType": "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE",
    "eventTime": "2026-03-02T10:00:00Z",
    "payload": {"merchantId": "M1", "shipmentId": "S1", "shipmentStatus": "ACCEPTED"},
    "notificationMetadata": {"notificationId": "n-1", "publishTime": 1},
}
