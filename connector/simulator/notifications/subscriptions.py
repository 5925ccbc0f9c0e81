"""Notifications API v1: destinations (grantless) and subscriptions (the seller's). One subscription a type."""

import uuid
from typing import Any

from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest


class Subscriptions:
    def __init__(self) -> None:
        self.destinations: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[tuple[str, str], dict[str, Any]] = {}  # by merchant and type

    def create_destination(self, request: ApiRequest) -> Answer:
        """POST /notifications/v1/destinations."""
        body = request.json_object()
        name, resource = body.get("name"), body.get("resourceSpecification")
        arn = resource.get("sqs", {}).get("arn", "") if isinstance(resource, dict) else ""
        if not isinstance(name, str) or not name or not arn.startswith("arn:aws:sqs:"):
            raise ApiError(400, "name and resourceSpecification.sqs.arn are mandatory.")
        if any(known["name"] == name for known in self.destinations.values()):
            raise ApiError(409, "A destination of this name exists already.")
        destination_id = str(uuid.uuid4())
        destination = {"name": name, "destinationId": destination_id, "resource": {"sqs": {"arn": arn}}}
        self.destinations[destination_id] = destination
        return Answer(200, {"payload": destination})

    def list_destinations(self, _: ApiRequest) -> Answer:
        """GET /notifications/v1/destinations."""
        return Answer(200, {"payload": list(self.destinations.values())})

    def create_subscription(self, request: ApiRequest) -> Answer:
        """POST /notifications/v1/subscriptions/{notificationType}."""
        body, key = request.json_object(), _key(request)
        if body.get("destinationId") not in self.destinations:
            raise ApiError(400, "destinationId is not a destination of this application.")
        if not isinstance(body.get("payloadVersion"), str):
            raise ApiError(400, "payloadVersion is mandatory.")
        if key in self.subscriptions:
            raise ApiError(409, "A subscription of this type exists already.")
        self.subscriptions[key] = {
            "subscriptionId": str(uuid.uuid4()),
            "destinationId": body["destinationId"],
            "payloadVersion": body["payloadVersion"],
        }
        return Answer(200, {"payload": self.subscriptions[key]})

    def get_subscription(self, request: ApiRequest) -> Answer:
        """GET /notifications/v1/subscriptions/{notificationType}."""
        if (found := self.subscriptions.get(_key(request))) is None:
            raise ApiError(404, "There is no subscription of this type.")
        return Answer(200, {"payload": found})


def _key(request: ApiRequest) -> tuple[str, str]:
    return request.merchant.merchant_id, request.params["notificationType"]
