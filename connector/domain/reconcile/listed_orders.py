"""Orders as a list of Amazon's has them, against what is known here: by shipment where it names one, else by order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from connector.domain.orders.facts.lifecycle import CLOSED
from connector.domain.orders.facts.shipment import Shipment, Status

_CLOSED_WORDS = frozenset({*CLOSED, "CANCELED", "COMPLETE", "COMPLETED", "FULFILLED", "RETURNED", "REFUNDED"})
"""Statuses of lists' own besides SmartConnect's: anything else is pending."""

_CANCELLED_WORDS = frozenset({Status.CANCELLED, "CANCELED"})
_BETWEEN_WORDS = re.compile(r"[\s-]+")


class ListedKind(StrEnum):
    MISSING_HERE = "MISSING_HERE"
    PENDING_THERE = "PENDING_THERE"
    CLOSED_THERE = "CLOSED_THERE"
    SHIPPED_ELSEWHERE = "SHIPPED_ELSEWHERE"


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """One line of a list. Empty: it does not say."""

    row_number: int
    order_id: str = ""
    shipment_id: str = ""
    sku: str = ""
    status: str = ""
    warehouse_id: str = ""

    @property
    def is_pending(self) -> bool:
        """By the first word: Amazon writes "Shipped - Delivered to Buyer", too."""
        return self._word not in _CLOSED_WORDS

    @property
    def is_cancelled(self) -> bool:
        return self._word in _CANCELLED_WORDS

    @property
    def _word(self) -> str:
        return _BETWEEN_WORDS.split(self.status.strip().upper())[0]


@dataclass(frozen=True, slots=True)
class ListedFinding:
    """`here`: the shipments that are known of the order, empty where none is."""

    kind: ListedKind
    listed: ListedOrder
    here: tuple[Shipment, ...]


@dataclass(frozen=True, slots=True)
class ListedComparison:
    """`elsewhere`: orders of other warehouses that are not known here, and need not be. `agreeing`: all others."""

    findings: tuple[ListedFinding, ...]
    orders: int
    elsewhere: int
    agreeing: int


def compare_listed(lines: Iterable[ListedOrder], known: Sequence[Shipment], warehouses: Set[str]) -> ListedComparison:
    """`warehouses`: Amazon's names of the merchant's locations. An order's lines count once, by its first that tells
    of a difference."""
    by_shipment = {facts.shipment_id: (facts,) for facts in known}
    by_order: dict[str, tuple[Shipment, ...]] = {}
    for facts in known:
        by_order[facts.order_id] = (*by_order.get(facts.order_id, ()), facts)
    groups: dict[tuple[str, str], list[ListedOrder]] = {}
    for line in lines:
        groups.setdefault((line.order_id, line.shipment_id), []).append(line)
    findings: list[ListedFinding] = []
    elsewhere = agreeing = 0
    for group in groups.values():
        here = _here(group[0], by_shipment, by_order)
        found = next(_findings(group, here, warehouses), None)
        if found is not None:
            findings.append(found)
        elif not here:
            elsewhere += 1
        else:
            agreeing += 1
    return ListedComparison(tuple(findings), len(groups), elsewhere, agreeing)


def _here(
    line: ListedOrder, by_shipment: Mapping[str, tuple[Shipment, ...]], by_order: Mapping[str, tuple[Shipment, ...]]
) -> tuple[Shipment, ...]:
    if line.shipment_id:
        return by_shipment.get(line.shipment_id, ())
    return by_order.get(line.order_id, ())


def _findings(
    group: Sequence[ListedOrder], here: tuple[Shipment, ...], warehouses: Set[str]
) -> Iterator[ListedFinding]:
    for line in group:
        is_elsewhere = bool(line.warehouse_id) and line.warehouse_id not in warehouses
        open_here = tuple(facts for facts in here if facts.status not in CLOSED and _has(facts, line.sku))
        if is_elsewhere:
            if open_here and not line.is_pending and not line.is_cancelled:
                yield ListedFinding(ListedKind.SHIPPED_ELSEWHERE, line, open_here)
        elif not here:
            yield ListedFinding(ListedKind.MISSING_HERE, line, ())
        elif line.is_pending and all(facts.status in CLOSED for facts in here):
            yield ListedFinding(ListedKind.PENDING_THERE, line, here)
        elif not line.is_pending and open_here:
            yield ListedFinding(ListedKind.CLOSED_THERE, line, open_here)


def _has(facts: Shipment, sku: str) -> bool:
    return not sku or any(item.sku == sku for item in facts.line_items)
