"""403 with a good token, for good, for one thing that was asked for: not enrolled, handed to another, mistyped.

Sources: the error table of the External Fulfillment APIs (SC_00005, Forbidden: credentials or role), and integrators
whom single connections answered 401 and 403 for what was not enabled there.
"""

from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners.manners import Manner, Manners

FORBIDDEN_SHIPMENT = Manner(
    "forbidden-shipment",
    0.02,
    "every call for one shipment is 403, though the lists show it",
    "own review",
)
FORBIDDEN_LOCATION = Manner(
    "forbidden-location",
    0.05,
    "lists asked for one location are 403, and its SKUs in a 207",
    "external-fulfillment-errors, SC_00005; own review",
)
MANNERS = (FORBIDDEN_SHIPMENT, FORBIDDEN_LOCATION)


class Access:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    def shipment(self, request: ApiRequest, handle: Handle) -> Answer:
        merchant_id, shipment_id = request.merchant.merchant_id, request.params["shipmentId"]
        if self._manners.marks(FORBIDDEN_SHIPMENT, merchant_id, shipment_id):
            raise ApiError(403, f"No access to shipment {shipment_id}.")
        return handle(request)

    def location(self, request: ApiRequest, handle: Handle) -> Answer:
        location_id = request.query.get("locationId") or request.query.get("returnLocationId") or ""
        if location_id and self._manners.marks(FORBIDDEN_LOCATION, request.merchant.merchant_id, location_id):
            raise ApiError(403, f"No access to location {location_id}.")
        return handle(request)
