"""Each form in which a fact may be written, at every place of its kind at once, is read as what it means."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest

from connector.domain.outcomes import Accepted
from tests.kit.amazon.client import asked_for
from tests.kit.amazon.event_records import not_told, published
from tests.kit.amazon.model.answers import Answer, plain
from tests.kit.amazon.model.forms import forms_of
from tests.kit.amazon.model.tree import replaced
from tests.kit.broken_rules import cases


def in_forms(operation: str) -> Iterator[tuple[str, Answer]]:
    """(kind and form, the plain answer with every fact of that kind in that form)."""
    good = plain(operation)
    places = defaultdict(list)
    for place, field, _ in good.facts():
        for form, said in forms_of(field).items():
            kind = "value" if field.values and form == "unknown" else "known value" if field.values else field.kind
            places[f"{kind}, {form}"].append((place, said))
    for name, found in places.items():
        tree = good.tree
        for place, said in found:
            tree = replaced(tree, place, said)
        yield name, replace(good, tree=tree)


FORMS = {
    f"{operation}: {name}": answer
    for operation in ("getShipment", "getReturn", "retrieveShippingOptions", "generateShipLabels", "generateInvoice")
    for name, answer in in_forms(operation)
}


NO_TIME = "datetime.fromisoformat does not know this form, and the whole answer is Unknown"
NO_BASE64 = "only the standard alphabet, without a prefix, is base64 to it"
BROKEN = {
    f"{operation}: {kind}, {form}": why
    for kind, operations, forms, why in (
        (
            "time",
            ("getShipment", "getReturn", "retrieveShippingOptions", "generateShipLabels"),
            ("lower case", "a year's day", "a leap second", "the day's end as 24:00"),
            NO_TIME,
        ),
        ("base64", ("getShipment", "generateInvoice"), ("url-safe", "a data URI"), NO_BASE64),
    )
    for operation in operations
    for form in forms
}


@pytest.mark.parametrize("name", cases(FORMS, BROKEN))
def test_it_is_read_as_what_it_means(name: str) -> None:
    outcome = asked_for(FORMS[name]).outcome
    assert isinstance(outcome, Accepted), outcome
    if name.startswith(("getShipment", "getReturn")):
        assert not_told(FORMS[name], published(outcome.value)) == []
