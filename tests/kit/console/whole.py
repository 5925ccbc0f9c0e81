"""One of the made-up figures by itself: a merchant, a dead letter, a history."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.kit.console.figures import MARKUP, TURNED, ago, ago_ms

_OPERATIONS = ("get_shipment", "inventory", "list_shipments", "process_shipment", "ship_labels")


def letter_whole(letter: Mapping[str, Any]) -> dict[str, Any]:
    """As it is shown by itself."""
    decoded = {"update_id": "u-1", "merchant_id": letter["merchant_id"], "sku": MARKUP, "quantity": 4, "note": TURNED}
    is_bad = letter["reason"] == "UNDECODABLE"
    told = {
        "key": letter["merchant_id"],
        "key_hex": "41",
        "headers": [{"name": "ce_id", "value": "u-1", "value_hex": "752d31"}],
        "raw": b"\xc3\x01 not what it says".hex(),
        "decoded": None if is_bad else decoded,
        "decoding_fault": "the value begins with none of the formats that are known" if is_bad else "",
    }
    return {**letter, **told}


def merchant_whole(row: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """As it is shown by itself."""
    lanes = {
        operation: {
            "backlog": row["backlog"] if operation == "inventory" else 0,
            "oldest_waiting_s": row["oldest_waiting_s"] if operation == "inventory" else None,
            "limit_per_s": 6.0 if operation in ("inventory", "get_shipment") else 1.0,
            "limit_used": row["limit_used"] if operation == "inventory" else 0.02,
        }
        for operation in _OPERATIONS
    }
    zero = {"location_id": "EXSB", "sku": "", "by": "jonas", "at": ago_ms(1800), "reason": "water in the warehouse"}
    late = {"location_id": "EXSB", "kind": "SHIPMENT_NOT_CONFIRMED", "since": ago_ms(9000), "shipment_id": "SHP1"}
    risk = {"location_id": "EXSB", "cutoff_at": ago_ms(-3600), "first_count": 12, "done_at": ago_ms(-7200)}
    held = {"what": "inventory", "location_id": "EXMF", "count": 12, "because": "switched_off"}
    zeroed = row["zeroed_skus"]
    return {
        **row,
        "zeroed_stock": [zero] if zeroed else [],
        "zeroed_skus": {"at_zero": zeroed - 40, "waiting": 40, "refused": 0} if zeroed else {},
        "near_ship_by": 4,
        "late": [late | {"count": row["late"]}] if row["late"] else [],
        "at_risk": [risk | {"count": row["at_risk"]}] if row["at_risk"] else [],
        "held_back": [held | {"why": "it is switched off in the merchants file"}],
        "lanes": lanes,
        "alerts": [alert for alert in alerts if alert["merchant_id"] == row["merchant_id"]],
    }


def run_alone(run: Mapping[str, Any]) -> dict[str, Any]:
    """A reconcile as a list has it."""
    return {name: value for name, value in run.items() if name != "report"}


def history_of(merchant_id: str, strange: tuple[str, str]) -> list[dict[str, Any]]:
    """Five lines of time. `strange`: a message and a name."""

    def entry(seconds: float, kind: str, name: str, **more: Any) -> dict[str, Any]:
        known = {"at": ago(seconds), "at_ms": ago_ms(seconds), "kind": kind, "name": name, "merchant_id": merchant_id}
        texts = dict.fromkeys(
            ("id", "about", "outcome", "code", "message", "request_id", "command_id", "update_id"), ""
        )
        none = ("quantity", "sequence", "http_status", "latency_ms", "attempt", "sent", "answered_at_ms")
        place = {"source": "connector.api-calls/3/91", "location_id": "EXSB", "times": 1}
        return known | texts | dict.fromkeys(none) | place | more

    call = {"quantity": 5, "sequence": 1, "latency_ms": 12, "attempt": 1, "sent": True}
    return [
        entry(90_000, "update", "update", update_id="u-5", quantity=5, message=strange[0]),
        entry(89_990, "call", "inventory UPDATE", outcome="THROTTLED", http_status=429, **call),
        entry(3_000, "call", "inventory UPDATE", outcome="ACCEPTED", http_status=200, request_id="5f6037c1", **call),
        entry(2_990, "result", "update", update_id="u-5", outcome="ACCEPTED", quantity=5, sequence=1),
        entry(400, "call", "get_shipment", about=strange[1], outcome="REFUSED", http_status=400, code="InvalidInput"),
    ]
