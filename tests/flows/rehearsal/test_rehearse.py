"""`connector rehearse` on a real broker: an OMS of one's own against the simulator, in topics apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from connector.kafka.topics import TOPICS
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import unique
from tests.kit.processes import Process
from tests.kit.rehearsal.oms import RehearsedOms

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

PLACES = "".join(
    f'[[merchants.locations]]\nlocation_id = "{place}"\nprogram = "{program}"\noms_locations = [{names}]\n'
    for place, program, names in (
        ("EXSF", "SELLER_FLEX", '"FLEX"'),
        ("EXES", "EASY_SHIP", '"EASY"'),
        ("EXSS", "SELF_SHIP", '"SELF1", "SELF2"'),
    )
)


def rehearse(world: World, prefix: str, *arguments: str) -> Process:
    """It runs beside the OMS."""
    options = ("--merchant", "M1", "--prefix", prefix, "--certificate", "certificate.json", "--seed", "7", *arguments)
    return Process(["rehearse", *options], world.env, world.directory / "rehearse.log")


def certificate(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "certificate.json").read_text())
    return found


def test_an_oms_that_does_it_all_is_certified_and_nothing_leaves_the_sandbox(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", locations=PLACES, extra="poll_interval_s = 1")])
    prefix = unique("rehearsal") + "."
    rehearsal = rehearse(world, prefix, "--minutes", "8", "--orders-per-hour", "3600", "--stop-when-seen")
    rehearsal.wait_for("tell the OMS")
    with RehearsedOms(world.broker, "M1", prefix) as oms:
        for place in ("FLEX", "EASY", "SELF1", "SELF2"):
            for number in range(40):
                oms.stock(place, f"{place[:4]}-{number}", 6)
            oms.stock(place, f"{place[:4]}-gone", 0)
        oms.garbage()
        oms.stock("NOWHERE", "SKU-1", 3)
        oms.command("", "Confirm")
        code = rehearsal.ended(500)
    found = certificate(world.directory)
    assert [one for one in found["workflows"] if not one["seen"]] == [], rehearsal.tail()
    assert code == 0
    assert found["all_seen"]
    assert {one["program"] for one in found["workflows"]} == {"SELLER_FLEX", "EASY_SHIP", "SELF_SHIP"}
    wrong = {(one["topic"], one["cause"]): one for one in found["mistakes"]}
    undecodable = wrong[f"{prefix}oms.inventory", "UNDECODABLE"]
    assert undecodable["count"] == 1
    assert undecodable["examples"][0]["offset"] >= 0
    assert wrong[f"{prefix}oms.inventory", "UNKNOWN_LOCATION"]["examples"][0]["field"] == "location_id"
    assert "What the OMS wrote wrongly" in (world.directory / "certificate.md").read_text()
    assert world.calls() == [], "nobody asked the Amazon of the settings"
    assert {topic.name: len(world.broker.consume(topic.name)) for topic in TOPICS} == dict.fromkeys(
        (topic.name for topic in TOPICS), 0
    )


def test_what_an_oms_does_not_do_is_named(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", extra="poll_interval_s = 1")])
    prefix = unique("rehearsal") + "."
    rehearsal = rehearse(world, prefix, "--minutes", "0.5", "--manners", "plain", "--orders-per-hour", "3600")
    rehearsal.wait_for("tell the OMS")
    with RehearsedOms(world.broker, "M1", prefix, rejects=False) as oms:
        oms.stock("EXSB", "SKU-1", 50)
        assert rehearsal.ended(200) == 1
    missing = {one["workflow"]: one["missing"] for one in certificate(world.directory)["workflows"] if not one["seen"]}
    assert missing["reject"] == "no command Reject came for it"
    assert missing["zero stock"] == "the OMS has written no update of stock zero for a location of this program"
    assert "confirm" not in missing
