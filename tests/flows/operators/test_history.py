"""`connector history` on a real broker: all that was said of one thing, whoever's it is, and nothing of others."""

import csv
import json
import re
import signal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from connector.kafka.topics import API_CALLS, COMMAND_RESULTS, INVENTORY_RESULTS, ORDERS
from tests.kit.flows.commands import done, listing_file, refused, run
from tests.kit.flows.orders import new_shipments, order_seller, order_world, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, Seller, World, home
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka


def ids_of(entries: list[dict[str, Any]], kind: str) -> set[str]:
    return {entry["id"] for entry in entries if entry["kind"] == kind}


def evidence_in(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as rows:
        return list(csv.DictReader(rows))


def test_all_that_was_said_of_a_shipment(new_world: NewWorld) -> None:
    world = order_world(new_world, order_seller("M1"), order_seller("M2"))
    mine, other = new_shipments(world, "M2", "SELLER_FLEX", count=2)
    commands = [command for one in (mine, other) for command in sequence("M2", one, "Confirm", "Pack", "Ship")]
    send(world, commands)
    wait_command_results(world, len(commands))

    before = requests_for(world, mine)
    file = world.directory / "evidence.csv"
    entries = done(world, "history", "shipment", mine, "--json", "--evidence", str(file)).json
    assert {row["request_id"] for row in evidence_in(file)} >= before
    times = [entry["at_ms"] for entry in entries]
    assert times == sorted(times)
    told = {entry["request_id"] for entry in entries if entry["kind"] == "call" and entry["about"] == mine}
    assert before <= told <= requests_for(world, mine)  # the worker goes on reading it meanwhile
    assert ids_of(entries, "command") == {command.command_id for command in commands if command.shipment_id == mine}
    assert ids_of(entries, "result") == of_mine(world, COMMAND_RESULTS.name, mine, "result_id")
    assert {"ORDER_RECEIVED", "ORDER_CONFIRMED", "SHIPPED"} <= {e["name"] for e in entries if e["kind"] == "event"}
    assert ids_of(entries, "event") <= of_mine(world, ORDERS.name, mine, "event_id")
    assert {entry["name"] for entry in entries if entry["kind"] == "document"} == {"INVOICE", "SHIP_LABEL"}
    assert other not in json.dumps(entries)

    (pack,) = [command.command_id for command in commands if command.action == "Pack" and command.shipment_id == mine]
    of_pack = done(world, "history", "command", pack, "--json", "--since", "-1h").json
    made = [entry["name"] for entry in of_pack if entry["kind"] == "call"]
    assert {"CREATE_PACKAGES", "GENERATE_INVOICE", "GENERATE_LABELS"} <= set(made)
    assert "CONFIRM" not in made

    before_today = run(world, "history", "shipment", mine, "--merchant", "M2", "--until", "yesterday", "--json")
    assert (before_today.code, before_today.out.strip()) == (1, "[]")


def requests_for(world: World, shipment_id: str) -> set[str]:
    """Amazon's ids of the requests that reached it for the shipment alone."""
    calls = [call for call in world.published(API_CALLS.name) if call["shipment_id"] == shipment_id]
    return {call["request_id"] for call in calls}


def of_mine(world: World, topic: str, shipment_id: str, name: str) -> set[str]:
    return {record[name] for record in world.published(topic) if record["shipment_id"] == shipment_id}


def test_a_sku_by_either_name_and_what_comes_of_it_later(new_world: NewWorld) -> None:
    assert home("M2") == home("M7")
    world = new_world([Seller("M2"), Seller("M7")])
    listings = listing_file(world, "EAN-1,B0EXAMPLE1,SKU-1,A21TJRUUN4KGV")
    done(world, "listings", "import", listings, "--merchant", "M2")
    world.start_worker()
    world.produce(
        [world.update("M2", "SKU-1", 5, 1), world.update("M7", "shared", 4, 1), world.update("M2", "shared", 4, 1)]
    )
    world.wait_results(3)

    file = world.directory / "evidence.csv"
    entries = done(world, "history", "sku", "EAN-1", "--json", "--evidence", str(file)).json
    assert list(dict.fromkeys(entry["kind"] for entry in entries)) == ["update", "call", "result"]
    row = evidence_in(file)[-1]
    assert (row["call"], row["about"], row["sequence"], row["quantity"]) == ("inventory UPDATE", "SKU-1", "1", "5")
    assert row["outcome"] == "ACCEPTED"
    assert row["answered_at"]  # by Amazon's own clock
    assert row["request_id"] == entries[-2]["request_id"] != ""
    assert "M2, M7 have it" in refused(world, "history", "sku", "shared")
    of_one = done(world, "history", "sku", "shared", "--merchant", "M2", "--csv").out
    assert {row["merchant_id"] for row in csv.DictReader(StringIO(of_one))} == {"M2"}

    log = world.directory / "follow.log"
    following = Process(["history", "sku", "EAN-1", "--follow", "--json"], world.env, log)
    following.wait_for("lines of merchant M2")
    world.produce([world.update("M2", "shared", 9, 2), world.update("M2", "SKU-1", 6, 2)])
    world.wait_results(5)
    for kind in ("update", "call", "result"):  # of partitions that are read side by side, in no order
        following.wait_for(rf'"kind":"{kind}".*"quantity":6')
    following.signal(signal.SIGINT)
    assert following.ended() == 0
    assert lines_of(log)[: len(entries)] == entries
    assert {entry["kind"] for entry in lines_of(log)[len(entries) :]} == {"update", "call", "result"}
    settled = {result["result_id"] for result in world.published(INVENTORY_RESULTS.name) if result["sku"] == "SKU-1"}
    assert ids_of(lines_of(log), "result") == settled


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in re.findall(r"^\{.*\}$", log.read_text(), re.MULTILINE)]
