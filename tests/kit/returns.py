"""Returns to start tests from."""

from dataclasses import replace
from typing import Any

from connector.domain.returns.facts import Return, ReturnStatus, TrackingInfo

CREATED = Return(
    return_id="R1",
    status=ReturnStatus.CREATED,
    type="CUSTOMER",
    last_updated_at_ms=0,
    sub_type="NORMAL",
    rma_id="RMA-1",
    sku="A",
    quantity=2,
    shipment_id="S1",
    order_id="O-S1",
    fulfillment_location_id="LOC",
    return_location_id="LOC",
    reverse_tracking=TrackingInfo("ATS", "AWB-1"),
    otp="4711",
)


def returned(**changes: Any) -> Return:
    return replace(CREATED, **changes)
