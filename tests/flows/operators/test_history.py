"""`connector history` on a real broker: all that was said of one thing, whoever's it is, and nothing of others."""

import csv
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from connector.kafka.topics import API_CALLS, COMMAND_RESULTS, INVENTORY_RESULTS, ORDERS
from tests.kit.flows.commands import Ran, done, listing_file, refused, run
from tests.kit.flows.orders import new_shipments, order_seller, order_world, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka


def ids_of(entries: list[dict[str, Any]], kind: str) -> set[str]:
    return {entry["id"] for entry in entries if entry["kind"] == kind}


def evidence_of(world: World, name: str, *arguments: str) -> list[dict[str, str]]:
    file = world.directory / name
    done(world, "history", *arguments, "--evidence", str(file))
    with file.open(newline="") as rows:
        return list(csv.DictReader(rows))


def test_all_that_was_said_of_a_shipment(new_world: NewWorld) -> None:
    world = order_world(new_world, order_seller("M1"), order_seller("M2"))
    mine, other = new_shipments(world, "M2", "SELLER_FLEX", count=2)
    commands = [command for one in (mine, other) for command in sequence("M2", one, "Confirm", "Pack", "Ship")]
    send(world, commands)
    wait_command_results(world, len(commands))

    before = requests_for(world, mine)
    entries = done(world, "history", "shipment", mine, "--json").json
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

    rows = evidence_of(world, "evidence.csv", "shipment", mine, "--merchant", "M2")
    assert {row["request_id"] for row in rows} >= before
    assert refused(world, "history", "shipment", mine, "--evidence", str(world.directory / "evidence.csv"))
    for nothing in (["--merchant", "M1"], ["--since", "2100-01-01"], ["--until", "yesterday"]):
        ran = run(world, "history", "shipment", mine, "--json", *nothing)
        assert (ran.code, ran.out.strip()) == (1, "[]")


def requests_for(world: World, shipment_id: str) -> set[str]:
    """Amazon's ids of the requests that reached it for the shipment alone."""
    calls = [call for call in world.published(API_CALLS.name) if call["shipment_id"] == shipment_id]
    return {call["request_id"] for call in calls}


def of_mine(world: World, topic: str, shipment_id: str, name: str) -> set[str]:
    return {record[name] for record in world.published(topic) if record["shipment_id"] == shipment_id}


def test_a_sku_by_either_name_and_what_comes_of_it_later(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("M2")])
    world.start_worker()
    listings = listing_file(world, "EAN-1,B000000001,SKU-1,")
    done(world, "listings", "import", listings, "--merchant", "M1")
    world.produce(
        [world.update("M1", "SKU-1", 5, 1), world.update("M2", "shared", 4, 1), world.update("M1", "shared", 4, 1)]
    )
    world.wait_results(3)

    entries = done(world, "history", "sku", "EAN-1", "--json").json
    assert entries == done(world, "history", "sku", "SKU-1", "--merchant", "M1", "--json").json
    assert list(dict.fromkeys(entry["kind"] for entry in entries)) == ["update", "call", "result"]
    row = evidence_of(world, "evidence.csv", "sku", "EAN-1")[-1]
    assert (row["call"], row["about"], row["sequence"], row["quantity"]) == ("inventory UPDATE", "SKU-1", "1", "5")
    assert row["outcome"] == "ACCEPTED"
    assert row["request_id"] == entries[-2]["request_id"] != ""
    assert "M1, M2 have it" in refused(world, "history", "sku", "shared")
    assert_one_line_each(done(world, "history", "sku", "SKU-1", "--merchant", "M1"), len(entries))

    log = world.directory / "follow.log"
    following = Process(["history", "sku", "EAN-1", "--follow", "--json"], world.env, log)
    following.wait_for("lines of merchant M1")
    world.produce([world.update("M1", "shared", 9, 2), world.update("M1", "SKU-1", 6, 2)])
    world.wait_results(5)
    following.wait_for(r'"kind":"result".*"quantity":6')
    following.signal(signal.SIGINT)
    assert following.ended() == 0
    assert lines_of(log)[: len(entries)] == entries
    assert {entry["kind"] for entry in lines_of(log)[len(entries) :]} == {"update", "call", "result"}
    settled = {result["result_id"] for result in world.published(INVENTORY_RESULTS.name) if result["sku"] == "SKU-1"}
    assert ids_of(lines_of(log), "result") == settled


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in re.findall(r"^\{.*\}$", log.read_text(), re.MULTILINE)]


def assert_one_line_each(ran: Ran, count: int) -> None:
    """For a program: a header and a line for each entry, however long."""
    assert [len(line.split("\t")) for line in ran.out.splitlines()] == [3] * (count + 1)
