"""Whatever answer Amazon's model allows is read, whole, and told as it was said."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connector.domain.orders.facts.shipment import Shipment
from connector.domain.outcomes import Accepted
from connector.domain.returns.facts import Return
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.amazon.client import asked_for
from tests.kit.amazon.event_records import not_told, published
from tests.kit.amazon.model.answers import answers
from tests.kit.amazon.model.facts import operations

# The same answers in each run: a rule that is broken is then seen to be. Not shrunk, which takes minutes for an answer
# of hundreds of fields: the message names the field
EXAMPLES = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow],
)
MANY = settings(EXAMPLES, max_examples=200)
CAMPAIGN = settings(EXAMPLES, max_examples=2000, derandomize=False)

SHIPMENTS = ("getShipment", "getShipments")  # of hundreds of facts each
OTHERS = [
    name
    for name, operation in operations().items()
    if operation.shape and name not in (*SHIPMENTS, "batchInventory")  # batches: test_batches
]


def check(operation: str, data: st.DataObject) -> None:
    answer = data.draw(answers(operation))
    outcome = asked_for(answer).outcome
    assert isinstance(outcome, Accepted), outcome
    match outcome.value:
        case Shipment() | Return() as facts:
            assert not_told(answer, published(facts)) == []
        case ShipmentsPage() as page:
            assert page.unreadable == ()
            assert not_told(answer, [published(facts) for facts in page.shipments]) == []
        case ReturnsPage() as page:
            assert page.unreadable == ()
            assert not_told(answer, [published(facts) for facts in page.returns]) == []


@pytest.mark.parametrize("operation", SHIPMENTS)
@EXAMPLES
@given(data=st.data())
def test_shipments_are_read_whole(operation: str, data: st.DataObject) -> None:
    check(operation, data)


@pytest.mark.parametrize("operation", OTHERS)
@MANY
@given(data=st.data())
def test_all_else_is_read_whole(operation: str, data: st.DataObject) -> None:
    check(operation, data)


@pytest.mark.campaign
@pytest.mark.timeout(1800)  # two thousand pages of shipments take minutes
@pytest.mark.parametrize("operation", [*SHIPMENTS, *OTHERS])
@CAMPAIGN
@given(data=st.data())
def test_two_thousand_are_read_whole(operation: str, data: st.DataObject) -> None:
    check(operation, data)
