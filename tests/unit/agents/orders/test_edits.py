"""The shipments table as agents change it."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord

from connector.domain.orders.commands import OrderCommand, Refresh, SelectShippingOption
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Status
from connector.kafka.producer import ProduceFailed
from connector.kafka.topics import API_CALLS, DEAD_LETTERS, ORDERS
from tests.kit.orders.agents import PARTITION, OrderAgents, consumed, merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.previous import ANSWERS, STEPS, facts_told_then
from tests.kit.orders.shipments import shipment
from tests.kit.virtual_time import run_virtual

BAD = OrderCommand(command_id="C1", merchant_id="M1", shipment_id="S1", action=SelectShippingOption(""))
SEEN = OrderCommand(command_id="C2", merchant_id="M1", shipment_id="S1", action=Refresh())


async def test_what_could_not_be_published_is_not_written() -> None:
    agents = OrderAgents({})
    agents.topics.is_away = True
    with pytest.raises(ProduceFailed):
        await agents.accept(BAD)
    assert agents.table.held == {}
    agents.topics.is_away = False
    await agents.accept(BAD)
    assert agents.results() == {"C1": "REFUSED"}
    assert set(agents.table.held) == {"M1|S1"}


async def test_what_one_batch_decides_builds_on_what_it_decided_before() -> None:
    agents = OrderAgents({})
    async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
        edit.observe("M1", shipment(shipment_id="S1"), Via.POLL, agents.now_ms())
        edit.accept(BAD)
        edit.accept(BAD)
        edit.accept(SEEN)
    assert [out.topic for out in agents.topics.sent] == ["amazon.orders", *["connector.command-results"] * 2]
    row = agents.row("S1")
    assert row.received
    assert [result.command_id for result in row.done] == ["C1"]
    assert [work.command.command_id for work in row.queue] == ["C2"]


async def test_a_batch_that_says_nothing_new_writes_nothing() -> None:
    agents = OrderAgents({})
    facts = shipment(shipment_id="S1")
    for _ in range(2):
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            edit.observe("M1", facts, Via.POLL, agents.now_ms())
            edit.hint("M1", "S1", Status.ACCEPTED)
        written, published = dict(edit.rows), len(agents.topics.sent)
    assert written == {}
    assert published == 1


async def test_orders_are_confirmed_by_themselves_only_where_they_flow() -> None:
    places = {
        "all on": (merchant(auto_confirm=True), ["auto-confirm-S1"]),
        "not asked for": (merchant(), []),
        "observed": (merchant(auto_confirm=True, mode="observe"), []),
        "orders off": (merchant(auto_confirm=True, orders=False), []),
    }
    for name, (here, queued) in places.items():
        agents = OrderAgents({}, here)
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            edit.observe("M1", shipment(shipment_id="S1"), Via.POLL, agents.now_ms())
        assert [work.command.command_id for work in agents.row("S1").queue] == queued, name


async def test_outcomes_that_nobody_can_read_are_dead_letters() -> None:
    agents = OrderAgents({"S1": Amazon(shipment(shipment_id="S1"))})
    agents.settles = False
    agents.open()
    await agents.accept(SEEN)
    (call,) = await agents.topics.wait_for(API_CALLS, 1)
    for broken in ({"step": "{}"}, {"step": "not JSON"}, {"answer": '{"shipment_id": 7}'}, {"answer": None}):
        await agents.settle(api_call(agents, call | broken))
    for field in ("step", "answer"):
        await agents.settle(api_call(agents, call | {field: '{"version": 3, "value": {}}'}))
    letters = agents.topics.on(DEAD_LETTERS)
    assert [letter["reason"] for letter in letters] == ["INVALID"] * 6
    told = [letter["message"] for letter in letters[4:]]
    assert told == [f"{field}: version 3, but 1 and 2 are read here" for field in ("step", "answer")]
    assert agents.row("S1").facts is None
    await agents.settle(api_call(agents, call))
    assert agents.row("S1").facts is not None
    await agents.lanes.close(1)


async def test_an_outcome_that_the_release_before_recorded_is_settled() -> None:
    agents = OrderAgents({"S1": Amazon(shipment(shipment_id="S1"))})
    agents.settles = False
    agents.open()
    await agents.accept(SEEN)
    before = STEPS["refresh"] | {"turn": agents.row("S1").turn, "command_id": SEEN.command_id}
    (call,) = await agents.topics.wait_for(API_CALLS, 1)
    written = {"step": json.dumps(before), "answer": json.dumps(ANSWERS["READ"] | {"shipment_id": "S1"})}
    ended = {"step": json.dumps(before | {"kind": "EXPIRE"})}
    await agents.settle(api_call(agents, call | ended), api_call(agents, call | written))
    assert agents.results() == {"C2": "DONE"}
    assert agents.row("S1").facts == replace(facts_told_then(), shipment_id="S1")
    assert not agents.topics.on(DEAD_LETTERS)
    await agents.lanes.close(1)


def api_call(agents: OrderAgents, call: dict[str, Any]) -> ConsumerRecord[bytes, bytes]:
    (record,) = consumed(API_CALLS.name, [agents.topics.outbox().record(API_CALLS, PARTITION, "M1", call)])
    return record


def test_orders_that_came_while_observed_are_confirmed_once_that_is_switched_on() -> None:
    async def scenario() -> None:
        agents = OrderAgents({"S1": Amazon(shipment(shipment_id="S1"))}, merchant(auto_confirm=True, mode="observe"))
        agents.open()
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            edit.observe("M1", shipment(shipment_id="S1"), Via.POLL, agents.now_ms())
        expiry = asyncio.create_task(agents.expiry.run())
        await asyncio.sleep(100)
        assert agents.results() == {}
        agents.shipments.close()
        agents.here = merchant(auto_confirm=True)
        agents.open()
        await asyncio.sleep(5)
        assert agents.results() == {"auto-confirm-S1": "DONE"}
        await asyncio.sleep(500)
        assert agents.amazons["S1"].effects == ["confirmed"]
        expiry.cancel()

    run_virtual(scenario())


def test_an_order_that_is_created_is_announced_where_its_location_says_so() -> None:
    async def scenario() -> None:
        for announce, told in (("CREATED", ["ORDER_RECEIVED"]), ("ACCEPTED", [])):
            place = {"location_id": "LOC", "program": "SELF_SHIP", "announce": announce}
            agents = OrderAgents({}, merchant(locations=[place]))
            async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
                created = shipment(Status.CREATED, shipment_id="S1")
                edit.observe("M1", created, Via.POLL, agents.now_ms())
            assert [(event["type"], event["status"]) for event in agents.topics.on(ORDERS)] == [
                (one, "CREATED") for one in told
            ]

    run_virtual(scenario())
