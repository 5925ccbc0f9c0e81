"""No object of a list is hidden by another, nor by a side fact of its own, and none hides its page."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from connector.domain.outcomes import Accepted
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.amazon.client import ask
from tests.kit.amazon.model.answers import Answer, plain
from tests.kit.amazon.model.tree import Number, Said, at, replaced

LISTS = {"getShipments": "shipments", "listReturns": "returns"}
SHIPMENT, RETURN = "getShipments", "listReturns"

# The first of two objects, spoilt; and whether its id is left to read it by
SIDE_FACTS: Mapping[str, tuple[str, str, Said]] = {
    "an odd pack date": (SHIPMENT, "earliestPackDateTime", Said("soon")),
    "odd packages": (SHIPMENT, "packages", Said("two")),
    "odd charges": (SHIPMENT, "charges", Said([None])),
    "an odd number of units": (RETURN, "numberOfUnits", Said("one")),
    "an odd creation": (RETURN, "creationDateTime", Said(Number("1e300"))),
    "an odd window of the code": (RETURN, "otpDetails", Said("1234")),
}
CORE_FACTS: Mapping[str, tuple[str, str, Said]] = {
    "an odd time of the last update": (SHIPMENT, "lastUpdatedDateTime", Said("soon")),
    "no status": (SHIPMENT, "status", Said(None)),
    "odd line items": (SHIPMENT, "lineItems", Said("two")),
    "an odd status": (RETURN, "status", Said({})),
    "no time of the last update": (RETURN, "lastUpdatedDateTime", Said("")),
}
SHELLS: Mapping[str, Said] = {
    "an empty object": Said({}),
    "null": Said(None),
    "text": Said("text"),
    "a list": Said([]),
    "an id that is none": Said({"id": {"value": "1"}}),
}


def two(operation: str) -> Answer:
    return plain(operation, items=2)


def page(answer: Answer) -> tuple[list[str], tuple[str, ...]]:
    """(ids that were read, ids that could not be). AssertionError where the page is hidden."""
    outcome = ask(answer.operation.name, answer.body).outcome
    assert isinstance(outcome, Accepted), outcome
    match outcome.value:
        case ShipmentsPage(shipments, _, unreadable):
            return [each.shipment_id for each in shipments], tuple(item.object_id for item in unreadable)
        case ReturnsPage(returns, _, unreadable):
            return [each.return_id for each in returns], tuple(item.object_id for item in unreadable)
    raise AssertionError(outcome.value)


def ids(answer: Answer) -> list[str]:
    return [str(said.meant) for place, _, said in answer.facts() if place[2:] == ("id",)]


@pytest.mark.parametrize("name", SIDE_FACTS)
def test_a_side_fact_hides_no_object(name: str) -> None:
    operation, field, garbage = SIDE_FACTS[name]
    good = two(operation)
    odd = replace(good, tree=replaced(good.tree, (LISTS[operation], 0, field), garbage))
    assert page(odd) == (ids(good), ())


@pytest.mark.parametrize("name", CORE_FACTS)
def test_an_object_that_cant_be_read_is_named_and_hides_no_other(name: str) -> None:
    operation, field, garbage = CORE_FACTS[name]
    good = two(operation)
    odd = replace(good, tree=replaced(good.tree, (LISTS[operation], 0, field), garbage))
    first, second = ids(good)
    assert page(odd) == ([second], (first,))


SHELL_CASES = [f"{operation}, {shell}" for operation in LISTS for shell in SHELLS]


@pytest.mark.parametrize("case", SHELL_CASES)
def test_a_shell_hides_no_page(case: str) -> None:
    operation, _, shell = case.partition(", ")
    good = two(operation)
    objects = at(good.tree, (LISTS[operation],))
    assert isinstance(objects, list)
    odd = replace(good, tree=replaced(good.tree, (LISTS[operation],), [SHELLS[shell], *objects]))
    read, _ = page(odd)
    assert read == ids(good)
