"""Records of topics as `connector history` finds them: written and read by the codec, so that each is whole."""

from collections.abc import Mapping
from typing import Any

import msgspec

from connector.cli.history.subject import FoundRecord
from connector.kafka import topics
from connector.kafka.avro.codec import AvroCodec

CODEC = AvroCodec()
_OURS = {"merchant_id": "M1"}


def found(
    topic: str, record: Mapping[str, Any], at_ms: int = 0, offset: int = 0, letter: Mapping[str, Any] | None = None
) -> FoundRecord:
    """`record`: the fields that have no default, and those that matter."""
    whole = CODEC.decode(topic, written(topic, record))
    return FoundRecord(topic=topic, partition=0, offset=offset, written_ms=at_ms, record=whole, letter=letter)


def written(topic: str, record: Mapping[str, Any]) -> bytes:
    return CODEC.encode(topic, record)


def update(sku: str = "SKU", update_id: str = "u1", quantity: int = 5) -> dict[str, Any]:
    return {**_OURS, "update_id": update_id, "location_id": "WH1", "sku": sku, "quantity": quantity, "occurred_at": 7}


def command(shipment_id: str, command_id: str, action: str = "Confirm", **asked: Any) -> dict[str, Any]:
    ids = {"command_id": command_id, "shipment_id": shipment_id, "issued_at": 0}
    return {**_OURS, **ids, "action": (f"smartconnect.{action}", asked)}


def call(**facts: Any) -> dict[str, Any]:
    """An accepted one, unless `facts` say otherwise."""
    known = {"call_id": "call-1", "operation": "get_shipment", "outcome": "ACCEPTED", "started_at": 10}
    answered = {"http_status": 200, "request_id": "req-1", "latency_ms": 12}
    return {**_OURS, **known, **answered, **facts}


def inventory_call(*skus: str, **facts: Any) -> dict[str, Any]:
    """Of one batch, each with sequence 3 and 5 units."""
    numbers = {"sequence": 3, "quantity": 5, "outcome": "ACCEPTED", "http_status": 202}
    items = [{"kind": "UPDATE", "location_id": "EXSB", "sku": sku, **numbers} for sku in skus]
    return call(operation="inventory", inventory_items=items, **facts)


def list_call(*shipments: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    answer = msgspec.json.encode({"shipments": shipments}).decode()
    return call(operation="list_shipments", asked="{}", answer=answer, **facts)


def order_event(shipment_id: str, event_id: str = "e1", **facts: Any) -> dict[str, Any]:
    ids = {"shipment_id": shipment_id, "location_id": "EXSB", "status": "ACCEPTED"}
    event = {"event_id": event_id, "type": "ORDER_RECEIVED", "order_id": "O1", "observed_via": "POLL", "occurred_at": 5}
    snapshot = {**ids, "merchant_id": "M1", "last_updated_at": 5}
    return {**_OURS, **ids, **event, "snapshot": snapshot, **facts}


def cancellation_event(shipment_id: str, event_id: str = "x1", **facts: Any) -> dict[str, Any]:
    ids = {"event_id": event_id, "shipment_id": shipment_id, "order_id": "O1"}
    return {**_OURS, **ids, "cancelled_by": "SELLER", "occurred_at": 5, **facts}


def return_event(return_id: str, shipment_id: str, event_id: str = "r1", **facts: Any) -> dict[str, Any]:
    ids = {"event_id": event_id, "return_id": return_id, "shipment_id": shipment_id}
    snapshot = {"return_id": return_id, "status": "CREATED", "type": "CUSTOMER", "last_updated_at": 5}
    told = {"type": "RETURN_CREATED", "status": "CREATED", "return_type": "CUSTOMER", "occurred_at": 5}
    return {**_OURS, **ids, **told, "snapshot": snapshot, **facts}


def command_result(shipment_id: str, command_id: str, action: str = "Confirm", **facts: Any) -> dict[str, Any]:
    ids = {"result_id": f"of-{command_id}", "command_id": command_id, "shipment_id": shipment_id, "action": action}
    return {**_OURS, **ids, "outcome": "DONE", "settled_at": 5, **facts}


def inventory_result(sku: str, update_id: str, **facts: Any) -> dict[str, Any]:
    ids = {"result_id": f"of-{update_id}", "update_id": update_id, "location_id": "EXSB", "sku": sku}
    return {**_OURS, **ids, "quantity": 5, "sequence": 3, "outcome": "ACCEPTED", "settled_at": 5, **facts}


def alert(subject: str, alert_id: str = "a1", ended_at: int | None = None) -> dict[str, Any]:
    told = {"kind": "SHIPMENT_PARKED", "severity": "WARNING", "subject": subject, "message": "failed", "since": 5}
    return {**_OURS, "alert_id": alert_id, **told, "ended_at": ended_at}


def notification(shipment_id: str) -> dict[str, Any]:
    told = {"notification_id": "n1", "notification_type": "SHIPMENT_STATUS_CHANGE", "status": "ACCEPTED"}
    return {**_OURS, **told, "shipment_id": shipment_id, "received_at": 5, "raw": "{}"}


def retry_parked(subject: str) -> dict[str, Any]:
    action = ("smartconnect.RetryParked", {"kind": "SHIPMENT_PARKED", "subject": subject})
    return {**_OURS, "internal_command_id": "i1", "issued_at": 5, "issued_by": "ann", "action": action}


def dead_letter(value: bytes, topic: str = topics.ORDER_COMMANDS.name) -> dict[str, Any]:
    place = {"topic": topic, "partition": 0, "offset": 9, "value": value}
    return {**_OURS, **place, "reason": "INVALID", "message": "expires_at: it is wrong", "failed_at": 5}


def of_shipment(shipment_id: str) -> list[tuple[str, dict[str, Any]]]:
    """(topic, record): one of each kind that may be about a shipment."""
    page = list_call({"shipment_id": shipment_id, "status": "ACCEPTED"}, call_id="call-2")
    return [
        (topics.NOTIFICATIONS.name, notification(shipment_id)),
        (topics.ORDER_COMMANDS.name, command(shipment_id, "c1")),
        (topics.API_CALLS.name, call(shipment_id=shipment_id, shipment_step="CONFIRM")),
        (topics.API_CALLS.name, page),
        (topics.ORDERS.name, order_event(shipment_id)),
        (topics.CANCELLATIONS.name, cancellation_event(shipment_id)),
        (topics.RETURNS.name, return_event("R1", shipment_id)),
        (topics.COMMAND_RESULTS.name, command_result(shipment_id, "c1")),
        (topics.INTERNAL_COMMANDS.name, retry_parked(shipment_id)),
        (topics.ALERTS.name, alert(shipment_id)),
        (topics.DEAD_LETTERS.name, dead_letter(shipment_id.encode())),
    ]


def of_sku(sku: str) -> list[tuple[str, dict[str, Any]]]:
    """Likewise about a SKU."""
    line = {"oms_location": "WH1", "line_item_id": "L1", "sku": sku, "quantity": 2}
    return [
        (topics.INVENTORY.name, update(sku)),
        (topics.API_CALLS.name, inventory_call(sku, "another")),
        (topics.INVENTORY_RESULTS.name, inventory_result(sku, "u1")),
        (topics.ORDERS.name, order_event("S1", allocations=[line])),
        (topics.RETURNS.name, return_event("R1", "S1", sku=sku)),
        (topics.DEAD_LETTERS.name, dead_letter(written(topics.INVENTORY.name, update(sku)), topics.INVENTORY.name)),
    ]
