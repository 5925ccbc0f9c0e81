"""An inventory update of the OMS as a record, to write, break and read back."""

UPDATE = {
    "update_id": "u1",
    "merchant_id": "A1",
    "location_id": "WH1",
    "sku": "SKU 1",
    "quantity": 7,
    "occurred_at": 1_764_000_000_123,
}
