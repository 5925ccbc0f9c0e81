"""Which shipments make a manifest, and what an operator reads where they do not."""

from dataclasses import replace

import pytest
from msgspec import structs

from connector.domain.orders.commands import CreateManifest, describe
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.facts.shipping_options import TimeWindow
from connector.domain.orders.manifests import MAX_SHEETS, Manifest, ManifestLine, manifests_of
from connector.domain.orders.results import Finish, Refuse, result_of
from connector.domain.orders.row import ShipmentRow
from tests.kit.orders.packing_calls import LABELLED, label
from tests.kit.orders.shipments import NOW, command, known, packed, seen, shipment

ROW = structs.replace(known(LABELLED), tracking=(Tracking("P1", "ATS", "T1"),))


def several(*ids: str, rows: dict[str, ShipmentRow | None]) -> tuple[Manifest, ...] | str:
    action = CreateManifest(ids)
    made = manifests_of(command(action), action, rows)
    return describe(made.faults) if isinstance(made, Refuse) else made


def asked(*ids: str, rows: dict[str, ShipmentRow | None]) -> Manifest | str:
    made = several(*ids, rows=rows)
    return made if isinstance(made, str) else made[0]


def carried(shipment_id: str, carrier: str, pickup: TimeWindow | None = None) -> ShipmentRow:
    tracking = (Tracking("P1", carrier, f"T-{shipment_id}", pickup_window=pickup),)
    return structs.replace(known(replace(LABELLED, shipment_id=shipment_id)), tracking=tracking)


def test_a_manifest_has_a_line_for_each_package() -> None:
    bare = known(replace(LABELLED, shipment_id="S2"))
    both = several("S1", "S2", rows={"S1": ROW, "S2": bare})
    assert isinstance(both, tuple)
    made = both[0]
    assert (made.merchant_id, made.location_id, made.command_id) == ("M1", "LOC", "C1")
    assert tuple(line for one in both for line in one.lines) == (
        ManifestLine(shipment_id="S1", order_id="O1", package_id="P1", carrier_name="ATS", tracking_id="T1", units=3),
        ManifestLine(shipment_id="S2", order_id="O1", package_id="P1", carrier_name="", tracking_id="P1", units=3),
    )


def test_a_hundred_shipments_are_allowed() -> None:
    ids = [f"S{number}" for number in range(100)]
    made = asked(*ids, rows={one: known(replace(LABELLED, shipment_id=one)) for one in ids})
    assert isinstance(made, Manifest)
    assert len(made.lines) == 100


def test_each_carrier_and_pickup_has_a_manifest() -> None:
    morning, evening = TimeWindow(NOW, NOW + 1, "PICKUP"), TimeWindow(NOW + 5, NOW + 6, "PICKUP")
    rows: dict[str, ShipmentRow | None] = {
        "S1": carried("S1", "ATS", morning),
        "S2": carried("S2", "DHL", morning),
        "S3": carried("S3", "ATS", evening),
        "S4": carried("S4", "ATS", morning),
    }
    made = several(*rows, rows=rows)
    assert isinstance(made, tuple)
    assert [(one.carrier_name, one.pickup, [line.shipment_id for line in one.lines]) for one in made] == [
        ("ATS", morning, ["S1", "S4"]),
        ("DHL", morning, ["S2"]),
        ("ATS", evening, ["S3"]),
    ]


def test_more_than_a_hundred_are_split() -> None:
    ids = [f"S{number}" for number in range(250)]
    made = several(*ids, rows={one: carried(one, "ATS") for one in ids})
    assert isinstance(made, tuple)
    assert [len(one.lines) for one in made] == [100, 100, 50]
    assert [line.shipment_id for one in made for line in one.lines] == ids


def test_no_cancelled_label_and_no_cancelled_package_is_on_one() -> None:
    cancelled = replace(LABELLED, sub_status="LABEL_CANCELED", last_updated_at_ms=5000)
    void = seen(ROW, cancelled).row
    assert asked("S1", rows={"S1": void}) == ("shipment_ids[0]: S1: the label of P1 was cancelled; generate it anew")
    anew = structs.replace(void, tracking=ROW.tracking)
    assert isinstance(asked("S1", rows={"S1": anew}), Manifest)
    gone = (*LABELLED.packages, replace(LABELLED.packages[0], package_id="P2", status="CANCELLED"))
    made = asked("S1", rows={"S1": known(replace(LABELLED, packages=gone))})
    assert isinstance(made, Manifest)
    assert [line.package_id for line in made.lines] == ["P1"]


ELSEWHERE = known(replace(LABELLED, shipment_id="S2", location_id="OTHER"))


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ((), "shipment_ids: is empty; name at least one shipment"),
        (tuple(map(str, range(5001))), "shipment_ids: has 5001 shipments, 5000 are allowed; split it"),
        (("S1", "S1"), "shipment_ids[1]: S1 is given twice; name each shipment once"),
        (("S9",), "shipment_ids[0]: S9 is not known for merchant M1; send Refresh for it first"),
        (("PACKED",), "shipment_ids[0]: PACKED is PACKAGE_CREATED; generate its labels first"),
        (("GONE",), "shipment_ids[0]: GONE is CANCELLED; leave it out"),
        (("FOREIGN",), "shipment_ids[0]: FOREIGN is not of merchant M1; leave it out"),
        (("S1", "S2"), "shipment_ids: are of several locations (LOC, OTHER); make one manifest for each"),
    ],
)
def test_what_makes_no_manifest(ids: tuple[str, ...], message: str) -> None:
    rows: dict[str, ShipmentRow | None] = {
        "S1": ROW,
        "S2": ELSEWHERE,
        "S9": None,
        "PACKED": known(packed(Status.PACKAGE_CREATED)),
        "GONE": known(shipment(Status.CANCELLED)),
        "FOREIGN": structs.replace(ROW, merchant_id="M2"),
    }
    assert asked(*ids, rows=rows) == message


def test_a_manifest_has_one_result() -> None:
    action = CreateManifest()
    given = command(action)
    stored = result_of(given, Finish(documents=(label("", "manifest"),)), NOW)
    refuse = manifests_of(given, action, {})
    assert isinstance(refuse, Refuse)
    assert stored.documents == (label("", "manifest"),)
    assert result_of(given, refuse, NOW).result_id == stored.result_id


@pytest.mark.parametrize("packages", [(), tuple(replace(one, status="CANCELLED") for one in LABELLED.packages)])
def test_a_shipment_without_a_package_makes_no_manifest(packages: tuple[Package, ...]) -> None:
    rows: dict[str, ShipmentRow | None] = {"S1": known(replace(LABELLED, packages=packages))}
    assert several("S1", rows=rows) == "shipment_ids[0]: S1 has no package to hand over; leave it out"


def test_a_refusal_of_thousands_fits_into_a_record() -> None:
    action = CreateManifest(tuple(f"{number:06d}{'x' * 94}" for number in range(5_000)))
    refused = manifests_of(command(action), action, {})
    assert isinstance(refused, Refuse)
    message = result_of(command(action), refused, NOW).message
    assert message.endswith("; and 4950 more")
    assert len(message) < 20_000


def test_more_sheets_than_a_result_can_name_are_refused() -> None:
    rows: dict[str, ShipmentRow | None] = {
        f"S{number}": carried(f"S{number}", f"carrier {number}") for number in range(MAX_SHEETS + 1)
    }
    assert (
        several(*rows, rows=rows)
        == f"shipment_ids: make {MAX_SHEETS + 1} manifests, {MAX_SHEETS} are allowed; split it"
    )
