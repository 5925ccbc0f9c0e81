"""batchInventory: single items of a 207 refused, without their numbers, or of something else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, code_text
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners.access import FORBIDDEN_LOCATION
from connector.simulator.manners.manners import Manner, Manners

FORBIDDEN_SKU = Manner("forbidden-sku", 0.02, "one SKU's items are 403, for good", "own review")
ITEM_THROTTLED = Manner("item-throttled", 0.01, "429 for an item inside a 207; not applied", "own review")
LEVEL_WITHOUT_NUMBER = Manner(
    "level-without-number",
    0.01,
    "200 for an item, with its SKU and nothing else; applied",
    "own review: the model requires no field of a level",
)
ANOTHER_SKU = Manner(
    "another-sku",
    0.01,
    "the item's answer names another SKU; applied to the right one",
    "jlevers/selling-partner-api#257",
)
MANNERS = (FORBIDDEN_SKU, ITEM_THROTTLED, LEVEL_WITHOUT_NUMBER, ANOTHER_SKU)

OTHER_SKU = "SKU-OF-ANOTHER-REQUEST"


class Stock:
    def __init__(self, manners: Manners, switches: Switches) -> None:
        self._manners = manners
        self._switches = switches

    def __call__(self, request: ApiRequest, handle: Handle) -> Answer:
        """What is refused never reaches the handle; the order of the items stays."""
        asked = request.body.get("requests") if isinstance(request.body, dict) else None
        if not isinstance(asked, list):
            return handle(request)
        refused = [self._refusal(request, item) for item in asked]
        left = [item for item, refusal in zip(asked, refused, strict=True) if refusal is None]
        if not left and asked:
            request.call.items = len(asked)
            return Answer(207, {"responses": refused})
        answer = handle(replace(request, body={"requests": left}))
        request.call.items = len(asked)
        applied = iter(answer.body["responses"])
        return replace(answer, body={"responses": list(self._merged(request, asked, refused, applied))})

    def _refusal(self, request: ApiRequest, item: Any) -> dict[str, Any] | None:
        location_id, sku = _names(item)
        merchant_id = request.merchant.merchant_id
        if self._manners.marks(FORBIDDEN_SKU, merchant_id, location_id, sku):
            return self._refused(403, "Forbidden", location_id, sku)
        if self._manners.marks(FORBIDDEN_LOCATION, merchant_id, location_id):
            return self._refused(403, "Forbidden", location_id, sku)
        if self._manners.comes(ITEM_THROTTLED, merchant_id, location_id, sku):
            return self._refused(429, "RateLimited", location_id, sku)
        return None

    def _refused(self, status: int, code: str, location_id: str, sku: str) -> dict[str, Any]:
        error = {"errorType": code_text(code, self._switches), "errorSubType": f"{code} for this item."}
        body = {"locationId": location_id, "skuId": sku, "actionableErrors": [error]}
        return {"status": {"statusCode": status, "reasonPhrase": code}, "body": body}

    def _merged(
        self,
        request: ApiRequest,
        asked: list[Any],
        refused: list[dict[str, Any] | None],
        applied: Iterator[dict[str, Any]],
    ) -> Iterator[dict[str, Any]]:
        for item, refusal in zip(asked, refused, strict=True):
            yield self._garbled(request, item, next(applied)) if refusal is None else refusal

    def _garbled(self, request: ApiRequest, item: Any, answered: dict[str, Any]) -> dict[str, Any]:
        if answered["status"]["statusCode"] != 200:
            return answered
        location_id, sku = _names(item)
        key = (request.merchant.merchant_id, location_id, sku)
        if self._manners.comes(LEVEL_WITHOUT_NUMBER, *key):
            return answered | {"body": {"locationId": location_id, "skuId": sku}}
        if self._manners.comes(ANOTHER_SKU, *key):
            return answered | {"body": answered["body"] | {"skuId": OTHER_SKU}}
        return answered


def _names(item: Any) -> tuple[str, str]:
    """(location, SKU) of a request, empty where it names none."""
    uri = str(item.get("uri", "")) if isinstance(item, dict) else ""
    query = parse_qs(uri.partition("?")[2])
    location_id, sku = (next(iter(query.get(name, ())), "") for name in ("locationId", "skuId"))
    return location_id, sku
