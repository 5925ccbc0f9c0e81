"""A history is a pure function of what was found: all of it, once, by time, and whatever the records say."""

import json
from dataclasses import asdict
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.cli.history.entries import entries_of
from connector.cli.history.entry import EntryKind, HistoryEntry
from connector.cli.history.search import with_commands
from connector.cli.history.subject import TOPICS_OF, FoundRecord, Subject, SubjectKind
from connector.cli.history.timeline import timeline
from connector.kafka.avro.codec import BadRecord
from connector.kafka.avro.schemas import single_object_header, text_of
from connector.kafka.topics import (
    ALERTS,
    API_CALLS,
    COMMAND_RESULTS,
    DEAD_LETTERS,
    INVENTORY,
    ORDER_COMMANDS,
    ORDERS,
    TOPICS,
)
from tests.kit.history import records
from tests.kit.history.records import CODEC, found
from tests.kit.kafka.avro.writers import encoded

SHIPMENT = Subject(SubjectKind.SHIPMENT, frozenset({"SHP1"}))
SKU = Subject(SubjectKind.SKU, frozenset({"SKU-1", "EAN-1"}))
SCHEMAS = {topic.name: topic.schema for topic in TOPICS}
NAMING = ("shipment_id", "sku", "return_id", "command_id", "subject", "kind", "target", "step", "answer", "asked")
JSON = st.recursive(
    st.none() | st.integers() | st.just("X") | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*NAMING, "shipments", "value", "status", "commands"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def placed(whole: list[tuple[str, dict[str, Any]]], times: list[int]) -> list[FoundRecord]:
    """Each at its time and offset."""
    return [found(topic, record, times[n], n) for n, (topic, record) in enumerate(whole)]


def names(entries: list[HistoryEntry]) -> list[str]:
    return [entry.name for entry in entries]


@pytest.mark.parametrize(
    ("subject", "whole"), [(SHIPMENT, records.of_shipment("SHP1")), (SKU, records.of_sku("EAN-1"))]
)
def test_every_kind_of_record_has_its_line(subject: Subject, whole: list[tuple[str, dict[str, Any]]]) -> None:
    assert {topic for topic, _ in whole} <= set(TOPICS_OF[subject.kind])
    assert len(timeline(subject, placed(whole, [0] * len(whole)))) == len(whole)
    stranger = Subject(subject.kind, frozenset({"another one"}))
    assert timeline(stranger, placed(whole, [0] * len(whole))) == []


@given(st.data())
def test_it_is_in_the_order_of_time_however_it_was_found(data: st.DataObject) -> None:
    whole = records.of_shipment("SHP1")
    times = data.draw(st.lists(st.integers(0, 5), min_size=len(whole), max_size=len(whole)))
    in_order = placed(whole, times)
    shuffled = data.draw(st.permutations(in_order))
    made = timeline(SHIPMENT, shuffled)
    assert made == timeline(SHIPMENT, in_order)
    assert [entry.at_ms for entry in made] == sorted(entry.at_ms for entry in made)


@given(st.integers(1, 4), st.randoms(use_true_random=False))
def test_what_was_published_again_stands_once_and_says_so(times: int, chance: Random) -> None:
    event, asked = records.order_event("SHP1"), records.command("SHP1", "c1")
    again = [found(ORDERS.name, event, 100 + n, n) for n in range(times)]
    again += [found(ORDER_COMMANDS.name, asked, n, n) for n in range(times)]
    chance.shuffle(again)
    made = timeline(SHIPMENT, again)
    (published,) = [entry for entry in made if entry.kind is EntryKind.EVENT]
    assert (published.at_ms, published.times) == (100, times)
    commands = [entry for entry in made if entry.kind is EntryKind.COMMAND]
    assert [entry.at_ms for entry in commands] == list(range(times)), "what the OMS wrote twice came twice"


def test_an_alert_and_its_end_are_two_lines() -> None:
    raised, ended = records.alert("SHP1"), records.alert("SHP1", ended_at=9)
    both = [found(ALERTS.name, raised, 1, 0), found(ALERTS.name, ended, 2, 1), found(ALERTS.name, ended, 3, 2)]
    assert [(entry.outcome, entry.times) for entry in timeline(SHIPMENT, both)] == [("RAISED", 1), ("ENDED", 2)]


def test_of_a_batch_only_the_sku_itself_is_told_by_either_name() -> None:
    batch = records.inventory_call("other", "SKU-1", "EAN-1", attempt=2)
    entries = timeline(SKU, [found(API_CALLS.name, batch)])
    assert [(entry.about, entry.sequence, entry.quantity) for entry in entries] == [("EAN-1", 3, 5), ("SKU-1", 3, 5)]
    assert {(entry.request_id, entry.attempt, entry.latency_ms, entry.at_ms) for entry in entries} == {
        ("req-1", 2, 12, 10)
    }


def test_a_reading_tells_the_status_and_a_list_that_of_the_shipment_alone() -> None:
    read = records.call(shipment_id="SHP1", answer='{"version":2,"value":{"shipment_id":"SHP1","status":"CONFIRMED"}}')
    page = records.list_call({"shipment_id": "SHP2", "status": "CREATED"}, {"shipment_id": "SHP1", "status": "SHIPPED"})
    entries = timeline(
        SHIPMENT, [found(API_CALLS.name, read, offset=0), found(API_CALLS.name, page | {"call_id": "2"})]
    )
    assert {entry.message for entry in entries} == {"status CONFIRMED", "status SHIPPED"}


def test_a_command_s_history_has_the_calls_made_for_it() -> None:
    step = '{"version":2,"value":{"merchant_id":"M1","shipment_id":"SHP1","call":{"type":"CONFIRM"},"command_id":"c1"}}'
    called = records.call(shipment_id="SHP1", shipment_step="CONFIRM", step=step)
    read = records.call(call_id="2", return_id="R1", asked='{"commands":["M1||c1"]}')
    other = records.call(call_id="3", shipment_id="SHP1", step=step.replace('"c1"', '"c11"'))
    whole = [found(API_CALLS.name, record, offset=n) for n, record in enumerate((called, read, other))]
    entries = timeline(Subject(SubjectKind.COMMAND, frozenset({"c1"})), whole)
    assert [(entry.name, entry.command_id) for entry in entries] == [("CONFIRM", "c1"), ("get_shipment", "")]


def test_the_result_of_a_command_for_many_is_found_by_the_command() -> None:
    manifest = found(ORDER_COMMANDS.name, records.command("", "c9", "CreateManifest", shipment_ids=["SHP0", "SHP1"]))
    document = {"kind": "MANIFEST", "uri": "file:///m.pdf", "sha256": "0" * 64, "content_type": "application/pdf"}
    result = found(COMMAND_RESULTS.name, records.command_result("", "c9", "CreateManifest", documents=[document]), 1)
    assert timeline(SHIPMENT, [result]) == []
    widened = with_commands(SHIPMENT, [manifest])
    assert names(timeline(widened, [manifest, result])) == ["CreateManifest", "CreateManifest", "MANIFEST"]
    assert with_commands(SHIPMENT, [found(ORDER_COMMANDS.name, records.command("SHP1", "c1"))]).commands == frozenset()


def test_a_dead_letter_that_can_be_read_is_judged_by_its_fields() -> None:
    similar = records.update("SKU-1 bis")
    letter = records.dead_letter(records.written(INVENTORY.name, similar), INVENTORY.name)
    assert timeline(SKU, [found(DEAD_LETTERS.name, letter, letter=similar)]) == []
    assert len(timeline(SKU, [found(DEAD_LETTERS.name, letter, letter=records.update("SKU-1"))])) == 1
    assert len(timeline(SKU, [found(DEAD_LETTERS.name, records.dead_letter(b"\xff SKU-1"))])) == 1, "bytes are all"


@pytest.mark.parametrize("topic", sorted(set().union(*TOPICS_OF.values())))
@given(data=st.data())
@settings(max_examples=25)
def test_any_record_of_the_schema_is_told(topic: str, data: st.DataObject) -> None:
    """Nothing is raised, whatever it says and whatever JSON is in it."""
    text = text_of(SCHEMAS[topic])
    body = data.draw(encoded(json.loads(text)))
    try:
        record = CODEC.decode(topic, single_object_header(text) + body)
    except BadRecord:
        return
    record |= {name: "X" for name in NAMING if name in record and isinstance(record[name], str)}
    record |= {name: data.draw(JSON.map(json.dumps)) for name in ("step", "asked", "answer") if name in record}
    one = FoundRecord(topic=topic, partition=0, offset=0, written_ms=0, record=record)
    for kind in SubjectKind:
        for entry in entries_of(Subject(kind, frozenset({"X"})), one):
            json.dumps(asdict(entry))
