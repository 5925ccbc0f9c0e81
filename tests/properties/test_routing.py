"""Routing, for any order and stock: every unit allocated once, never more than is known, the fewest locations."""

from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.orders.allocation import Allocation, available, split
from connector.domain.orders.facts.shipment import LineItem

LOCATIONS = ("WH1", "WH2", "WH3", "WH4")
SKUS = ("A", "B", "C")
stocks = st.dictionaries(
    st.sampled_from(LOCATIONS), st.dictionaries(st.sampled_from(SKUS), st.integers(-2, 8)), max_size=4
)
orders = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 6)), min_size=1, max_size=4).map(
    lambda lines: [
        LineItem(line_item_id=f"L{number}", sku=sku, quantity=quantity) for number, (sku, quantity) in enumerate(lines)
    ]
)


def units(stock: dict[str, dict[str, int]], location: str, sku: str) -> int:
    return max(0, stock.get(location, {}).get(sku, 0))


def covers(stock: dict[str, dict[str, int]], locations: tuple[str, ...], lines: list[LineItem]) -> bool:
    need = Counter[str]()
    for line in lines:
        need[line.sku] += line.quantity
    return all(sum(units(stock, location, sku) for location in locations) >= wanted for sku, wanted in need.items())


@given(lines=orders, stock=stocks)
def test_every_unit_is_allocated_once(lines: list[LineItem], stock: dict[str, dict[str, int]]) -> None:
    allocated = Counter[tuple[str, str]]()
    for allocation in split(lines, LOCATIONS, stock):
        assert allocation.quantity > 0
        allocated[allocation.line_item_id, allocation.sku] += allocation.quantity
    assert allocated == {(line.line_item_id, line.sku): line.quantity for line in lines}


@given(lines=orders, stock=stocks)
def test_never_more_than_is_known_unless_flagged_short(lines: list[LineItem], stock: dict[str, dict[str, int]]) -> None:
    taken, short = Counter[tuple[str, str]](), Counter[str]()
    for allocation in split(lines, LOCATIONS, stock):
        if allocation.short:
            short[allocation.sku] += allocation.quantity
            assert allocation.oms_location == LOCATIONS[0]
        else:
            taken[allocation.oms_location, allocation.sku] += allocation.quantity
    assert all(quantity <= units(stock, *place) for place, quantity in taken.items())
    for sku in SKUS:
        need = sum(line.quantity for line in lines if line.sku == sku)
        known = sum(units(stock, location, sku) for location in LOCATIONS)
        assert short[sku] == max(0, need - known), "short only by what no location has"


@given(lines=orders, stock=stocks)
def test_an_order_goes_to_the_fewest_locations_the_first_listed_of_them(
    lines: list[LineItem], stock: dict[str, dict[str, int]]
) -> None:
    used = {allocation.oms_location for allocation in split(lines, LOCATIONS, stock)}
    if not covers(stock, LOCATIONS, lines):
        return
    best = next(
        chosen
        for size in range(1, len(LOCATIONS) + 1)
        for chosen in combinations(LOCATIONS, size)
        if covers(stock, chosen, lines)
    )
    assert used == set(best)


@settings(max_examples=50)
@given(spread=st.lists(st.integers(0, 3), min_size=13, max_size=20), wanted=st.integers(1, 10))
def test_many_locations_are_searched_step_by_step(spread: list[int], wanted: int) -> None:
    locations = [f"WH{number}" for number in range(len(spread))]
    stock = {location: {"A": quantity} for location, quantity in zip(locations, spread, strict=True)}
    allocations = split([LineItem(line_item_id="L", sku="A", quantity=wanted)], locations, stock)
    assert sum(allocation.quantity for allocation in allocations) == wanted
    if sum(spread) >= wanted:
        largest, needed = sorted(spread, reverse=True), 0
        while sum(largest[:needed]) < wanted:
            needed += 1
        assert len(allocations) == needed
        assert not any(allocation.short for allocation in allocations)


@given(stock=stocks, quantity=st.integers(1, 5))
def test_what_open_orders_hold_is_not_given_again(stock: dict[str, dict[str, int]], quantity: int) -> None:
    left = available(stock, [Allocation("WH1", "L", "A", quantity)])
    assert left["WH1"]["A"] == stock.get("WH1", {}).get("A", 0) - quantity
    assert left.get("WH2") == stock.get("WH2")
