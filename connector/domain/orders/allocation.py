"""Which OMS location fulfils which line of a new order.

The rule: the whole order from one location if one can, else the fewest locations that can; ties go to the location
listed first. What no location has is allocated to the first one all the same, flagged short, so no line is ever lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from connector.domain.orders.facts.shipment import LineItem

Stock = Mapping[str, Mapping[str, int]]
"""OMS location -> SKU -> units it can still give."""

EXACT_SEARCH_LIMIT = 12  # 4,095 sets of locations at most; beyond it the largest contributor is taken step by step


@dataclass(frozen=True, slots=True)
class Allocation:
    """`short`: beyond the stock known there."""

    oms_location: str
    line_item_id: str
    sku: str
    quantity: int
    short: bool = False


def available(stock: Stock, reserved: Iterable[Allocation]) -> dict[str, dict[str, int]]:
    """The OMS counts units on hand, including those of open shipments: what those hold is not available."""
    left = {location: dict(skus) for location, skus in stock.items()}
    for allocation in reserved:
        skus = left.setdefault(allocation.oms_location, {})
        skus[allocation.sku] = skus.get(allocation.sku, 0) - allocation.quantity
    return left


def split(lines: Sequence[LineItem], locations: Sequence[str], stock: Stock) -> tuple[Allocation, ...]:
    """Every unit of every line allocated once; `locations` (at least one) in order of priority."""
    need: dict[str, int] = {}
    for line in lines:
        need[line.sku] = need.get(line.sku, 0) + line.quantity
    chosen = _choose(need, locations, stock)
    left = {location: {sku: _units(stock, location, sku) for sku in need} for location in chosen}
    return tuple(allocation for line in lines for allocation in _allocate(line, chosen, left, fallback=locations[0]))


def _choose(need: Mapping[str, int], locations: Sequence[str], stock: Stock) -> Sequence[str]:
    useful = [location for location in locations if any(_units(stock, location, sku) for sku in need)]
    if not _covers(need, useful, stock):
        return useful
    if len(useful) > EXACT_SEARCH_LIMIT:
        return _largest_first(need, useful, stock)
    return next(
        chosen
        for size in range(len(useful) + 1)
        for chosen in combinations(useful, size)
        if _covers(need, chosen, stock)
    )


def _largest_first(need: Mapping[str, int], useful: Sequence[str], stock: Stock) -> Sequence[str]:
    missing, chosen = dict(need), list[str]()
    while any(missing.values()):
        best = max(
            (location for location in useful if location not in chosen),
            key=lambda location: sum(min(_units(stock, location, sku), units) for sku, units in missing.items()),
        )
        chosen.append(best)
        missing = {sku: max(0, units - _units(stock, best, sku)) for sku, units in missing.items()}
    return [location for location in useful if location in chosen]


def _covers(need: Mapping[str, int], locations: Sequence[str], stock: Stock) -> bool:
    return all(sum(_units(stock, location, sku) for location in locations) >= units for sku, units in need.items())


def _allocate(
    line: LineItem, chosen: Sequence[str], left: dict[str, dict[str, int]], fallback: str
) -> Iterable[Allocation]:
    wanted = line.quantity
    for location in chosen:
        units = min(wanted, left[location][line.sku])
        if units:
            left[location][line.sku] -= units
            wanted -= units
            yield Allocation(location, line.line_item_id, line.sku, units)
    if wanted:
        yield Allocation(fallback, line.line_item_id, line.sku, wanted, short=True)


def _units(stock: Stock, location: str, sku: str) -> int:
    return max(0, stock.get(location, {}).get(sku, 0))
