"""Which shipments are still to be handed over, and what an operator is shown of each."""

from dataclasses import replace

from msgspec import structs

from connector.agents.merchants.lateness.pending import pending_records
from connector.domain.orders.commands import Confirm
from connector.domain.orders.facts.shipment import Program, Status
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Merchant, Merchants
from tests.kit.orders.shipments import asked, known, packed, shipment

HOUR = 3_600_000
NOW = 100 * HOUR
LOCATIONS = [
    {"location_id": "LOC", "program": "EASY_SHIP"},
    {"location_id": "OFF", "program": "EASY_SHIP", "orders": False},
]


def merchants(**options: object) -> Merchants:
    given = {"merchant_id": "M1", "marketplace_id": "M", "refresh_token_env": "T", "locations": LOCATIONS}
    return Merchants({"M1": Merchant.model_validate(given | options)})


def row(shipment_id: str, status: str = Status.ACCEPTED, *, ship_by_ms: int | None, age_ms: int = 0) -> ShipmentRow:
    facts = shipment(status, Program.EASY_SHIP)
    return known(replace(facts, shipment_id=shipment_id, ship_by_ms=ship_by_ms, last_updated_at_ms=NOW - age_ms))


def told(*rows: ShipmentRow, paused: bool = False, **options: object) -> dict[str, dict[str, object]]:
    records = pending_records(rows, merchants(**options), frozenset({"M1"} if paused else ()), NOW)
    return {record["shipment_id"]: record for record in records}


def test_the_earliest_cut_off_first_and_none_that_was_handed_over() -> None:
    rows = [
        row("S1", ship_by_ms=NOW + 9 * HOUR),
        row("S2", ship_by_ms=None),
        row("S3", ship_by_ms=NOW + 5 * HOUR, age_ms=HOUR),
        row("S4", Status.SHIPPED, ship_by_ms=NOW),
        ShipmentRow(merchant_id="M1", shipment_id="S5"),
        row("S6", ship_by_ms=NOW + 5 * HOUR, age_ms=2 * HOUR),
        row("S7", ship_by_ms=None, age_ms=HOUR),
    ]
    assert list(told(*rows)) == ["S6", "S3", "S1", "S7", "S2"]


def test_who_is_late_and_who_will_be() -> None:
    records = told(
        row("late", ship_by_ms=NOW + 90 * HOUR, age_ms=3 * HOUR),
        row("missed", ship_by_ms=NOW - 1),
        row("first", ship_by_ms=NOW + 3 * HOUR),
        *(row(f"more-{n}", ship_by_ms=NOW + 3 * HOUR + n) for n in range(10)),
        limits={"ship_labels": {"rate": 0.001}},  # a label in 1,000 s
    )
    assert records["late"]["late"] == ["SHIPMENT_NOT_CONFIRMED"]
    assert records["missed"]["late"] == ["SHIP_BY_PASSED"], "what was missed is no risk any more"
    assert records["first"]["late"] == []
    assert [name for name, record in records.items() if "AT_RISK" in record["late"]] == ["more-8", "more-9"]  # type: ignore[operator]  # it is a list
    assert records["missed"]["done_by"] < records["first"]["done_by"] < records["late"]["done_by"]  # type: ignore[operator]  # they are numbers


def test_what_others_serve_is_listed_and_never_late() -> None:
    mine = row("S1", ship_by_ms=NOW - 1, age_ms=9 * HOUR)
    for records in (
        told(structs.replace(mine, facts=replace(mine.facts or shipment(), location_id="OFF"))),
        told(mine, mode="observe"),
        told(structs.replace(mine, merchant_id="M2")),
    ):
        assert (records["S1"]["late"], records["S1"]["done_by"]) == ([], None)
        assert records["S1"]["nothing_calls_because"] != ""
    assert told(mine, paused=True)["S1"]["late"] == ["SHIPMENT_NOT_CONFIRMED", "SHIP_BY_PASSED"]


def test_a_command_that_waits_is_named() -> None:
    waiting = asked(row("S1", ship_by_ms=None), Confirm()).row
    assert (told(waiting)["S1"]["command"], told(waiting)["S1"]["late"]) == ("Confirm", ["COMMAND_WAITING"])
    assert told(waiting, paused=True)["S1"]["late"] == []


def test_what_needs_no_call_any_more_has_no_time() -> None:
    labelled = known(
        packed(Status.SHIPLABEL_GENERATED, Program.EASY_SHIP, ship_by_ms=NOW + HOUR, last_updated_at_ms=NOW)
    )
    (record,) = told(labelled).values()
    assert (record["done_by"], record["late"]) == (None, [])
