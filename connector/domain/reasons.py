"""Amazon's free-text reasons, normalised. The text itself is always kept beside the code; what is unknown is OTHER.

Return texts are those of Amazon's customer return reports; cancellation texts those of its samples and reject reasons.
"""

import re
from collections.abc import Mapping

OTHER = "OTHER"

RETURN_REASONS: Mapping[str, str] = {
    "DEFECTIVE": "DEFECTIVE",
    "NEVER_ARRIVED": "NOT_RECEIVED",
    "DAMAGED_BY_CARRIER": "DAMAGED",
    "DAMAGED_BY_FC": "DAMAGED",
    "DAMAGED": "DAMAGED",
    "NOT_AS_DESCRIBED": "NOT_AS_DESCRIBED",
    "INACCURATE_WEBSITE_DESCRIPTION": "NOT_AS_DESCRIBED",
    "QUALITY_UNACCEPTABLE": "QUALITY",
    "QUALITY_NOT_ADEQUATE": "QUALITY",
    "MISSING_PARTS": "MISSING_PARTS",
    "PART_NOT_COMPATIBLE": "NOT_COMPATIBLE",
    "NOT_COMPATIBLE": "NOT_COMPATIBLE",
    "SWITCHEROO": "WRONG_ITEM",
    "WRONG_ITEM": "WRONG_ITEM",
    "ORDERED_WRONG_ITEM": "ORDERED_BY_MISTAKE",
    "MISORDERED": "ORDERED_BY_MISTAKE",
    "UNAUTHORIZED_PURCHASE": "UNAUTHORIZED_PURCHASE",
    "UNWANTED_ITEM": "NO_LONGER_NEEDED",
    "NO_LONGER_NEEDED": "NO_LONGER_NEEDED",
    "NO_REASON_GIVEN": "NO_REASON_GIVEN",
    "FOUND_BETTER_PRICE": "BETTER_PRICE",
    "MISSED_ESTIMATED_DELIVERY": "LATE_DELIVERY",
    "EXTRA_ITEM": "EXTRA_ITEM",
    "APPAREL_TOO_SMALL": "WRONG_SIZE",
    "APPAREL_TOO_LARGE": "WRONG_SIZE",
    "APPAREL_STYLE": "STYLE",
    "UNDELIVERABLE_REFUSED": "REFUSED_BY_CUSTOMER",
    "UNDELIVERABLE_CARRIER_MISS_SORTED": "UNDELIVERABLE",
    "UNDELIVERABLE_FAILED_DELIVERY_ATTEMPTS": "UNDELIVERABLE",
    "UNDELIVERABLE_INSUFFICIENT_ADDRESS": "UNDELIVERABLE",
    "UNDELIVERABLE_UNCLAIMED": "UNDELIVERABLE",
    "UNDELIVERABLE_UNKNOWN": "UNDELIVERABLE",
}

CANCELLATION_REASONS: Mapping[str, str] = {
    "OUT_OF_STOCK": "OUT_OF_STOCK",
    "NO_INVENTORY": "OUT_OF_STOCK",
    "CUSTOMER_REQUESTED": "CUSTOMER_REQUESTED",
    "CUSTOMER_CANCELLED": "CUSTOMER_REQUESTED",
    "BUYER_CANCELLED": "CUSTOMER_REQUESTED",
    "BUYER_CANCELED": "CUSTOMER_REQUESTED",
    "CUSTOMER_CANCELED": "CUSTOMER_REQUESTED",
}


def return_reason(text: str) -> str:
    return RETURN_REASONS.get(_plain(text).removeprefix("CR_"), OTHER)  # return reports prefix customer reasons so


def cancellation_reason(text: str) -> str:
    return CANCELLATION_REASONS.get(_plain(text), OTHER)


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
