"""`connector listings measures`: as a table, as CSV and as JSON, of all merchants or of one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from msgspec import structs
from typer.testing import CliRunner

from connector.cli import build
from connector.cli.stock import listings
from connector.domain.orders.facts.packages import PackageItem, RecommendedPackage
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import ShipmentRow
from tests.kit.orders.shipments import cm, grams, known, package, packed

ITEMS = ((PackageItem(line_item_id="L1", quantity=2),), (PackageItem(line_item_id="L2", quantity=1),))
FITTING = RecommendedPackage(line_item_ids=("L1",), length=cm(30), width=cm(20), height=cm(10), weight=grams(500))
HEADER = "merchant,SKU,packages,differing,the last in shipment,changed,measured"
M1 = 'M1,A,1,1,S1,2026-03-02T10:00:00+00:00,"length 31 CM, recommended 30 CM; height 9 CM, recommended 10 CM"'
M2 = 'M2,A,1,1,S2,2026-03-02T10:00:00+00:00,"length 31 CM, recommended 30 CM; height 9 CM, recommended 10 CM"'


def row(merchant_id: str, shipment_id: str) -> ShipmentRow:
    """A package of SKU A that is longer and lower than recommended, and one of SKU B that is as it should be."""
    facts = packed(
        Status.PACKAGE_CREATED,
        shipment_id=shipment_id,
        last_updated_at_ms=1_772_445_600_000,
        packages=(package("P1", items=ITEMS[0], length=cm(31), height=cm(9)), package("P2", items=ITEMS[1])),
        recommended_packages=(FITTING, replace(FITTING, line_item_ids=("L2",))),
    )
    return structs.replace(known(facts), merchant_id=merchant_id)


@pytest.fixture(autouse=True)
def _kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def opened(_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr(listings, "open_broker", opened)
    monkeypatch.setattr(listings, "read_shipment_rows", lambda _: [row("M2", "S2"), row("M1", "S1")])


def measures(*arguments: str) -> str:
    ended = CliRunner().invoke(build(), ["listings", "measures", *arguments])
    assert ended.exit_code == 0, ended
    return ended.stdout


@pytest.mark.usefixtures("alone")
def test_those_that_differ_by_merchant() -> None:
    assert measures("--csv").splitlines() == [HEADER, M1, M2]
    assert measures("--csv", "--merchant", "M2").splitlines() == [HEADER, M2]
    told = [line.split("\t") for line in measures().splitlines()]
    assert [cells[:5] for cells in told] == [HEADER.split(",")[:5], M1.split(",")[:5], M2.split(",")[:5]]


@pytest.mark.usefixtures("alone")
def test_all_of_them_for_a_program() -> None:
    differing, fitting = json.loads(measures("--json", "--merchant", "M1", "--all"))
    assert differing == {
        "merchant_id": "M1",
        "sku": "A",
        "packages": 1,
        "differing": 1,
        "shipment_id": "S1",
        "at": 1_772_445_600_000,
        "differences": ["length 31 CM, recommended 30 CM", "height 9 CM, recommended 10 CM"],
    }
    assert (fitting["sku"], fitting["differing"], fitting["at"], fitting["differences"]) == ("B", 0, None, [])
