"""listReturns and getReturn, with the traps of their filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.simulator.base.clock import iso
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest
from connector.simulator.http.pages import page
from connector.simulator.http.queries import between, choice, instant

RETURN_STATUSES = (
    "CREATED",
    "CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER",
    "CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER",
    "CUSTOMER_CANCELLED_PICK_UP",
    "CUSTOMER_RESCHEDULED_PICK_UP",
    "PICKED_FROM_CUSTOMER",
    "IN_TRANSIT",
    "OUT_FOR_DELIVERY",
    "DELIVERED",
    "REPLANNED",
    "CUSTOMER_DROPPED_OFF",
    "PARTIALLY_PROCESSED",
    "PROCESSED",
    "REJECTED",
    "CANCELLED",
)
DEFAULT_PAGE = 10


@dataclass(slots=True)
class Return:
    """One SKU that comes back; `body` as getReturn prints it. Times are epoch seconds."""

    merchant_id: str
    body: dict[str, Any]
    created_at: float
    changed_at: float

    @property
    def id(self) -> str:
        return str(self.body["id"])

    def touch(self, wall: float) -> None:
        self.changed_at = int(wall * 1000) / 1000  # what is printed is what the filters compare
        self.body["lastUpdatedDateTime"] = iso(self.changed_at)


class Returns:
    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self.by_id: dict[str, Return] = {}

    def get(self, request: ApiRequest) -> Answer:
        """GET /externalFulfillment/2024-09-11/returns/{returnId}."""
        return_id = request.params["returnId"]
        found = self.by_id.get(return_id)
        if found is None or found.merchant_id != request.merchant.merchant_id:
            raise ApiError(404, f"Requested Entity with 'returnId' '{return_id}' is not found")
        return Answer(200, found.body)

    def list(self, request: ApiRequest) -> Answer:
        """GET /externalFulfillment/2024-09-11/returns.

        lastUpdatedSince and lastUpdatedUntil need returnLocationId and status. The deprecated lastUpdatedAfter and
        lastUpdatedBefore filter by creation, whatever they are called.
        """
        query = request.query
        status = choice(query, "status", RETURN_STATUSES)
        updated = instant(query, "lastUpdatedSince"), instant(query, "lastUpdatedUntil")
        if updated != (None, None) and not (status and query.get("returnLocationId")):
            raise ApiError(400, "lastUpdatedSince and lastUpdatedUntil need returnLocationId and status.")
        created = instant(query, "createdSince"), instant(query, "createdUntil")
        deprecated = instant(query, "lastUpdatedAfter"), instant(query, "lastUpdatedBefore")
        newest = request.wall - self._switches.list_lag_s
        found = [
            (each.created_at, each.id, each.body)
            for each in self.by_id.values()
            if each.merchant_id == request.merchant.merchant_id
            and each.changed_at <= newest
            and between(each.changed_at, *updated)
            and between(each.created_at, *created)
            and between(each.created_at, *deprecated)
            and _matches(each.body, query)
        ]
        empty_first = self._switches.empty_first_page
        shown, token = page(found, query, "nextToken", default_size=DEFAULT_PAGE, empty_first=empty_first)
        return Answer(200, {"returns": shown} | ({"nextToken": token} if token else {}))


def _matches(body: dict[str, Any], query: Mapping[str, str]) -> bool:
    tracking = body["returnShippingInfo"].get("reverseTrackingInfo", {}).get("trackingId")
    facts = {
        "status": body["status"],
        "returnLocationId": body.get("returnLocationId"),
        "rmaId": body["returnMetadata"].get("rmaId"),
        "reverseTrackingId": tracking,
    }
    return all(query.get(name) in (None, "", value) for name, value in facts.items())
