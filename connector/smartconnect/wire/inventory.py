"""batchInventory: requests to JSON, each item of the answer to an outcome of its own."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from connector.domain.inventory.requests import FetchInventory, InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.outcomes import Accepted, Answer, Outcome, Unknown
from connector.foreign.masking import LONGEST_MASKED, masked
from connector.smartconnect.outcomes import amazon_code, classify, joined, read_error_body, words
from connector.smartconnect.wire.fields import Json, child, each, integer, required_integer, text
from connector.smartconnect.wire.source import Source, Unreadable

WITHOUT_CODE = "a fault of the listing, to which Amazon gives no code"
_CODE = re.compile(r"[A-Z][A-Z0-9]{0,30}(_[A-Z0-9]{1,30}){1,6}")

_REMEDIES: Mapping[str, str] = {
    "MISSING_DIMENSIONS": "give the listing its package dimensions",
    "MISSING_WEIGHT": "give the listing its package weight",
    "INVALID_SKU": "list the SKU in this marketplace, or correct it",
}


@dataclass(frozen=True, slots=True)
class Actionable:
    """What the listing lacks. `told`: in our words. `text`: in Amazon's, masked."""

    code: str
    told: str
    text: str


def batch_body(requests: Sequence[InventoryRequest]) -> Json:
    return {"requests": [_item(request) for request in requests]}


def _item(request: InventoryRequest) -> Json:
    body: Json = {}
    match request:
        case UpdateInventory():
            verb = "update"
            body = {"quantity": request.quantity, "clientSequenceNumber": request.sequence}
        case FetchInventory():
            verb = "fetch"
    channel = {"marketplaceId": request.marketplace_id, "channelName": request.channel_name}
    if given := {name: value for name, value in channel.items() if value}:
        body["marketplaceAttributes"] = given
    location_id, sku = quote(request.location_id, safe=""), quote(request.sku, safe="")
    # POST for both, as Amazon's samples have it
    return {"method": "POST", "uri": f"/inventory/{verb}?locationId={location_id}&skuId={sku}", "body": body}


def read_batch(
    body: Source, requests: Sequence[InventoryRequest], outer: Answer
) -> tuple[Outcome[InventoryLevel], ...]:
    """One outcome per request, by order; Unknown where the item is missing or belongs to another request."""
    told = body.values.get("responses")
    items: list[Any] = told if isinstance(told, list) else []
    locations = {request.location_id for request in requests}
    outcomes: list[Outcome[InventoryLevel]] = []
    for position, request in enumerate(requests):
        item = items[position] if position < len(items) else None
        try:
            outcomes.append(_outcome(item, request, locations, outer))
        except Unreadable as error:
            outcomes.append(_unknown(outer, str(error)))
    return tuple(outcomes)


def _outcome(item: object, request: InventoryRequest, locations: set[str], outer: Answer) -> Outcome[InventoryLevel]:
    if not isinstance(item, dict):
        return _unknown(outer, "no answer for this SKU in the batch")
    source = Source(item)  # of which phrases and errors are side facts; ids and numbers settle something
    strict = source.strict()
    status, body = child(strict, "status"), child(strict, "body")
    if not belongs(text(body, "skuId"), text(body, "locationId"), request, locations):
        return _unknown(outer, "the batch's answers are out of order")
    code = required_integer(status, "statusCode")
    actionable = each(child(source, "body"), "actionableErrors", read_actionable)
    level = InventoryLevel(
        sequence=integer(body, "clientSequenceNumber", bits=64),
        sellable_quantity=integer(body, "sellableQuantity", bits=64),
        reserved_quantity=integer(body, "reservedQuantity", bits=64),
        actionable_errors=tuple(one.told for one in actionable),
    )
    phrase = text(child(source, "status"), "reasonPhrase")
    if 200 <= code <= 299 and body.values.get("errors"):
        return _unknown(outer, "the status says success, the body lists errors")
    if 200 <= code <= 299 and needs_number(request, level):
        return _unknown(outer, "clientSequenceNumber is missing")
    if 200 <= code <= 299:
        return accepted(code, phrase, outer, level, [one.text for one in actionable])
    fault = read_error_body(body.values)
    known = fault.code or amazon_code(phrase) or next((one.code for one in actionable if one.code), "")
    answer = Answer(
        http_status=code,
        code=known,
        message="; ".join([words(known, code), *level.actionable_errors])[:LONGEST_MASKED],
        request_id=outer.request_id,
        error_text=joined([fault.text or masked(phrase), *(one.text for one in actionable)]),
    )
    return classify(answer, retryable=fault.retryable)


def accepted(
    code: int, phrase: str, outer: Answer, level: InventoryLevel, errors: Sequence[str] = ()
) -> Accepted[InventoryLevel]:
    """`phrase`, and `errors` of the listing (masked): what Amazon says of it nevertheless."""
    said = joined([masked(phrase), *errors]) if phrase or errors else ""
    return Accepted(Answer(http_status=code, request_id=outer.request_id, error_text=said), level)


def needs_number(request: InventoryRequest, level: InventoryLevel) -> bool:
    """And has none. An update is known by its number; a SKU that never had one is told by its quantities alone."""
    return level.sequence is None and (isinstance(request, UpdateInventory) or level.sellable_quantity is None)


def belongs(sku: str, location: str, request: InventoryRequest, locations: Container[str]) -> bool:
    """Amazon's model shows a location answered by another id than the one asked with: only a neighbour's is wrong.

    `sku`, `location`: as answered. `locations`: of all that was asked for."""
    if sku and request.sku not in (sku, unquote(sku)):
        return False
    return location == request.location_id or location not in locations


def read_actionable(error: Source) -> Actionable:
    """As "MISSING_DIMENSIONS: what to do (PRODUCT_VALIDATION_FAILURE)", from fields Amazon fills either way round."""
    names = ("errorSubType", "errorSubtype", "errorType", "errorSubtypeDescription", "errorDescription")
    given = list(dict.fromkeys(filter(None, (text(error, name).strip() for name in names))))
    codes = [word for word in given if _CODE.fullmatch(word)]
    said = joined(masked(word) for word in given if word not in codes)
    if not codes:
        return Actionable("", WITHOUT_CODE if said else "", said)
    remedy = f": {_REMEDIES[codes[0]]}" if codes[0] in _REMEDIES else ""
    category = f" ({codes[1]})" if len(codes) > 1 else ""
    return Actionable(codes[0], f"{codes[0]}{remedy}{category}", said)


def _unknown(outer: Answer, message: str) -> Unknown:
    return Unknown(Answer(http_status=outer.http_status, message=message, request_id=outer.request_id))
