"""What says two things is not believed: it is read again, then parked, and settles nothing."""

import pytest

from connector.domain.outcomes import Accepted, Failed
from connector.smartconnect.caller import CallReport
from tests.kit.amazon.client import CALLS, ask, ask_batch, fetches, ids_in, updates
from tests.kit.amazon.model.answers import plain
from tests.kit.amazon.model.facts import operations
from tests.kit.amazon.model.tree import written

ERRORS = b'"errors":[{"code":"InternalFailure","message":"try again later"}]'
WITH_A_BODY = [name for name, operation in operations().items() if operation.shape]


def believed(report: CallReport[object]) -> bool:
    """As a success; of a batch any item."""
    if not isinstance(report.outcome, Accepted):
        return False
    value = report.outcome.value
    items = [item for item in value if isinstance(item, Accepted | Failed)] if isinstance(value, tuple) else []
    return not items or any(isinstance(item, Accepted) for item in items)


@pytest.mark.parametrize("operation", CALLS)
def test_a_success_that_is_a_list_of_errors(operation: str) -> None:
    assert not believed(ask(operation, b"{%b}" % ERRORS))


WRAPPINGS = {"beside the facts": b"{%b,%b", "beside a payload": b'{%b,"payload":{%b}'}
BOTH = [f"{operation} {where}" for operation in WITH_A_BODY for where in WRAPPINGS]


@pytest.mark.parametrize("case", BOTH)
def test_a_success_with_a_list_of_errors(case: str) -> None:
    operation, _, where = case.partition(" ")
    answer = plain(operation)
    body = WRAPPINGS[where] % (ERRORS, written(answer.tree).encode()[1:])
    assert not believed(ask(operation, body, answer.operation.status, about=ids_in(answer)))


@pytest.mark.parametrize("empty", [b'"errors":[]', b'"errors":null'])
@pytest.mark.parametrize("operation", WITH_A_BODY)
def test_an_empty_list_of_errors_says_nothing(operation: str, empty: bytes) -> None:
    answer = plain(operation)
    body = b"{%b,%b" % (empty, written(answer.tree).encode()[1:])
    assert believed(ask(operation, body, answer.operation.status, about=ids_in(answer)))


LISTS = {"getShipments": "shipments", "listReturns": "returns", "generateShipLabels": "packageShipLabelList"}
NO_LISTS = ("{}", '{"pagination":{"nextToken":"t"},"nextToken":"t"}', '{"LIST":null}', '{"LIST":{}}', '{"LIST":"text"}')
PAGES = [f"{operation} {body}" for operation in LISTS for body in NO_LISTS]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_its_list(page: str) -> None:
    operation, _, body = page.partition(" ")
    assert not believed(ask(operation, body.replace("LIST", LISTS[operation]).encode()))


@pytest.mark.parametrize("operation", ["getShipments", "listReturns"])
def test_an_empty_page_is_one(operation: str) -> None:
    assert believed(ask(operation, b'{"%b":[]}' % LISTS[operation].encode()))


def level(*, sku: str = "SKU-1", location: str = "EXSB", **numbers: int | None) -> str:
    """An item of 200. `numbers`: sequence, sellable, reserved; those of None are null."""
    names = {"sequence": "clientSequenceNumber", "sellable": "sellableQuantity", "reserved": "reservedQuantity"}
    told = [f'"{names[name]}":{"null" if value is None else value}' for name, value in numbers.items()]
    body = ",".join([f'"locationId":"{location}"', f'"skuId":"{sku}"', *told])
    return f'{{"status":{{"statusCode":200,"reasonPhrase":"Success"}},"body":{{{body}}}}}'


def batch(*items: str) -> bytes:
    return b'{"responses":[%b]}' % ",".join(items).encode()


LEVELS = {
    "nothing": level(),
    "quantities alone": level(sellable=5, reserved=0),
    "a null number": level(sequence=None, sellable=5, reserved=0),
}


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_without_its_number_settles_no_update(name: str) -> None:
    (outcome,) = ask_batch(updates(["SKU-1"]), batch(LEVELS[name]))
    assert not isinstance(outcome, Accepted)


def test_a_level_without_anything_is_no_level() -> None:
    (outcome,) = ask_batch(fetches(["SKU-1"]), batch(LEVELS["nothing"]))
    assert not isinstance(outcome, Accepted)


def test_a_level_of_a_sku_that_has_no_number_yet() -> None:
    (outcome,) = ask_batch(fetches(["SKU-1"]), batch(level(sellable=0, reserved=0)))
    assert isinstance(outcome, Accepted)


def test_an_answer_for_another_sku() -> None:
    """An item never settles a request that it does not name, nor one twice."""
    one, two = (level(sku=sku, sequence=7, sellable=5) for sku in ("SKU-1", "SKU-2"))
    asked = updates(["SKU-1", "SKU-2"])
    assert [isinstance(each, Accepted) for each in ask_batch(asked, batch(one, two))] == [True, True]
    assert not any(isinstance(each, Accepted) for each in ask_batch(updates(["SKU-1"]), batch(two)))
    first, second = ask_batch(asked, batch(one, one))
    assert not isinstance(second, Accepted)
    first, second = ask_batch(asked, batch(two))
    assert not isinstance(first, Accepted)


OF_ONE = ("getShipment", "getReturn", "generateShipLabels")


@pytest.mark.parametrize("operation", OF_ONE)
def test_an_answer_for_another_object(operation: str) -> None:
    answer = plain(operation)
    assert believed(ask(operation, answer.body, about=ids_in(answer)))
    assert not believed(ask(operation, answer.body, about=["ANOTHER"]))
