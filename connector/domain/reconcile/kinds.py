"""Each kind of drift: what it means, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class DriftKind(StrEnum):
    """Of stock, then of orders and returns."""

    UNKNOWN_SKU = "UNKNOWN_SKU"
    STOCK_LOST = "STOCK_LOST"
    SEQUENCE_AHEAD = "SEQUENCE_AHEAD"
    SEQUENCE_BEHIND = "SEQUENCE_BEHIND"
    OTHER_QUANTITY = "OTHER_QUANTITY"
    NOT_TAKEN = "NOT_TAKEN"
    MISSING_HERE = "MISSING_HERE"
    OUTDATED_HERE = "OUTDATED_HERE"
    NOT_ADOPTED = "NOT_ADOPTED"
    UNKNOWN_THERE = "UNKNOWN_THERE"
    UNKNOWN_LOCATION = "UNKNOWN_LOCATION"


@dataclass(frozen=True, slots=True)
class Explanation:
    """`is_repaired`: the connector has a way to mend it."""

    meaning: str
    remedy: str
    is_repaired: bool = True


_REPAIR = "run it with --repair"

EXPLANATIONS: Mapping[DriftKind, Explanation] = {
    DriftKind.UNKNOWN_SKU: Explanation(
        "Amazon does not show the SKU",
        "list it at Amazon, or correct its name (`connector listings import`); then `connector inventory resend`",
        is_repaired=False,
    ),
    DriftKind.STOCK_LOST: Explanation("Amazon has no stock of the SKU, though it was given some", _REPAIR),
    DriftKind.SEQUENCE_AHEAD: Explanation(
        "Amazon has a higher number: somebody else posts the SKU", f"stop whoever else posts it; {_REPAIR}"
    ),
    DriftKind.SEQUENCE_BEHIND: Explanation("Amazon has a lower number: it went back to an older value", _REPAIR),
    DriftKind.OTHER_QUANTITY: Explanation("Amazon has another quantity under the same number", _REPAIR),
    DriftKind.NOT_TAKEN: Explanation(
        "Amazon refused the newest quantity",
        f"mend what it says of the listing (`connector history sku`); {_REPAIR}",
    ),
    DriftKind.MISSING_HERE: Explanation("Amazon has it, and it was never told here", _REPAIR),
    DriftKind.OUTDATED_HERE: Explanation("Amazon has it in another status, which was not told here", _REPAIR),
    DriftKind.NOT_ADOPTED: Explanation(
        "Amazon shows an earlier status than it told before, which is not adopted",
        "look at it in Seller Central; where Amazon stays with it, open a case with `connector history --evidence`",
        is_repaired=False,
    ),
    DriftKind.UNKNOWN_THERE: Explanation(
        "it is open here, and Amazon does not know it",
        "look at it in Seller Central, and open a case with Amazon",
        is_repaired=False,
    ),
    DriftKind.UNKNOWN_LOCATION: Explanation(
        "it is of a location that the merchants file does not have, so it is not told here",
        "add the location to the merchants file (`orders = false` or `returns = false` where others serve it)",
        is_repaired=False,
    ),
}
