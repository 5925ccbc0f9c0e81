"""Shipping options that do not live for ever, and a recommended one that the list lacks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners.manners import Manner, Manners

OPTIONS_EXPIRE = Manner(
    "options-expire",
    0.3,
    "a shipment's options have new ids after a while, and a label asked for with an old one is 400",
    "process-shipment guide: slots are retrieved anew; own review",
)
RECOMMENDED_NOT_LISTED = Manner(
    "recommended-not-listed",
    0.1,
    "the recommended option has an id of its own, which is good for a label",
    "own review",
)
MANNERS = (OPTIONS_EXPIRE, RECOMMENDED_NOT_LISTED)

UNTIL = "==until=="
RECOMMENDED = "RECOMMENDED=="


class Options:
    """An id is the simulator's own with what the manners hang onto it, which is taken off again before it is used."""

    def __init__(self, manners: Manners, switches: Switches) -> None:
        self._manners = manners
        self._switches = switches

    def offered(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        options = answer.body["shippingOptions"]
        if not options:
            return answer
        key = _key(request)
        recommended = answer.body["recommendedShippingOption"]
        if self._manners.marks(OPTIONS_EXPIRE, *key):
            life_s = self._switches.option_life_s
            until = int((request.wall // life_s + 1) * life_s)
            options = [_renamed(option, f"{option['shippingOptionId']}{UNTIL}{until}") for option in options]
            recommended = options[0]
        if self._manners.marks(RECOMMENDED_NOT_LISTED, *key):
            recommended = _renamed(recommended, f"{RECOMMENDED}{recommended['shippingOptionId']}")
        return replace(answer, body={"shippingOptions": options, "recommendedShippingOption": recommended})

    def chosen(self, request: ApiRequest, handle: Handle) -> Answer:
        given = request.query.get("shippingOptionId", "")
        own, _, until = given.removeprefix(RECOMMENDED).partition(UNTIL)
        asks = bool(given) and request.query.get("operation") == "GENERATE"
        lives = until.isdigit() and int(until) > request.wall
        if asks and not lives and self._manners.marks(OPTIONS_EXPIRE, *_key(request)):
            raise ApiError(400, "The shipping option is not valid any more.")
        if own == given:
            return handle(request)
        answer = handle(replace(request, query={**request.query, "shippingOptionId": own}))
        labels = [_with_option(label, given) for label in answer.body["packageShipLabelList"]]
        return replace(answer, body={"packageShipLabelList": labels})


def _key(request: ApiRequest) -> tuple[str, str]:
    return request.merchant.merchant_id, request.params["shipmentId"]


def _renamed(option: Mapping[str, Any], option_id: str) -> dict[str, Any]:
    return {**option, "shippingOptionId": option_id}


def _with_option(label: dict[str, Any], option_id: str) -> dict[str, Any]:
    metadata = label.get("shipLabelMetadata")
    return label | ({"shipLabelMetadata": _renamed(metadata, option_id)} if metadata else {})
