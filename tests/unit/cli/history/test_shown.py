"""What leaves a history: lines, CSV, JSON and the evidence for Amazon. None of it has a buyer's data."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.cli.history.entry import HistoryEntry
from connector.cli.history.evidence import EVIDENCE_COLUMNS, evidence_rows, write_evidence
from connector.cli.history.shown import HistoryScreen, lines_of_row, told_of
from connector.cli.history.subject import Subject, SubjectKind
from connector.cli.history.timeline import timeline
from connector.cli.shared.screen import Form
from connector.domain.orders.events import CancellationEvent, OrderEvent
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.returns.events import ReturnEvent
from connector.errors import InputError
from connector.kafka.avro.records import to_record
from connector.kafka.topics import API_CALLS, CANCELLATIONS, ORDERS, RETURNS
from tests.kit.history import records
from tests.kit.history.records import found
from tests.kit.orders.samples import filled

SHIPMENT = Subject(SubjectKind.SHIPMENT, frozenset({"SHP1"}))
BUYER = "Asha of 12 Hill Road"


def with_buyer(value: Any) -> Any:
    """Every text in it is the buyer's."""
    match value:
        case dict():
            return {name: with_buyer(inner) for name, inner in value.items()}
        case list():
            return [with_buyer(inner) for inner in value]
        case str():
            return BUYER
        case _:
            return value


def of_a_buyer() -> list[HistoryEntry]:
    """Of records whose snapshots, answers and free texts say nothing else."""
    order = to_record(filled(OrderEvent))
    order |= {"snapshot": with_buyer(order["snapshot"]), "shipment_id": "SHP1"}
    cancelled = to_record(filled(CancellationEvent)) | {"shipment_id": "SHP1", "reason": BUYER}
    back = to_record(filled(ReturnEvent))
    back |= {"snapshot": with_buyer(back["snapshot"]), "shipment_id": "SHP1", "reason": BUYER}
    facts = with_buyer(json.loads(msgspec.json.encode(filled(Shipment))))
    answer = json.dumps({"version": 2, "value": facts | {"shipment_id": "SHP1", "status": "SHIPPED"}})
    asked = json.dumps({"version": 2, "value": {"call": {"packages": facts}, "command_id": "c1"}})
    call = records.call(shipment_id="SHP1", shipment_step="READ", step=asked, answer=answer)
    notification = records.notification("SHP1") | {"raw": BUYER}
    found_all = [
        found(ORDERS.name, order),
        found(CANCELLATIONS.name, cancelled),
        found(RETURNS.name, back),
        found(API_CALLS.name, call),
        found("connector.notifications", notification),
        found("connector.dead-letters", records.dead_letter(f"{BUYER} SHP1".encode())),
    ]
    entries = timeline(SHIPMENT, found_all)
    assert len(entries) == len(found_all)
    return entries


@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_no_buyers_data_is_shown(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    HistoryScreen(form, goes_on=False).show(of_a_buyer(), SHIPMENT.ids)
    shown = capsys.readouterr().out
    assert "SHIPPED" in shown
    assert BUYER not in shown


def test_no_buyers_data_is_evidence() -> None:
    rows = evidence_rows(of_a_buyer())
    assert len(rows) == 1
    assert BUYER not in str(rows)


def test_the_evidence_is_each_call_that_left() -> None:
    sent = records.inventory_call("SKU-1", answered_at=11_000, attempt=2)
    unsent = records.call(call_id="2", shipment_id="SHP1", sent=False, outcome="UNAVAILABLE", http_status=0)
    refused = records.call(
        call_id="3",
        shipment_id="SHP1",
        outcome="REFUSED",
        http_status=400,
        code="SC000003",
        error_text="invalid status",
    )
    calls = [found(API_CALLS.name, record, offset=n) for n, record in enumerate((sent, unsent, refused))]
    skus = timeline(Subject(SubjectKind.SKU, frozenset({"SKU-1"})), calls)
    rows = [dict(zip(EVIDENCE_COLUMNS, row, strict=True)) for row in evidence_rows([*skus, *timeline(SHIPMENT, calls)])]
    assert [row["request_id"] for row in rows] == ["req-1", "req-1"]
    first, second = rows
    assert (first["sequence"], first["quantity"], first["outcome"], first["http_status"]) == (3, 5, "ACCEPTED", 202)
    assert (first["sent_at"], first["answered_at"]) == ("1970-01-01T00:00:00.010+00:00", "1970-01-01T00:00:11+00:00")
    assert (second["code"], second["answer"], second["attempt"]) == ("SC000003", "invalid status", 1)


def test_the_evidence_is_a_new_file_without_formulas(tmp_path: Path) -> None:
    file = tmp_path / "evidence.csv"
    call = records.inventory_call("=1+1", request_id="@req")
    entries = timeline(Subject(SubjectKind.SKU, frozenset({"=1+1"})), [found(API_CALLS.name, call)])
    assert write_evidence(file, entries) == 1
    with file.open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["about"], row["request_id"], row["sequence"]) == ("'=1+1", "'@req", "3")
    for taken in (file, tmp_path / "nowhere" / "evidence.csv"):
        with pytest.raises(InputError, match="--evidence"):
            write_evidence(taken, entries)


