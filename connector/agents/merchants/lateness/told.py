"""What is late of a merchant, as a worker says it at /status, and as `connector status` shows that."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.agents.merchants.lateness.count import LateShipments
from connector.domain.alerts import AlertKind
from connector.domain.orders.lateness.alerts import LateFound, at_risk_message, late_message
from connector.domain.orders.lateness.forecast import AtRisk


def late_record(late: LateShipments, merchant_id: str) -> dict[str, list[dict[str, Any]]]:
    """Times in epoch milliseconds."""
    by_place = sorted(late.of(merchant_id).items(), key=lambda one: (one[0].location_id, one[0].kind))
    return {
        "late": [
            {
                "location_id": key.location_id,
                "kind": key.kind,
                "count": found.count,
                "since": found.since_ms,
                "shipment_id": found.shipment_id,
            }
            for key, found in by_place
        ],
        "at_risk": [
            {
                "location_id": risk.location_id,
                "count": risk.count,
                "cutoff_at": risk.cutoff_ms,
                "first_count": risk.first_count,
                "done_at": risk.done_at_ms,
            }
            for risk in late.forecast_of(merchant_id).at_risk
        ],
    }


def late_lines(merchant: Mapping[str, Any]) -> Iterator[str]:
    """One for each kind of lateness and location, and for what will be late. (Version 0.1 tells of none.)"""
    for late in merchant.get("late", ()):
        found = LateFound(late["count"], late["since"], late["shipment_id"])
        yield f"LATE {merchant['merchant_id']}: {late_message(AlertKind(late['kind']), late['location_id'], found)}"
    for told in merchant.get("at_risk", ()):
        risk = AtRisk(
            location_id=told["location_id"],
            count=told["count"],
            cutoff_ms=told["cutoff_at"],
            first_count=told["first_count"],
            done_at_ms=told["done_at"],
        )
        yield f"AT RISK {merchant['merchant_id']}: {at_risk_message(risk)}"
