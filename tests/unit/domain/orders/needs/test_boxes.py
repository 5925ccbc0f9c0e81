"""What goes into which package, as Amazon recommends it and as the OMS packs it; from Amazon's odd answers."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.alerts import AlertKind
from connector.domain.orders.commands import CommandOutcome, CreatePackages, Pack, Reject, Ship, UpdatePackage
from connector.domain.orders.facts.packages import Length, Package, PackageItem, RecommendedPackage, Weight
from connector.domain.orders.facts.shipment import LineItem, Shipment, Status
from connector.domain.orders.next_step import earliest_ms, plan_next_call
from connector.domain.orders.steps import (
    CreatePackagesCall,
    GetShipmentCall,
    RejectShipmentCall,
    UpdatePackageCall,
    UpdatePackageStatusCall,
)
from connector.domain.outcomes import Answer, Refused
from connector.smartconnect.wire.shipments import read_shipment
from connector.smartconnect.wire.source import Source
from tests.kit.cases import read_case
from tests.kit.orders import shipments as kit
from tests.kit.orders.calls import LOST, REFUSED, ended, made, read, refuse_after_reading


def case(name: str) -> Shipment:
    return read_shipment(Source(read_case(f"amazon/{name}")["body"]))


def of_timeline(name: str) -> Shipment:
    return read_shipment(Source(read_case(f"timelines/{name}")["shipment"]))


def created(facts: Shipment, action: Pack | CreatePackages | None = None) -> tuple[Package, ...]:
    return kit.call_of(kit.step_of(kit.asked(kit.known(facts), action or Pack()).row), CreatePackagesCall).packages


def units(*packages: Package) -> list[dict[str, int]]:
    return [{item.line_item_id: item.quantity for item in one.items} for one in packages]


def recommending(lines: tuple[LineItem, ...], *boxes: tuple[str, ...]) -> Shipment:
    recommended = tuple(replace(kit.RECOMMENDED, line_item_ids=box) for box in boxes)
    return kit.shipment(Status.CONFIRMED, line_items=lines, recommended_packages=recommended)


def test_measures_that_amazon_recommends_pass_the_oms_own_checks() -> None:
    """amazon/recommended-package-zero."""
    assert refuse_after_reading(kit.known(case("recommended-package-zero")), kit.command(Pack())) == (
        "packages[0].length: must be above 0, not 0; measure the packet; "
        "packages[0].weight: must be at least 5 G, not 0 G; weigh the packet"
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"length": kit.cm(-1)}, "packages[0].length"),
        ({"width": Length(Decimal(3), "")}, "packages[0].width"),
        ({"height": None}, "packages[0].height"),
        ({"weight": Weight(Decimal(3), "STONE")}, "packages[0].weight"),
    ],
)
def test_no_odd_recommended_measure_goes_out(change: dict[str, Any], named: str) -> None:
    facts = kit.shipment(Status.CONFIRMED, recommended_packages=(replace(kit.RECOMMENDED, **change),))
    assert refuse_after_reading(kit.known(facts), kit.command(Pack())).startswith(f"{named}: ")


def test_the_oms_own_measure_takes_the_place_of_an_odd_one() -> None:
    facts = kit.shipment(Status.CONFIRMED, recommended_packages=(replace(kit.RECOMMENDED, length=kit.cm(0)),))
    (box,) = created(facts, Pack(packages=(Package(package_id="P1", length=kit.cm(31)),)))
    assert (box.length, box.width) == (kit.cm(31), kit.RECOMMENDED.width)


def test_a_single_recommended_package_that_names_no_lines_holds_everything() -> None:
    """amazon/recommended-package-no-lines."""
    (box,) = created(case("recommended-package-no-lines"))
    assert units(box) == [{"L1": 2}]
    assert (box.length, box.width, box.height, box.weight) == (kit.cm(30), kit.cm(20), kit.cm(10), kit.grams(500))


LINES = (LineItem(line_item_id="L1", sku="A", quantity=5), LineItem(line_item_id="L2", sku="B", quantity=1))


def test_a_line_of_several_units_is_spread_over_the_packages_that_name_it() -> None:
    boxes = created(recommending(LINES, ("L1",), ("L1", "L2")))
    assert units(*boxes) == [{"L1": 3}, {"L1": 2, "L2": 1}]


def test_several_packages_that_name_no_lines_are_not_guessed_at() -> None:
    result = kit.only_result(kit.asked(kit.known(recommending(LINES, (), ())), Pack()))
    assert "packages[0].items: is empty; say what is in the package" in result.message


def test_packages_refused_for_units_cancelled_meanwhile_are_made_of_what_is_left() -> None:
    box = RecommendedPackage(length=kit.cm(30), width=kit.cm(20), height=kit.cm(10), weight=kit.grams(500))
    left = replace(case("one-line-cancelled"), recommended_packages=(box,))
    before = replace(left, line_items=tuple(replace(line, cancellations=()) for line in left.line_items))
    row = ended(kit.asked(kit.known(before), Pack()).row, REFUSED, kind=CreatePackagesCall).row
    assert kit.only_result(read(row, before)).code == "InvalidInput", "nothing has changed: Amazon's no stands"
    packages = kit.call_of(kit.step_of(read(row, left).row), CreatePackagesCall).packages
    assert packages == created(left)
    assert packages != created(before)
    again = ended(read(row, left).row, REFUSED, kind=CreatePackagesCall).row
    assert kit.only_result(read(again, left)).code == "InvalidInput", "once for each state of the shipment"


def test_cancelled_units_are_not_packed() -> None:
    facts = case("one-line-cancelled")
    (box,) = created(
        replace(
            facts,
            recommended_packages=(
                RecommendedPackage(length=kit.cm(30), width=kit.cm(20), height=kit.cm(10), weight=kit.grams(500)),
            ),
        )
    )
    assert units(box) == [{line.line_item_id: line.packable for line in facts.line_items}]
    assert sum(line.packable for line in facts.line_items) < sum(line.quantity for line in facts.line_items)


def test_a_unit_of_several_pieces_may_lie_in_two_packages() -> None:
    """records/one-unit-in-two-boxes, amazon/multi-piece."""
    items = (PackageItem(line_item_id="L1", quantity=1, pieces=1),)
    two = tuple(kit.package(one, items=items) for one in ("P1", "P2"))
    facts = case("multi-piece")
    assert units(*created(facts, CreatePackages(two))) == [{"L1": 1}, {"L1": 1}]
    single = replace(facts, line_items=tuple(replace(line, piece_type="SINGLE") for line in facts.line_items))
    result = kit.only_result(kit.asked(kit.known(single), CreatePackages(two)))
    assert "2 are packed" in result.message


def test_recommended_packages_of_a_unit_in_pieces_hold_one_each() -> None:
    line = LineItem(line_item_id="L1", sku="A", quantity=1, piece_type="MULTIPLE")
    assert units(*created(recommending((line,), ("L1",), ("L1",)))) == [{"L1": 1}, {"L1": 1}]


def test_a_unit_is_moved_from_one_package_to_another_by_two_commands() -> None:
    """timelines/unit-moved."""
    facts = of_timeline("unit-moved")
    first = UpdatePackage(Package(package_id="P1", items=(PackageItem(line_item_id="L1", quantity=1),)))
    both = (PackageItem(line_item_id="L2", quantity=1), PackageItem(line_item_id="L1", quantity=1))
    row = kit.asked(
        kit.asked(kit.known(facts), first).row, UpdatePackage(Package(package_id="P2", items=both)), command_id="C2"
    ).row
    assert units(kit.call_of(kit.step_of(row), UpdatePackageCall).package) == [{"L1": 1}]
    change = made(row, UpdatePackageCall)
    assert kit.only_result(change).outcome is CommandOutcome.DONE
    assert units(kit.call_of(kit.step_of(change.row), UpdatePackageCall).package) == [{"L2": 1, "L1": 1}]
    assert kit.only_result(made(change.row, UpdatePackageCall)).outcome is CommandOutcome.DONE


def test_no_packages_are_created_before_amazon_takes_them() -> None:
    """amazon/not-yet-eligible."""
    facts = case("not-yet-eligible")
    row = kit.asked(kit.known(facts), Pack()).row
    step = kit.step_of(row)
    assert isinstance(step.call, CreatePackagesCall)
    assert earliest_ms(row, step) == facts.earliest_pack_at_ms is not None
    assert earliest_ms(row, row.step(GetShipmentCall())) is None


def test_packages_that_differ_from_the_recommended_are_warned_of() -> None:
    facts = kit.shipment(Status.CONFIRMED)
    box = kit.package(length=kit.cm(31), width=Length(Decimal("0.2"), "M"))
    change = made(kit.asked(kit.known(facts), CreatePackages((box,))).row, CreatePackagesCall)
    assert [event.differing_measures for event in change.orders] == [("P1 length 31 CM, recommended 30 CM",)]
    (alert,) = change.alerts
    assert (alert.kind, alert.subject) == (AlertKind.MEASURES_DIFFER, "S1")
    alike = made(kit.asked(kit.known(facts), CreatePackages((kit.package(),))).row, CreatePackagesCall)
    assert (alike.orders[0].differing_measures, alike.alerts) == ((), ())


def shipped(change_or_row: Any) -> list[str]:
    """Packages whose handover is planned next."""
    step = plan_next_call(change_or_row, kit.NOW)
    return [] if step is None else [kit.call_of(step, UpdatePackageStatusCall).package_id]


def test_a_package_that_is_not_handed_over_is_though_the_shipment_says_shipped() -> None:
    """amazon/shipped-in-part."""
    row = kit.asked(kit.known(case("shipped-in-part")), Ship(package_ids=("P2",))).row
    assert shipped(row) == ["P2"]
    change = made(row, UpdatePackageStatusCall)
    assert kit.only_result(change).outcome is CommandOutcome.DONE


TWO = kit.packed(
    Status.SHIPLABEL_GENERATED,
    packages=(kit.package("P1", items=kit.package().items[:1]), kit.package("P2", items=kit.package().items[1:])),
)
ALREADY = Refused(Answer(http_status=400, code="InvalidInput", error_text="the package is SHIPPED already"))


def test_packages_whose_state_amazon_does_not_show_are_handed_over_once_each() -> None:
    """timelines/ship-without-package-status."""
    row = kit.asked(kit.known(TWO), Ship()).row
    row = made(row, UpdatePackageStatusCall).row
    row = kit.seen(row, replace(TWO, last_updated_at_ms=2000), at_ms=kit.NOW + 1).row
    assert shipped(row) == ["P2"]
    assert kit.only_result(made(row, UpdatePackageStatusCall)).outcome is CommandOutcome.DONE
    later = kit.asked(
        kit.seen(row, replace(TWO, last_updated_at_ms=3000), at_ms=kit.NOW + 2).row, Ship(("P1",)), command_id="C2"
    )
    assert shipped(later.row) == ["P2"], "the first command still needs it"


def test_a_handover_that_amazon_does_not_show_is_remembered_for_the_next_command() -> None:
    change = made(kit.asked(kit.known(TWO), Ship(("P1",))).row, UpdatePackageStatusCall)
    row = kit.seen(change.row, replace(TWO, last_updated_at_ms=2000), at_ms=kit.NOW + 1).row
    assert shipped(kit.asked(row, Ship(), command_id="C2").row) == ["P2"]


def test_what_amazon_calls_done_already_is_done() -> None:
    row = ended(kit.asked(kit.known(TWO), Ship()).row, LOST, kind=UpdatePackageStatusCall).row
    row = read(row, TWO, at_ms=row.not_before_ms).row
    assert shipped(row) == ["P1"]
    row = ended(row, ALREADY, kind=UpdatePackageStatusCall).row
    assert shipped(row) == ["P2"]
    assert kit.only_result(made(row, UpdatePackageStatusCall)).outcome is CommandOutcome.DONE


def test_a_reject_is_asked_of_amazon_where_it_names_no_eligible_states() -> None:
    """amazon/reject-without-states."""
    facts = case("reject-without-states")
    row = kit.asked(kit.known(facts), Reject("OUT_OF_STOCK")).row
    assert isinstance(kit.step_of(row).call, RejectShipmentCall)
    assert kit.only_result(made(row, RejectShipmentCall)).outcome is CommandOutcome.DONE
    refused = ended(row, Refused(Answer(http_status=400, code="InvalidInput", message="too late")))
    assert isinstance(kit.step_of(refused.row).call, GetShipmentCall)
    assert kit.only_result(read(refused.row, facts)).code == "InvalidInput"
