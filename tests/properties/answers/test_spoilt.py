"""A side fact that can't be read never hides its object, nor any other fact of it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.outcomes import Accepted, Outcome, Unknown
from tests.kit.amazon.client import ask, ids_in
from tests.kit.amazon.event_records import not_told, published
from tests.kit.amazon.model.answers import plain
from tests.kit.amazon.model.carried import is_carried
from tests.kit.amazon.model.garbage import Spoilt, every_spoilt
from tests.kit.amazon.model.tree import Said, replaced, without

TIME = "lastUpdatedDateTime"
READ = ("getShipment", "getReturn", "retrieveShippingOptions", "generateShipLabels", "generateInvoice")


def by_kind(operation: str) -> Mapping[str, Sequence[Spoilt]]:
    found: dict[str, list[Spoilt]] = defaultdict(list)
    for each in every_spoilt(operation):
        found[f"{operation}: {each.kind}, {each.what}"].append(each)
    return found


SPOILT = {name: spoilt for operation in READ for name, spoilt in by_kind(operation).items()}


# Of each kind one sort of garbage: what could not be read is left out, whatever it was
LEFT_OUT = ("an object", "text", "a number beyond any year", "more than our decimals hold", "beyond 32 bits")
TOLD = [name for name in SPOILT if name.startswith(("getShipment", "getReturn")) and name.endswith(LEFT_OUT)]
# A unit alone is no measure: without its value it is told with nothing
ALONE = re.compile(r"(dimensions\.(length|width|height)|weight)\.value")


def asked(spoilt: Spoilt) -> Outcome[Any]:
    name = spoilt.answer.operation.name
    return ask(name, spoilt.answer.body, about=ids_in(plain(name))).outcome


@pytest.mark.parametrize("name", SPOILT)
def test_it_hides_nothing(name: str) -> None:
    hidden = [each.path for each in SPOILT[name] if not isinstance(asked(each), Accepted)]
    assert not hidden


@pytest.mark.parametrize("name", TOLD)
def test_what_is_left_can_be_told(name: str) -> None:
    for each in SPOILT[name]:
        outcome = asked(each)
        assert isinstance(outcome, Accepted), each
        untold = not_told(each.answer, published(outcome.value))
        if ALONE.search(each.path):
            untold = [
                fact for fact in untold if not re.match(rf"{re.escape(each.path[: -len('.value')])}\.\w*Unit:", fact)
            ]
        assert untold == [], each


@pytest.mark.parametrize("name", TOLD)
def test_it_is_named_in_the_events_warnings(name: str) -> None:
    for each in SPOILT[name]:
        if not is_carried(each.answer.operation.name, each.place):
            continue  # nobody reads it, whatever it is
        outcome = asked(each)
        assert isinstance(outcome, Accepted), each
        warnings = published(outcome.value).get("warnings", ())
        (field,) = [step for step in each.place if isinstance(step, str)][-1:]
        assert any(field in warning for warning in warnings), each


CORE_GARBAGE = {"null": Said(None), "empty": Said(""), "an object": Said({}), "a list": Said(["x"]), "blank": Said(" ")}
CORE_FACTS = [
    f"{operation} {name} {garbage}"
    for operation in ("getShipment", "getReturn")
    for name in ("id", "status", TIME)
    for garbage in (*CORE_GARBAGE, "absent")
]


@pytest.mark.parametrize("case", CORE_FACTS)
def test_without_a_core_fact_nothing_is_believed(case: str) -> None:
    operation, name, garbage = case.split(" ", 2)
    good = plain(operation)
    odd = without(good.tree, (name,))
    if garbage in CORE_GARBAGE:
        odd = replaced(good.tree, (name,), CORE_GARBAGE[garbage])
    body = replace(good, tree=odd).body
    assert not isinstance(ask(operation, body, about=ids_in(good)).outcome, Accepted)


@pytest.mark.parametrize("garbage", [Said(None), Said("two"), Said({}), Said([]), Said([None]), Said([{}])], ids=repr)
def test_line_items_that_cant_be_read_raise_nothing(garbage: Said) -> None:
    good = plain("getShipment")
    body = replace(good, tree=replaced(good.tree, ("lineItems",), garbage)).body
    assert isinstance(ask("getShipment", body, about=ids_in(good)).outcome, Accepted | Unknown)
