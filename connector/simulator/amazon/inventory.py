"""batchInventory: stock and sequence numbers per merchant, location, SKU and channel."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from connector.simulator.base.faults import Faults
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, ApiError, code_text
from connector.simulator.http.operations import ApiRequest

MAX_BATCH = 10


@dataclass(frozen=True, slots=True)
class StockKey:
    """`channel` empty: the caller named none."""

    merchant_id: str
    location_id: str
    sku: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """An update that took effect. `repeat`: its sequence number had been applied before."""

    sequence: int
    quantity: int
    at: float
    repeat: bool = False


@dataclass(slots=True)
class Stock:
    """`sent` holds every (sequence, quantities) ever seen in a request, whatever became of it."""

    posted: int = 0
    sequence: int | None = None
    history: list[Applied] = field(default_factory=list)
    sent: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


class Inventory:
    def __init__(self, switches: Switches, faults: Faults) -> None:
        self._switches = switches
        self._faults = faults
        self.stock: dict[StockKey, Stock] = defaultdict(Stock)
        self.reserved: Counter[tuple[str, str, str]] = Counter()  # (merchant, location, sku): all channels draw on it
        self.actionable_errors: dict[tuple[str, str], tuple[str, ...]] = {}  # (merchant, sku): INVALID_SKU refuses

    def history(self, merchant_id: str, location_id: str, sku: str, channel: str = "") -> list[Applied]:
        """The updates that took effect, oldest first."""
        key = StockKey(merchant_id, location_id, sku, channel)
        return list(self.stock[key].history) if key in self.stock else []

    def reused_sequences(self) -> list[tuple[StockKey, int, list[int]]]:
        """Sequence numbers that a caller sent with more than one quantity: never right, whatever Amazon does."""
        return [
            (key, sequence, sorted(quantities))
            for key, stock in self.stock.items()
            for sequence, quantities in stock.sent.items()
            if len(quantities) > 1
        ]

    def batch(self, request: ApiRequest) -> Answer:
        """POST /externalFulfillment/inventory/2024-09-11/inventories."""
        requests = request.json_object().get("requests")
        if not isinstance(requests, list) or not requests:
            raise ApiError(400, "requests must hold 1 to 10 inventory requests.")
        request.call.items = len(requests)
        if len(requests) > MAX_BATCH:
            message = f"Maximum number for requests supported in batch is {MAX_BATCH}."
            raise ApiError(400, message, code="BATCH_SIZE_EXCEED")
        responses = [self._item(request, item) for item in requests]
        conflicts = [response for response in responses if response["status"]["statusCode"] == 409]
        if conflicts and self._switches.conflict_at == "outer":  # the other items have taken effect all the same
            raise ApiError(409, conflicts[0]["body"]["actionableErrors"][0]["errorSubType"])
        return Answer(207, {"responses": responses})

    def _item(self, request: ApiRequest, item: Any) -> dict[str, Any]:
        merchant_id = request.merchant.merchant_id
        fault = self._faults.pick(merchant=merchant_id, operation="inventory", text=str(item), item=True)
        key = None
        try:
            action, key, attributes = _parse_item(merchant_id, item)
            scripted = fault and ApiError(int(fault.kind), "Scripted fault of the simulator.", code=fault.code)
            if scripted and fault and fault.phase == "before":
                raise scripted
            if "INVALID_SKU" in self.actionable_errors.get((merchant_id, key.sku), ()):
                message = "The requested Sku does not exist for the seller in requested marketplace."
                raise ApiError(400, message, code="INVALID_SKU")
            echo = self._update(key, item["body"], request.now) if action == "update" else None
            if scripted:
                raise scripted
        except ApiError as error:
            return self._refused(error, key)
        return {"status": {"statusCode": 200, "reasonPhrase": "Success"}, "body": self._level(key, attributes, echo)}

    def _update(self, key: StockKey, body: dict[str, Any], now: float) -> int | None:
        """Applies one update. The number to echo in place of Amazon's, or None."""
        quantity, sequence = _count(body, "quantity"), _count(body, "clientSequenceNumber")
        stock = self.stock[key]
        stock.sent[sequence].add(quantity)
        if stock.sequence is not None and sequence < stock.sequence:
            match self._switches.lower_sequence:
                case "conflict":
                    raise ApiError(409, "A request with a later clientSequenceNumber exists for the entity.")
                case "refuse":
                    raise ApiError(400, "clientSequenceNumber can't be lower than the latest one.")
                case "ignore":
                    return None
                case "ignore-echo":
                    return sequence
                case "accept":
                    pass
        repeat = sequence == stock.sequence
        if repeat and self._switches.repeat_sequence == "conflict":
            raise ApiError(409, "Duplicate clientSequenceNumber exists for the entity.")
        if repeat and self._switches.repeat_sequence == "ignore":
            return None
        stock.posted, stock.sequence = quantity, sequence
        stock.history.append(Applied(sequence, quantity, now, repeat))
        return None

    def _level(self, key: StockKey, attributes: dict[str, Any], echo: int | None) -> dict[str, Any]:
        stock = self.stock.get(key, Stock())
        reserved = self.reserved[key.merchant_id, key.location_id, key.sku]
        faults = self.actionable_errors.get((key.merchant_id, key.sku), ())
        body: dict[str, Any] = {
            "locationId": key.location_id,
            "skuId": key.sku,
            "sellableQuantity": max(0, stock.posted - reserved),
            "reservedQuantity": reserved,
            "actionableErrors": [{"errorType": "PRODUCT_VALIDATION_FAILURE", "errorSubType": f} for f in faults],
        }
        sequence = stock.sequence if echo is None else echo
        if sequence is not None:
            body["clientSequenceNumber"] = sequence
        return body | ({"marketplaceAttributes": attributes} if attributes else {})

    def _refused(self, error: ApiError, key: StockKey | None) -> dict[str, Any]:
        code = code_text(error.code, self._switches)
        body: dict[str, Any] = {"actionableErrors": [{"errorType": code, "errorSubType": error.message}]}
        if key:
            body |= {"locationId": key.location_id, "skuId": key.sku}
            known = self.stock[key].sequence if key in self.stock else None
            if error.status == 409 and known is not None and self._switches.conflict_shows_sequence:
                body["clientSequenceNumber"] = known
        return {"status": {"statusCode": error.status, "reasonPhrase": error.code}, "body": body}


