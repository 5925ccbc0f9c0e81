"""Which shipments make a manifest, and what an operator reads where they do not."""

from dataclasses import replace

import pytest

from connector.domain.orders.commands import CreateManifest, describe
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.manifests import Manifest, ManifestLine, manifest_of
from connector.domain.orders.results import Finish, Refuse, result_of
from connector.domain.orders.row import ShipmentRow
from tests.kit.orders.packing_calls import LABELLED, label
from tests.kit.orders.shipments import NOW, command, known, packed, shipment

ROW = replace(known(LABELLED), tracking=(Tracking("P1", "ATS", "T1"),))


def asked(*ids: str, rows: dict[str, ShipmentRow | None]) -> Manifest | str:
    action = CreateManifest(ids)
    made = manifest_of(command(action), action, rows)
    return describe(made.faults) if isinstance(made, Refuse) else made


def test_a_manifest_has_a_line_for_each_package() -> None:
    bare = known(replace(LABELLED, shipment_id="S2"))
    made = asked("S1", "S2", rows={"S1": ROW, "S2": bare})
    assert isinstance(made, Manifest)
    assert (made.merchant_id, made.location_id, made.command_id) == ("M1", "LOC", "C1")
    assert made.lines == (
        ManifestLine(shipment_id="S1", order_id="O1", package_id="P1", carrier_name="ATS", tracking_id="T1", units=3),
        ManifestLine(shipment_id="S2", order_id="O1", package_id="P1", carrier_name="", tracking_id="P1", units=3),
    )


def test_a_hundred_shipments_are_allowed() -> None:
    ids = [f"S{number}" for number in range(100)]
    made = asked(*ids, rows={one: known(replace(LABELLED, shipment_id=one)) for one in ids})
    assert isinstance(made, Manifest)
    assert len(made.lines) == 100


ELSEWHERE = known(replace(LABELLED, shipment_id="S2", location_id="OTHER"))


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ((), "shipment_ids: is empty; name 1 to 100 shipments"),
        (tuple(map(str, range(101))), "shipment_ids: has 101 shipments, 100 are allowed; split it"),
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
        "FOREIGN": replace(ROW, merchant_id="M2"),
    }
    assert asked(*ids, rows=rows) == message


def test_a_manifest_has_one_result() -> None:
    action = CreateManifest()
    given = command(action)
    stored = result_of(given, Finish(documents=(label("", "manifest"),)), NOW)
    refuse = manifest_of(given, action, {})
    assert isinstance(refuse, Refuse)
    assert stored.documents == (label("", "manifest"),)
    assert result_of(given, refuse, NOW).result_id == stored.result_id
