"""What the archive keeps of each event: what tells what happened, and nothing of a buyer's.

By what may stay, not by what must go: a field that is new in a schema is not archived until it is named here. SKUs,
units and tracking ids stay, as in `connector history`; names, addresses, contacts, tax ids, gifts, prices, papers of
return and Amazon's free texts go.
"""

from collections.abc import Mapping, Set

from connector.kafka import topics

_ANY_EVENT = ("event_id", "shipment_id", "order_id", "previous_status", "occurred_at")
_TRACKING = ("tracking.package_id", "tracking.carrier_name", "tracking.tracking_id")

KEPT_FIELDS: Mapping[str, Set[str]] = {
    topics.API_CALLS.name: frozenset(
        {
            *("call_id", "operation", "shipment_id", "shipment_step", "list_location_id", "return_id", "list_status"),
            *("kind", "target", "outcome", "sent", "http_status", "code", "message", "error_text", "request_id"),
            *("attempt", "latency_ms", "started_at", "answered_at", "worker", "retry_after_ms", "rate_limit_per_s"),
            *("inventory_items", "step", "asked", "answer"),
        }
    ),
    topics.ORDERS.name: frozenset(
        {
            *_ANY_EVENT,
            *("type", "location_id", "program", "status", "skipped", "cancelled_items", "shipment_type"),
            *("original_shipment_id", "ship_by", "allocations", "observed_via", *_TRACKING),
            *(
                f"snapshot.line_items.{name}"
                for name in ("line_item_id", "sku", "client_sku", "channel_sku", "quantity")
            ),
        }
    ),
    topics.CANCELLATIONS.name: frozenset(
        {*_ANY_EVENT, "location_id", "cancelled_by", "reason_code", "line_items", "original_shipment_id"}
    ),
    topics.RETURNS.name: frozenset(
        {
            *_ANY_EVENT,
            *("type", "return_id", "rma_id", "status", "return_type", "return_sub_type", "reason_code", "sku"),
            *("client_sku", "channel_sku", "asin", "quantity", "return_location_id", "replacement_shipment_id"),
            *("replacement_shipment_ids", "exchange_order_id"),
        }
    ),
    topics.INVENTORY_RESULTS.name: frozenset(
        {
            *("result_id", "update_id", "superseded_update_ids", "superseded_count", "location_id", "sku"),
            *("client_sku", "channel_sku", "asin", "quantity", "sequence", "outcome", "code", "message"),
            *("sellable_quantity", "reserved_quantity", "actionable_errors", "request_id", "settled_at"),
        }
    ),
    topics.COMMAND_RESULTS.name: frozenset(
        {
            *("result_id", "command_id", "shipment_id", "action", "outcome", "code", "message", "documents"),
            *(*_TRACKING, "request_id", "settled_at"),
        }
    ),
    topics.ALERTS.name: frozenset(
        {"alert_id", "kind", "severity", "subject", "message", "remedy", "since", "ended_at"}
    ),
}
"""By topic that is archived."""

JSON_FIELDS = ("step", "asked", "answer")
"""Of connector.api-calls: JSON, in which an answer of Amazon's may be whole."""
