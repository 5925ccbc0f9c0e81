"""Whatever a batch of stock is answered with: one outcome for each request, and none settled by what is no answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connector.domain.inventory.requests import InventoryRequest
from connector.domain.outcomes import Accepted, Failed
from tests.kit.amazon.client import LOCATION, ask_batch, fetches, updates
from tests.kit.amazon.model.answers import trees
from tests.kit.amazon.model.tree import Number, Said, Tree, at, replaced, written

SKUS = ("SKU-1", "SKU & 2", "एसकेयू-3")
STATUSES = (200, 200, 200, 207, 400, 403, 404, 409, 429, 500, 503)


@dataclass(frozen=True, slots=True)
class Batch:
    requests: Sequence[InventoryRequest]
    items: Sequence[Tree]

    @property
    def body(self) -> bytes:
        return written({"responses": list(self.items)}).encode()


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """The answer's items belong to the requests, and each tells its status; all else as the model allows."""
    skus = draw(st.lists(st.sampled_from(SKUS), min_size=1, max_size=3, unique=True))
    items: list[Tree] = []
    for sku in skus:
        item = draw(trees("inventory.InventoryResponse"))
        status = draw(st.sampled_from(STATUSES))
        for place, value in {
            ("status", "statusCode"): Said(status, status),
            ("body", "skuId"): Said(sku, sku),
            ("body", "locationId"): Said(LOCATION, LOCATION),
        }.items():
            item = replaced(item, place, value)
        items.append(item)
    return Batch(draw(st.sampled_from([updates, fetches]))(skus), items)


def told(item: Tree, name: str) -> object:
    body = at(item, ("body",))
    said = body.get(name) if isinstance(body, dict) else None
    return said.meant if isinstance(said, Said) else None


def check(batch: Batch) -> None:
    outcomes = ask_batch(batch.requests, batch.body)
    assert len(outcomes) == len(batch.requests)
    for outcome, item in zip(outcomes, batch.items, strict=True):
        status = at(item, ("status", "statusCode"))
        assert isinstance(status, Said)
        assert isinstance(outcome, Accepted | Failed)
        assert isinstance(outcome, Accepted) == (200 <= int(status.written) <= 299)
        if isinstance(outcome, Accepted):
            level = outcome.value
            assert level.sequence == told(item, "clientSequenceNumber")
            assert level.sellable_quantity == told(item, "sellableQuantity")
            assert level.reserved_quantity == told(item, "reservedQuantity")


@settings(max_examples=100)
@given(batch=batches())
def test_each_request_has_its_own_outcome(batch: Batch) -> None:
    check(batch)


@pytest.mark.campaign
@settings(max_examples=2000, phases=(Phase.generate,))
@given(batch=batches())
def test_each_request_of_two_thousand_batches_has_its_own_outcome(batch: Batch) -> None:
    check(batch)


@settings(max_examples=100)
@given(batch=batches(), data=st.data())
def test_items_that_are_moved_or_left_out_settle_nobody_else(batch: Batch, data: st.DataObject) -> None:
    moved = data.draw(st.permutations(batch.items))[: data.draw(st.integers(0, len(batch.items)))]
    outcomes = ask_batch(batch.requests, Batch(batch.requests, moved).body)
    for request, outcome in zip(batch.requests, outcomes, strict=True):
        if isinstance(outcome, Accepted):
            (own,) = [item for item in batch.items if told(item, "skuId") == request.sku]
            assert outcome.value.sequence == told(own, "clientSequenceNumber")


@pytest.mark.parametrize("garbage", [Said("two"), Said({}), Said(Number("1.5")), Said(True), Said("NaN")], ids=repr)
def test_a_number_that_cant_be_read_settles_nothing(garbage: Said) -> None:
    body: Tree = {"skuId": Said("SKU-1"), "locationId": Said(LOCATION), "clientSequenceNumber": garbage}
    item: Tree = {"status": {"statusCode": Said(200)}, "body": body}
    (outcome,) = ask_batch(updates(["SKU-1"]), Batch((), [item]).body)
    assert not isinstance(outcome, Accepted)
