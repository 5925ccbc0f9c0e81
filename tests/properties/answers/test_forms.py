"""Each form in which a fact may be written, at every place of its kind at once, is read as what it means."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest

from connector.domain.outcomes import Accepted
from tests.kit.amazon.client import asked_for
from tests.kit.amazon.event_records import not_told, published
from tests.kit.amazon.model.answers import CORE, LONGEST_ID, Answer, plain
from tests.kit.amazon.model.forms import forms_of
from tests.kit.amazon.model.tree import replaced

IDS = frozenset().union(*CORE.values())


def in_forms(operation: str) -> Iterator[tuple[str, Answer]]:
    """(kind and form, the plain answer with every fact of that kind in that form)."""
    good = plain(operation)
    places = defaultdict(list)
    for place, field, _ in good.facts():
        for form, said in forms_of(field).items():
            if place[-1] in IDS and len(str(said.written)) > LONGEST_ID:
                continue  # that one is none, however it is written
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


@pytest.mark.parametrize("name", FORMS)
def test_it_is_read_as_what_it_means(name: str) -> None:
    outcome = asked_for(FORMS[name]).outcome
    assert isinstance(outcome, Accepted), outcome
    if name.startswith(("getShipment", "getReturn")):
        assert not_told(FORMS[name], published(outcome.value)) == []