def _parse_item(merchant_id: str, item: Any) -> tuple[str, StockKey, dict[str, Any]]:
    """(update or fetch, key, marketplaceAttributes). The leading slash of the uri may be missing, as in the model."""
    if not isinstance(item, dict) or item.get("method") not in ("GET", "POST"):
        raise ApiError(400, "method must be GET or POST.")
    path, _, query = str(item.get("uri", "")).lstrip("/").partition("?")
    action = path.removeprefix("inventory/")
    if action not in ("update", "fetch"):
        raise ApiError(400, "uri must be /inventory/update or /inventory/fetch.")
    body = item.get("body") or {}
    if not isinstance(body, dict):
        raise ApiError(400, "body must be an object.")
    location_id, sku = (_single(parse_qs(query).get(name, ())) for name in ("locationId", "skuId"))
    if not location_id or not sku:
        raise ApiError(400, "uri needs one locationId and one skuId.")
    attributes = body.get("marketplaceAttributes") or {}
    if not isinstance(attributes, dict):
        raise ApiError(400, "marketplaceAttributes must be an object.")
    if attributes.get("channelName", "FBA") not in ("FBA", "MFN", "DF"):
        raise ApiError(400, "channelName must be FBA, MFN or DF.")
    item["body"] = body
    return action, StockKey(merchant_id, location_id, sku, attributes.get("channelName", "")), attributes


def _single(values: Iterable[str]) -> str:
    """A query that names a parameter twice is what a SKU with an unencoded "&" makes: refused."""
    found = list(values)
    return found[0] if len(found) == 1 else ""


def _count(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ApiError(400, f"{name} must be a whole number, not below 0.")
    return value
