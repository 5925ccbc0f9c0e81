"""Left out is not empty, and not 0; and what is large is no record."""

import base64
from dataclasses import replace

import pytest

from connector.domain.orders.facts.shipment import Shipment
from connector.domain.outcomes import Accepted
from connector.domain.returns.facts import Return
from tests.kit.amazon.client import asked_for
from tests.kit.amazon.event_records import published
from tests.kit.amazon.model.answers import Answer, plain
from tests.kit.amazon.model.tree import Place, Said, replaced, without

STATES: Place = ("shipmentInfo", "orderStatesEligibleForRejection")
UNITS: Place = ("numberOfUnits",)


def read(answer: Answer) -> Shipment | Return:
    outcome = asked_for(answer).outcome
    assert isinstance(outcome, Accepted), outcome
    facts: Shipment | Return = outcome.value
    return facts


ABSENT = {"left out": None, "null": Said(None)}


@pytest.mark.parametrize("how", ABSENT)
def test_states_that_are_not_told_are_not_none(how: str) -> None:
    good = plain("getShipment")
    said = ABSENT[how]
    untold = without(good.tree, STATES) if said is None else replaced(good.tree, STATES, said)
    none = replaced(good.tree, STATES, [])
    assert read(replace(good, tree=untold)) != read(replace(good, tree=none))


UNTOLD = {**ABSENT, "0": Said(0), "below 0": Said(-1), "words": Said("one")}


@pytest.mark.parametrize("how", UNTOLD)
def test_a_return_is_of_one_unit_where_it_tells_of_none(how: str) -> None:
    """And the event's warnings name it."""
    good = plain("getReturn")
    said = UNTOLD[how]
    untold = without(good.tree, UNITS) if said is None else replaced(good.tree, UNITS, said)
    record = published(read(replace(good, tree=untold)))
    assert record["quantity"] == 1
    assert any("numberOfUnits" in warning for warning in record.get("warnings", ()))


@pytest.mark.parametrize("size", ["1 kB", "900 kB"])
def test_a_gift_message_makes_no_record_too_large(size: str) -> None:
    good = plain("getShipment")
    content = base64.b64encode(b"%PDF-1.7 " + b"x" * 1000 * int(size.split()[0])).decode()
    place: Place = ("lineItems", 0, "giftAttributes", "giftMessage", "content")
    published(read(replace(good, tree=replaced(good.tree, place, Said(content, content)))))