def test_every_line_of_csv_has_every_column_and_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    odd = timeline(
        Subject(SubjectKind.SKU, frozenset({"=1+1"})), [found("oms.inventory", records.update("=1+1", "@u"))]
    )
    screen = HistoryScreen("csv", goes_on=True)
    screen.show(odd, frozenset())
    screen.show(odd, frozenset())
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [(row["about"], row["id"], row["quantity"]) for row in rows] == [("'=1+1", "'@u", "5")] * 2


def test_json_is_a_list_or_a_line_each_where_more_comes(capsys: pytest.CaptureFixture[str]) -> None:
    entries = of_a_buyer()
    HistoryScreen("json", goes_on=False).show(entries, SHIPMENT.ids)
    listed = json.loads(capsys.readouterr().out)
    HistoryScreen("json", goes_on=True).show(entries, SHIPMENT.ids)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == listed
    assert {"at", "kind", "request_id", "latency_ms", "source"} <= listed[0].keys()


def test_a_program_reads_tabs_and_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    odd = [found("oms.inventory", records.update("SKU-1", "u\t1\n\x1b[2J"), at_ms=1_000)]
    HistoryScreen("text", goes_on=False).show(
        timeline(Subject(SubjectKind.SKU, frozenset({"SKU-1"})), odd), frozenset({"SKU-1"})
    )
    header, line = capsys.readouterr().out.splitlines()
    assert header.split("\t") == ["at (UTC)", "what", "told"]
    at, what, told = line.split("\t")
    assert (at, what) == ("1970-01-01 00:00:01.000", "update")
    assert told == r"update u\t1\n\x1b[2J at WH1, quantity 5, counted at 1970-01-01T00:00:00+00:00"


def test_a_line_says_what_matters_of_a_call() -> None:
    call = records.call(
        shipment_id="SHP1",
        shipment_step="CONFIRM",
        outcome="UNAVAILABLE",
        http_status=503,
        error_text="service unavailable",
        attempt=3,
    )
    (entry,) = timeline(SHIPMENT, [found(API_CALLS.name, call)])
    told = "CONFIRM: UNAVAILABLE, HTTP 503, service unavailable, 12 ms, attempt 3, request req-1"
    assert told_of(entry, SHIPMENT.ids) == told


@pytest.mark.parametrize("width", [10, 80, 200])
def test_a_person_reads_lines_as_wide_as_the_terminal(width: int) -> None:
    words = [f"word-{n:03}" for n in range(60)]
    lines = lines_of_row(("2026-11-26 20:18:22.031", "call", " ".join(["\x1b[2J", *words])), width)
    assert max(map(len, lines)) <= max(width, 60)
    assert lines[0].startswith(f"2026-11-26 20:18:22.031  {'call':14}\\x1b[2J word-000")
    assert [word for line in lines for word in line.split() if word.startswith("word")] == words
    assert {line[:39].strip() for line in lines[1:]} == {""}
    assert lines_of_row(("now", "call", ""), width) == [f"{'now':25}{'call':14}"]
