"""`connector merchants pause|resume|check` and `connector status` on a real broker."""

import pytest

from connector.kafka.topics import INVENTORY
from tests.kit.flows.commands import done, refused, run, status, status_of_topics
from tests.kit.flows.inventory import inventory_calls
from tests.kit.flows.world import PARTITIONS, NewWorld, Seller, home
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_a_paused_merchant_waits_on_every_worker_and_after_restarts_until_it_is_resumed(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("M2"), Seller("M3")])
    workers = [world.start_worker(), world.start_worker()]
    for merchant in ("M1", "M2"):
        done(world, "merchants", "pause", merchant, "--reason", "stock count")

    def paused() -> set[str]:
        return {merchant for merchant, found in status(world, *workers).items() if found["paused"]}

    eventually("both are paused", lambda: paused() == {"M1", "M2"})
    assert status(world, *workers)["M1"]["paused_because"] == "stock count"
    assert set(status(world, workers[0])) == {"M1", "M2", "M3"}, "the topics tell of those that it does not hold"

    told = [done(world, "status", "--worker", worker.web_url, "--json").json for worker in workers]
    assert sorted(p for one in told for p in one["partitions_unheld"]) == list(range(PARTITIONS)), "what the other has"
    names = {merchant["worker"] for one in told for merchant in one["merchants"]} - {None}
    assert names <= {"worker-1", "worker-2"}, "their names in the group"
    assert names

    for worker in workers:
        assert worker.stop() == 0
    worker = world.start_worker()
    world.produce([world.update(seller, "sku", 5, 1) for seller in ("M1", "M2", "M3")])
    world.wait_quantities({("M3", "sku"): 5})
    assert {found["paused"] for found in status(world, worker).values()} == {True, False}

    done(world, "merchants", "resume", "M1")
    world.wait_quantities({("M1", "sku"): 5, ("M3", "sku"): 5})
    assert inventory_calls(world, "M2") == []


def test_pausing_changes_nothing_in_a_dry_run_or_for_a_stranger(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    told = done(world, "merchants", "pause", "M1", "--dry-run", "--json").json
    assert told == {"merchant": "M1", "paused": False, "changed": True}
    refused(world, "merchants", "pause", "M9")
    assert world.broker.consume("connector.control") == []
    assert "already" in done(world, "merchants", "resume", "M1").out


def test_status_tells_backlog_and_suspension_and_reads_the_topics_where_no_worker_answers(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("M2", rate=1)])
    world.tell("PATCH", "merchants/M1", {"revoked": True})
    worker = world.start_worker()
    world.produce([world.update(seller, f"sku-{n}", 5, n) for seller in ("M1", "M2") for n in range(1, 60)])

    found = eventually("M1 is suspended", lambda: all_ if (all_ := status(world, worker))["M1"]["suspended"] else None)
    assert "onboard" in found["M1"]["suspended_because"]
    assert found["M1"]["lanes"]["inventory"]["backlog"] == 59
    assert found["M1"]["lanes"]["inventory"]["oldest_waiting_s"] is not None
    assert found["M2"]["lanes"]["inventory"]["limit_per_s"] == 1
    assert "M2" in done(world, "status", "--worker", worker.web_url).out
    assert run(world, "status", "--worker", worker.web_url, "--worker", "http://127.0.0.1:9").code == 1

    worker.kill()
    assert status_of_topics(world)["M1"]["lanes"]["inventory"]["backlog"] == 59


def test_records_that_kafka_no_longer_has_are_an_alert_of_no_merchant(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.broker.commit(world.app_id, INVENTORY.name, home("M1"), 50)
    worker = world.start_worker()
    world.produce([world.update("M1", "sku", 5, 1)])
    world.wait_quantities({("M1", "sku"): 5})
    line = f'connector_lag_records{{partition="{home("M1")}",topic="{INVENTORY.name}"}} 0.0'
    eventually("all is dealt with", lambda: line in worker.metrics())
    assert 'connector_alerts{kind="OFFSETS_RESET",merchant=""} 1.0' in worker.metrics()
    told = done(world, "status", "--worker", worker.web_url, "--json").json
    (alert,) = told["alerts"]
    assert (alert["kind"], alert["subject"]) == ("OFFSETS_RESET", f"{INVENTORY.name}/{home('M1')}")
    assert alert["subject"] in done(world, "status", "--worker", worker.web_url).out
    worker.kill()
    told = done(world, "status", "--json", CONNECTOR_WEB__PORT="9").json
    assert (told["source"], told["alerts"]) == ("topics", [alert | {"ended_at": None}])


def test_check_tells_not_authorised_from_not_enrolled(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("M2"), Seller("M3")])
    assert all(found["ok"] for found in done(world, "merchants", "check", "--json").json)
    world.tell("PATCH", "merchants/M1", {"not_enrolled": ["returns"]})
    world.tell("PATCH", "merchants/M2", {"revoked": True})
    world.tell("PATCH", "merchants/M3", {"not_enrolled": ["list_shipments"]})

    told = run(world, "merchants", "check")
    assert told.code == 1
    assert "FAIL M1 returns API" in told.out
    assert told.out.count("not enrolled") == 2, "the API that is asked first, too"
    assert "FAIL M2 token" in told.out
    assert run(world, "merchants", "check", "M9").code == 2
