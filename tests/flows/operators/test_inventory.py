"""`connector inventory zero|restore` on a real broker: stock off sale at once, and back as the OMS has it by then."""

from collections.abc import Mapping
from typing import Any

import pytest

from connector.cli.shared.broker import open_broker
from connector.cli.shared.operators.control import Control, change_control, control_of
from connector.settings import load_settings
from tests.kit.flows.commands import done, refused, run, status, status_of_topics
from tests.kit.flows.inventory import check_sequences, post_elsewhere
from tests.kit.flows.world import NewWorld, Seller
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

ZERO = ("inventory", "zero", "--merchant", "M1", "--by", "ann")


def skus(found: Mapping[str, Any]) -> dict[str, int]:
    told: dict[str, int] = found["M1"]["zeroed_skus"]
    return told


def all_at(units: int, count: int = 20) -> dict[tuple[str, str], int]:
    return {("M1", f"s{n}"): units for n in range(count)}


def test_all_stock_goes_to_zero_and_comes_back_as_the_oms_has_it_by_then(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", rate=50)])
    worker = world.start_worker()
    world.produce([world.update("M1", f"s{n}", 5, 1) for n in range(20)])
    world.wait_quantities(all_at(5))
    world.wait_settled()

    told = done(world, *ZERO, "--reason", "recall", "--dry-run", "--json").json
    assert (told["skus"], told["changed"], told["dry_run"]) == (20, True, True)
    assert "20 SKUs go to 0" in done(world, *ZERO, "--reason", "recall").out
    world.wait_quantities(all_at(0))
    eventually("all are counted", lambda: skus(status(world, worker)) == {"at_zero": 20, "waiting": 0, "refused": 0})
    (zero,) = status(world, worker)["M1"]["zeroed_stock"]
    assert (zero["by"], zero["reason"], zero["location_id"], zero["sku"]) == ("ann", "recall", "", "")
    assert "by ann: recall; 20 of 20 SKUs are at 0" in done(world, "status", "--worker", worker.web_url).out
    assert "off sale already" in done(world, *ZERO, "--reason", "again").out

    # A pause says its part of the same record, and leaves the zero's
    assert "inventory zero" in done(world, "merchants", "pause", "M1").err
    done(world, "merchants", "resume", "M1")
    world.produce([world.update("M1", "s0", 9, 3), world.update("M1", "s0", 8, 2), world.update("M1", "new", 7, 1)])
    world.wait_quantities(all_at(0) | {("M1", "new"): 0})
    worker.kill()
    assert sum(skus(status_of_topics(world)).values()) == 21  # it died perhaps before the last was settled

    worker = world.start_worker()
    world.produce([world.update("M1", "s1", 6, 3), world.update("M1", "s1", 4, 2)])
    eventually("both are dealt with, the older told so", lambda: "u-M1-s1-2" in world.settled_updates())
    assert world.quantities() == all_at(0) | {("M1", "new"): 0}
    done(world, "inventory", "restore", "--merchant", "M1")
    world.wait_settled()
    world.wait_quantities(all_at(5) | {("M1", "s0"): 9, ("M1", "s1"): 6, ("M1", "new"): 7})
    check_sequences(world)
    assert "nothing is off sale" in done(world, "inventory", "restore", "--merchant", "M1").out

    post_elsewhere(world, "M1", "s2", 99, sequence=500)
    assert done(world, "inventory", "resend", "--merchant", "M1", "--sku", "s2", "--json").json["begun"] == 1
    eventually("it is as the OMS has it", lambda: world.stock()["M1", "s2"]["posted"] == 5)
    assert world.stock()["M1", "s2"]["sequence"] == 501


def test_what_is_not_there_is_refused_and_what_can_not_be_sent_is_told(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", extra='mode = "observe"')])
    assert "M9" in refused(world, "inventory", "zero", "--merchant", "M9", "--reason", "r")
    assert "EXSB" in refused(world, *ZERO, "--location", "WH1", "--reason", "r")
    assert "--sku" in refused(world, *ZERO, "--sku", "unknown", "--reason", "r")
    assert run(world, *ZERO).code == 2, "a reason is needed"
    assert "mode is observe" in done(world, *ZERO, "--location", "EXSB", "--reason", "r").err
    assert "off sale are: M1, all SKUs at EXSB" in refused(
        world, "inventory", "restore", "--merchant", "M1", "--sku", "s"
    )
    done(world, "inventory", "restore", "--merchant", "M1", "--location", "EXSB")


def test_two_operators_at_once_are_both_heard(new_world: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = new_world([Seller("M1")])
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    others = ["pause"]

    def change(control: Control) -> Control:
        """Between the look and the word the other operator writes."""
        if others:
            done(world, "merchants", others.pop(), "M1", "--by", "ben")
        zero = {"location_id": "", "sku": "s", "by": "ann", "at": 1, "reason": "r"}
        return {**control, "zeroed_stock": [zero]}

    with open_broker(load_settings(dotenv=None)) as broker:
        change_control(broker, "M1", change)
        control = control_of(broker, "M1")
    assert (control["paused"], control["by"]) == (True, "ben")
    assert [zero["by"] for zero in control["zeroed_stock"]] == ["ann"]
