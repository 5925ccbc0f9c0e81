"""The judge of the campaigns finds what it is there for: each rule, broken in what it is shown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.kit.flows.judge import MOST_CALLS, Seen, answered_twice, made_twice, parked_lists, repeated, told_twice

COMMANDS = {"C1": "S1"}


def order(kind: str, status: str, **snapshot: object) -> dict[str, Any]:
    return {"shipment_id": "S1", "type": kind, "status": status, "snapshot": {"last_updated_at": 1, **snapshot}}


def of_return(kind: str, status: str) -> dict[str, Any]:
    return {"return_id": "R1", "type": kind, "status": status, "snapshot": {"last_updated_at": 1, "status": status}}


def result(**changes: object) -> dict[str, Any]:
    told = {"result_id": "r", "command_id": "C1", "shipment_id": "S1", "action": "Confirm"}
    return {**told, "outcome": "DONE", "code": "", **changes}


def call(path: str = "/shipments/S1", method: str = "GET") -> dict[str, Any]:
    return {"merchant_id": "M1", "method": method, "path": path, "operation": "get_shipment"}


def alert(subject: str, severity: str = "WARNING") -> dict[str, Any]:
    return {"subject": subject, "severity": severity}


PAGES = [call(f"/shipments?status=CREATED&paginationToken={number}") for number in range(MOST_CALLS + 1)]
GOOD = Seen(
    orders=[
        order("ORDER_RECEIVED", "ACCEPTED"),
        order("ORDER_UPDATED", "ACCEPTED", ship_by=2),
        order("ORDER_CONFIRMED", "CONFIRMED", ship_by=2),
    ],
    cancellations=[{"shipment_id": "S1"}],
    returns=[of_return("RETURN_CREATED", "CREATED"), of_return("RETURN_PROCESSED", "PROCESSED")],
    results=[result(), result()],
    alerts=[],
    calls=[call()] * MOST_CALLS,
    effects=[{"shipment_id": "S1", "name": "confirmed"}],
)


def faults(seen: Seen, commands: Mapping[str, str] = COMMANDS) -> list[str]:
    return [
        *told_twice(seen),
        *made_twice(seen),
        *answered_twice(seen, commands),
        *repeated(seen.calls, seen.alerted),
    ]


def test_nothing_is_wrong_with_what_is_right() -> None:
    assert faults(GOOD) == []
    parked = replace(GOOD, results=[], alerts=[alert("S1")], calls=[call()] * 100)
    assert faults(parked) == [], "an alert names it"
    lists = replace(GOOD, alerts=[alert("list_shipments CREATED")], calls=PAGES)
    assert faults(lists) == []


def broken() -> Iterator[tuple[str, Callable[[Seen], Seen]]]:
    yield "received twice", lambda seen: replace(seen, orders=[*seen.orders, seen.orders[0]])
    yield "not received first", lambda seen: replace(seen, orders=seen.orders[1:])
    yield "goes back", lambda seen: replace(seen, orders=[*seen.orders, order("ORDER_UPDATED", "ACCEPTED", ship_by=3)])
    yield "the same update twice", lambda seen: replace(seen, orders=[*seen.orders[:2], seen.orders[1]])
    yield "cancelled twice", lambda seen: replace(seen, cancellations=[*seen.cancellations] * 2)
    yield "a return told twice", lambda seen: replace(seen, returns=[*seen.returns, seen.returns[1]])
    yield "a return begun twice", lambda seen: replace(seen, returns=[*seen.returns, seen.returns[0]])
    yield "made twice", lambda seen: replace(seen, effects=[*seen.effects] * 2)
    yield "done without effect", lambda seen: replace(seen, effects=[])
    yield "two results", lambda seen: replace(seen, results=[*seen.results, result(outcome="EXPIRED", code="EXPIRED")])
    yield "no result", lambda seen: replace(seen, results=[])
    yield "a result of nothing", lambda seen: replace(seen, results=[*seen.results, result(command_id="C2")])
    yield "no code", lambda seen: replace(seen, results=[result(outcome="REFUSED")])
    yield "endless", lambda seen: replace(seen, calls=[call()] * (MOST_CALLS + 1))
    yield "an endless list", lambda seen: replace(seen, calls=PAGES)
    yield "another list's alert", lambda seen: replace(seen, calls=PAGES, alerts=[alert("list_shipments ACCEPTED")])
    yield "an alert of nothing to mend", lambda seen: replace(seen, results=[], alerts=[alert("S1", "INFO")])


BROKEN = dict(broken())


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_is_found(name: str) -> None:
    assert len(faults(BROKEN[name](GOOD))) >= 1


def test_what_was_worked_elsewhere_needs_no_effect_of_ours() -> None:
    by_others = replace(GOOD, effects=[])
    assert list(made_twice(by_others, {"S1"})) == []
    assert list(made_twice(by_others, {"S2"})) != []


def test_a_list_is_parked_while_its_alert_stands() -> None:
    def of_list(alert_id: str, kind: str, ended_at: int | None) -> dict[str, Any]:
        told = {"merchant_id": "M1", "subject": f"returns {alert_id} at L"}
        return {"alert_id": alert_id, "kind": kind, "ended_at": ended_at, "severity": "WARNING", **told}

    alerts = [
        of_list("ENDED", "LIST_PARKED", None),
        of_list("STANDS", "LIST_PARKED", None),
        of_list("ENDED", "LIST_PARKED", 5),
        of_list("OTHER", "RETURN_PARKED", None),
    ]
    assert parked_lists(replace(GOOD, alerts=alerts)) == {("M1", "returns STANDS at L")}
