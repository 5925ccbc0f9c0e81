"""One shipment or return against what Amazon shows: what is drift, and what is only not here yet."""

from dataclasses import replace

from connector.domain.orders.commands import Confirm
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import Hint, ShipmentRow
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.reconcile.trade import UNDER_WAY, TradeTerms, compare_order, compare_return
from connector.domain.reconcile.verdicts import JUST_CHANGED, Agrees, Drift, Moving, Verdict
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import ReturnStatus
from tests.kit.orders.shipments import MERCHANT, SHIPMENT, asked, known, shipment
from tests.kit.returns import returned

TERMS = TradeTerms(now_ms=1_000_000, grace_ms=10_000, kept_ms=100_000)
ROW = known(shipment(Status.ACCEPTED))
LATER = shipment(Status.CONFIRMED, last_updated_at_ms=2_000)
RETURN_ROW = ReturnRow(returned(last_updated_at_ms=1_000))


def kind_of(verdict: Verdict) -> DriftKind | None:
    return verdict.kind if isinstance(verdict, Drift) else None


def test_the_same_status_agrees_whatever_else_moves() -> None:
    row = asked(ROW, Confirm()).row
    assert isinstance(compare_order(row, shipment(Status.ACCEPTED, last_updated_at_ms=999_999), TERMS), Agrees)


def test_what_changed_a_moment_ago_may_be_on_its_way_here() -> None:
    fresh = replace(LATER, last_updated_at_ms=995_000)
    assert compare_order(ROW, fresh, TERMS) == Moving(JUST_CHANGED)
    assert compare_order(None, fresh, TERMS) == Moving(JUST_CHANGED)
    assert kind_of(compare_order(ROW, replace(fresh, last_updated_at_ms=990_000), TERMS)) is DriftKind.OUTDATED_HERE


def test_a_command_or_reading_under_way_explains_a_difference() -> None:
    assert compare_order(asked(ROW, Confirm()).row, LATER, TERMS) == Moving(UNDER_WAY)
    hinted = ShipmentRow(merchant_id=MERCHANT, shipment_id=SHIPMENT, hint=Hint("", 1))
    assert compare_order(hinted, LATER, TERMS) == Moving(UNDER_WAY)
    assert compare_order(asked(ROW, Confirm()).row, None, TERMS) == Moving(UNDER_WAY)


def test_an_earlier_status_than_the_known_one_is_told_as_not_adopted() -> None:
    row = known(shipment(Status.CONFIRMED))
    assert kind_of(compare_order(row, shipment(Status.ACCEPTED, last_updated_at_ms=2_000), TERMS)) is (
        DriftKind.NOT_ADOPTED
    )
    gone = known(shipment(Status.CANCELLED))
    assert kind_of(compare_order(gone, LATER, TERMS)) is DriftKind.NOT_ADOPTED


def test_what_is_over_and_forgotten_is_not_missing() -> None:
    over = shipment(Status.SHIPPED, created_at_ms=800_000, last_updated_at_ms=850_000)
    assert isinstance(compare_order(None, over, TERMS), Agrees)
    newer = replace(over, created_at_ms=950_000, last_updated_at_ms=960_000)
    assert kind_of(compare_order(None, newer, TERMS)) is DriftKind.MISSING_HERE
    assert isinstance(compare_order(known(over), None, TERMS), Agrees), "Amazon need not keep it either"


def test_an_order_of_an_unknown_location_is_told_as_that() -> None:
    there = shipment(Status.CREATED, last_updated_at_ms=999_999)
    verdict = compare_order(None, there, TERMS, is_known_location=False)
    assert kind_of(verdict) is DriftKind.UNKNOWN_LOCATION
    row = known(shipment(Status.ACCEPTED))
    assert kind_of(compare_order(row, LATER, TERMS, is_known_location=False)) is DriftKind.OUTDATED_HERE


def test_returns() -> None:
    delivered = returned(status=ReturnStatus.DELIVERED, last_updated_at_ms=2_000)
    assert isinstance(compare_return(RETURN_ROW, RETURN_ROW.facts, TERMS), Agrees)
    assert kind_of(compare_return(RETURN_ROW, delivered, TERMS)) is DriftKind.OUTDATED_HERE
    assert kind_of(compare_return(None, delivered, TERMS)) is DriftKind.MISSING_HERE
    assert kind_of(compare_return(RETURN_ROW, None, TERMS)) is DriftKind.UNKNOWN_THERE
    assert kind_of(compare_return(ReturnRow(delivered), RETURN_ROW.facts, TERMS)) is DriftKind.NOT_ADOPTED
    fresh = replace(delivered, last_updated_at_ms=995_000)
    assert compare_return(RETURN_ROW, fresh, TERMS) == Moving(JUST_CHANGED)
    over = ReturnRow(returned(status=ReturnStatus.PROCESSED))
    assert isinstance(compare_return(over, None, TERMS), Agrees)
    assert isinstance(compare_return(None, None, TERMS), Agrees)
