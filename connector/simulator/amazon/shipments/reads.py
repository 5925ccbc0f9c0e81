"""getShipments and getShipment."""

from collections.abc import Mapping

from connector.simulator.amazon.shipments.shipments import STATUSES, Shipment, Shipments
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest
from connector.simulator.http.pages import page
from connector.simulator.http.queries import between, choice, instant

DEFAULT_PAGE = 20  # the model names none


class ShipmentReads:
    def __init__(self, shipments: Shipments) -> None:
        self._shipments = shipments

    def get(self, request: ApiRequest) -> Answer:
        """GET /externalFulfillment/2024-09-11/shipments/{shipmentId}."""
        return Answer(200, self._shipments.requested(request).body)

    def list(self, request: ApiRequest) -> Answer:
        """GET /externalFulfillment/2024-09-11/shipments: one status, and what changed before the lists' lag."""
        query, switches = request.query, self._shipments.switches
        status = choice(query, "status", STATUSES, required=True)
        for name, longest in (("locationId", 36), ("channelName", 10)):
            if len(query.get(name, "")) > longest:
                raise ApiError(400, f"{name} must not be longer than {longest}.")
        since, until = instant(query, "lastUpdatedAfter"), instant(query, "lastUpdatedBefore")
        newest = request.wall - switches.list_lag_s
        found = [
            (shipment.changed_at, shipment.id, shipment.body)
            for shipment in self._shipments.with_status(request.merchant.merchant_id, status)
            if shipment.changed_at <= newest
            and between(shipment.changed_at, since, until)
            and _matches(shipment, query)
        ]
        shown, token = page(
            found, query, "paginationToken", default_size=DEFAULT_PAGE, empty_first=switches.empty_first_page
        )
        return Answer(200, {"shipments": shown} | ({"pagination": {"nextToken": token}} if token else {}))


def _matches(shipment: Shipment, query: Mapping[str, str]) -> bool:
    attributes = shipment.body["marketplaceAttributes"]
    return (
        query.get("locationId") in (None, "", shipment.location_id)
        and query.get("marketplaceId") in (None, "", attributes["marketplaceId"])
        and query.get("channelName") in (None, "", attributes["channelName"])
    )
