"""A line for each drift: what, where, what it means, what each side shows, and the remedy."""

import csv
import json
from io import StringIO

import pytest

from connector.cli.reconcile.listed.report import tell_listed
from connector.cli.reconcile.rounds import Found
from connector.cli.reconcile.session import Reconciled
from connector.cli.reconcile.shown import Told, tell_reconciled
from connector.domain.orders.facts.shipment import Status
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.reconcile.listed_orders import ListedOrder, compare_listed
from connector.domain.reconcile.verdicts import Drift
from tests.kit.orders.shipments import shipment

STOCK = Told("M1", "stock", "SKUs", splits=True)
ORDERS = Told("M1", "orders", "shipments")
FOUND = Found(
    checked=9,
    drifts={
        "EXSB|A|1": Drift(
            DriftKind.SEQUENCE_AHEAD, {"sequence": 3, "quantity": 0}, {"sequence": 9, "sellable": 2, "reserved": 0}
        ),
        "EXSB|B": Drift(DriftKind.STOCK_LOST, {"sequence": 3, "quantity": 1}, {"sequence": None, "sellable": 0}),
    },
    moving={"EXSB|C": "an update", "EXSB|D": "an update"},
    unanswered={"EXSB|E": "HTTP 503"},
)
RESULT = Reconciled(FOUND, mended={"EXSB|B"})


def test_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    tell_reconciled(STOCK, RESULT, "text")
    assert capsys.readouterr().out.splitlines() == [
        "A|1 at EXSB: SEQUENCE_AHEAD: Amazon has a higher number: somebody else posts the SKU; here sequence 3, "
        "quantity 0; at Amazon sequence 9, sellable 2, reserved 0; stop whoever else posts it; run it with --repair",
        "B at EXSB: STOCK_LOST: Amazon has no stock of the SKU, though it was given some; here sequence 3, quantity 1; "
        "at Amazon sellable 0; it is mended",
        "stock of M1: 9 SKUs compared, 2 drifts (1 SEQUENCE_AHEAD, 1 STOCK_LOST), 1 of them mended",
        "2 SKUs were not judged, for they were on the move: an update",
        "1 SKUs could not be read at Amazon: HTTP 503; run it again",
    ]
    assert RESULT.standing == 1


def test_as_csv_and_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    tell_reconciled(STOCK, RESULT, "csv")
    told = capsys.readouterr()
    first, second = csv.DictReader(StringIO(told.out))
    assert (first["location"], first["id"], first["kind"], first["there"]) == (
        "EXSB",
        "A|1",
        "SEQUENCE_AHEAD",
        "sequence 9, sellable 2, reserved 0",
    )
    assert (first["mended"], second["mended"]) == ("False", "True")
    assert "9 SKUs compared" in told.err
    tell_reconciled(STOCK, RESULT, "json")
    whole = json.loads(capsys.readouterr().out)
    assert (whole["checked"], whole["standing"]) == (9, 1)
    assert whole["drifts"][0]["there"] == {"sequence": 9, "sellable": 2, "reserved": 0}
    assert whole["not_judged"] == [{"location": "EXSB", "id": sku, "because": "an update"} for sku in ("C", "D")]
    assert whole["unanswered"] == [{"location": "EXSB", "id": "E", "answer": "HTTP 503"}]


def test_a_shipments_location_is_the_one_that_amazon_says(capsys: pytest.CaptureFixture[str]) -> None:
    there = {"status": "SHIPPED", "order_id": "O1", "location_id": "EXSB"}
    found = Found(checked=1, drifts={"S1": Drift(DriftKind.MISSING_HERE, {}, there)})
    tell_reconciled(ORDERS, Reconciled(found), "text")
    assert capsys.readouterr().out.startswith(
        "S1 at EXSB: MISSING_HERE: Amazon has it, and it was never told here; here nothing; at Amazon status SHIPPED, "
    )


def test_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    compared = compare_listed([ListedOrder(2, "O1", status="Shipped")], [shipment(Status.CONFIRMED)], frozenset())
    tell_listed(compared, "text")
    line, summary = capsys.readouterr().out.splitlines()
    assert line.startswith("row 2, O1: CLOSED_THERE: Amazon lists it as over, and here it is open; here ")
    assert "CONFIRMED at LOC; there Shipped; `connector shipments refetch`" in line
    assert summary.startswith("1 orders in the list: 1 differ, 0 are as known here")
    tell_listed(compared, "csv")
    (row,) = csv.DictReader(StringIO(capsys.readouterr().out))
    assert (row["row"], row["order_id"], row["kind"]) == ("2", "O1", "CLOSED_THERE")
    tell_listed(compared, "json")
    assert json.loads(capsys.readouterr().out)["findings"][0]["kind"] == "CLOSED_THERE"
