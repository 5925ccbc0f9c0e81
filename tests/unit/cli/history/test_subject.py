"""What the bytes of a record are searched for: never too little, or a history would have a hole."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.cli.history.subject import FoundRecord, Subject, SubjectKind, row_of
from connector.kafka.topics import API_CALLS, ORDER_COMMANDS
from connector.tables.ledger import ledger_key
from connector.tables.returns import return_key
from connector.tables.shipments import command_key, shipment_key
from tests.kit.history import records
from tests.kit.history.records import found, written

IDS = st.text(min_size=1, max_size=12).filter(lambda one: one.isprintable() or "\n" in one or "\x01" in one) | (
    st.sampled_from(['a"b', "a\\b", "\x01", "é", "\U0001f600", "5%", "</x>", "\x7f", "\u2028"])
)


def of_command(command_id: str) -> list[tuple[str, dict[str, Any]]]:
    step = msgspec.json.encode({"version": 2, "value": {"command_id": command_id}}).decode()
    return [
        (ORDER_COMMANDS.name, records.command("S1", command_id)),
        (API_CALLS.name, records.call(shipment_id="S1", step=step)),
    ]


def of_return(return_id: str) -> list[tuple[str, dict[str, Any]]]:
    page = msgspec.json.encode({"returns": [{"return_id": return_id}], "unreadable": []}).decode()
    odd = msgspec.json.encode({"returns": [], "unreadable": [{"object_id": return_id}]}).decode()
    return [
        (ORDER_COMMANDS.name, records.command("", "c1", "Refresh", return_id=return_id)),
        (API_CALLS.name, records.call(operation="returns", answer=page)),
        (API_CALLS.name, records.call(operation="returns", answer=odd)),
    ]


WHOLE = {
    SubjectKind.SHIPMENT: records.of_shipment,
    SubjectKind.SKU: records.of_sku,
    SubjectKind.COMMAND: of_command,
    SubjectKind.RETURN: of_return,
}


@pytest.mark.parametrize("kind", SubjectKind)
@given(one=IDS)
def test_no_record_that_is_about_it_is_passed_over(kind: SubjectKind, one: str) -> None:
    subject = Subject(kind, frozenset({one}))
    for topic, record in WHOLE[kind](one):
        assert found(topic, record).is_about(subject)
        assert subject.may_be_named_in(written(topic, record)), (topic, record)


@given(one=IDS, other=IDS)
def test_similar_ids_are_others(one: str, other: str) -> None:
    if one == other:
        return
    for topic, record in records.of_shipment(other)[:-1]:  # in a letter's bytes they can't be told apart
        assert not found(topic, record).is_about(Subject(SubjectKind.SHIPMENT, frozenset({one})))


def test_orders_that_name_a_sku_are_no_calls_for_it() -> None:
    answer = '{"version":2,"value":{"shipment_id":"S1","line_items":[{"sku":"SKU-1"}]}}'
    read: FoundRecord = found(API_CALLS.name, records.call(shipment_id="S1", answer=answer))
    assert not read.is_about(Subject(SubjectKind.SKU, frozenset({"SKU-1"})))


@pytest.mark.parametrize(
    ("kind", "key", "row"),
    [
        (SubjectKind.SHIPMENT, shipment_key("M1", "S1"), ("M1", "S1")),
        (SubjectKind.SHIPMENT, command_key("M1", "S1"), ("M1", "|S1")),
        (SubjectKind.RETURN, return_key("M1", "R1"), ("M1", "R1")),
        (SubjectKind.SKU, ledger_key("M1", "EXSB", "A|SKU-1"), ("M1", "A|SKU-1")),
    ],
)
def test_whose_a_row_is_and_of_what(kind: SubjectKind, key: str, row: tuple[str, str]) -> None:
    assert row_of(kind, key) == row
