"""The shipments table as agents change it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from connector.agents.incoming import Received
from connector.domain.orders.commands import OrderCommand, Refresh, SelectShippingOption
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.kafka.producer import OutRecord, ProduceFailed
from tests.kit.orders.agents import PARTITION, OrderAgents, merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.previous import ANSWERS, STEPS
from tests.kit.orders.samples import filled
from tests.kit.orders.shipments import shipment

BAD = OrderCommand(command_id="C1", merchant_id="M1", shipment_id="S1", action=SelectShippingOption(""))
SEEN = OrderCommand(command_id="C2", merchant_id="M1", shipment_id="S1", action=Refresh())


async def test_what_could_not_be_published_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    agents = OrderAgents({})

    async def fail(_: Sequence[OutRecord]) -> None:
        raise ProduceFailed("the broker is away")

    with monkeypatch.context() as patch:
        patch.setattr(agents.shipments._producer, "send", fail)
        with pytest.raises(ProduceFailed):
            await agents.accept(BAD)
    assert agents.table.held == {}
    await agents.accept(BAD)
    assert agents.results() == {"C1": "REFUSED"}
    assert set(agents.table.held) == {"M1|S1"}


async def test_what_one_batch_decides_builds_on_what_it_decided_before() -> None:
    agents = OrderAgents({})
    async with agents.shipments.editing(PARTITION) as edit:
        edit.observe("M1", shipment(shipment_id="S1"), Via.POLL, agents.now_ms())
        edit.accept(BAD)
        edit.accept(BAD)
        edit.accept(SEEN)
    assert [out.topic for out in agents.sent] == ["amazon.orders", *["connector.command-results"] * 2]
    row = agents.row("S1")
    assert row.received
    assert [result.command_id for result in row.done] == ["C1"]
    assert [work.command.command_id for work in row.queue] == ["C2"]


async def test_a_batch_that_says_nothing_new_writes_nothing() -> None:
    agents = OrderAgents({})
    facts = shipment(shipment_id="S1")
    for _ in range(2):
        async with agents.shipments.editing(PARTITION) as edit:
            edit.observe("M1", facts, Via.POLL, agents.now_ms())
            edit.hint("M1", "S1", Status.ACCEPTED)
        written, published = dict(edit.rows), len(agents.sent)
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
        async with agents.shipments.editing(PARTITION) as edit:
            edit.observe("M1", shipment(shipment_id="S1"), Via.POLL, agents.now_ms())
        assert [work.command.command_id for work in agents.row("S1").queue] == queued, name


async def test_outcomes_that_nobody_can_read_are_dead_letters() -> None:
    agents = OrderAgents({"S1": Amazon(shipment(shipment_id="S1"))})
    agents.settles = False
    agents.open()
    await agents.accept(SEEN)
    async with asyncio.timeout(5):
        while not any(out.topic == "connector.api-calls" for out in agents.sent):
            agents.news.clear()
            await agents.news.wait()
    (told,) = (out for out in agents.sent if out.topic == "connector.api-calls")
    call = agents.codec.decode(told.topic, told.value)
    letters: list[str] = []

    class Bin:
        def dead_letter(self, _: Any, bad: Exception) -> OutRecord:
            letters.append(str(bad))
            return OutRecord("connector.dead-letters", PARTITION, None, None)

    agents.settlements._incoming = Bin()  # type: ignore[assignment]  # what it makes of a record is tested with the incoming
    for broken in ({"step": "{}"}, {"step": "not JSON"}, {"answer": '{"shipment_id": 7}'}, {"answer": None}):
        await agents.settlements.apply(PARTITION, [Received(None, call | broken)])
    assert len(letters) == 4
    for field in ("step", "answer"):
        await agents.settlements.apply(PARTITION, [Received(None, call | {field: '{"version": 3, "value": {}}'})])
    assert letters[4:] == [f"INVALID: {field}: version 3, but 1 and 2 are read here" for field in ("step", "answer")]
    assert agents.row("S1").facts is None
    await agents.settlements.apply(PARTITION, [Received(None, call)])
    assert agents.row("S1").facts is not None
    await agents.lanes.close(1)


async def test_an_outcome_that_the_release_before_recorded_is_settled() -> None:
    agents = OrderAgents({"S1": Amazon(shipment(shipment_id="S1"))})
    agents.settles = False
    agents.open()
    await agents.accept(SEEN)
    before = json.dumps(STEPS["refresh"] | {"turn": agents.row("S1").turn, "command_id": SEEN.command_id})
    async with asyncio.timeout(5):
        while not any(out.topic == "connector.api-calls" for out in agents.sent):
            agents.news.clear()
            await agents.news.wait()
    (told,) = (out for out in agents.sent if out.topic == "connector.api-calls")
    call = agents.codec.decode(told.topic, told.value)
    written = {"step": before, "answer": json.dumps(ANSWERS["READ"] | {"shipment_id": "S1"})}
    await agents.settlements.apply(PARTITION, [Received(None, call | written)])
    assert agents.results() == {"C2": "DONE"}
    assert agents.row("S1").facts == replace(filled(Shipment), shipment_id="S1")
    await agents.lanes.close(1)
