"""Manifests: drawn beside the agents, answered once, and not lost with a worker or a store."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from msgspec import structs

from connector.agents.orders.manifests import printing
from connector.agents.orders.manifests.finishing import finish_manifest, take_manifest_command
from connector.documents.store import DocumentStore
from connector.domain.internal_commands import FinishManifest, ManifestDocument
from connector.domain.orders.commands import CreateManifest, OrderCommand
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.shipment import Status
from connector.kafka.topics import COMMAND_RESULTS
from connector.tables.shipments import command_key
from tests.kit.orders.agents import PARTITION, OrderAgents
from tests.kit.orders.documents import Place
from tests.kit.orders.shipments import known, packed

KEY = command_key("M1", "C1")
MANIFEST = CreateManifest(("S1",))
COMMAND = OrderCommand(command_id="C1", merchant_id="M1", shipment_id="", action=MANIFEST)


@asynccontextmanager
async def order_agents(
    place: Place | None = None, now_ms: Callable[[], int] | None = None
) -> AsyncIterator[OrderAgents]:
    agents = OrderAgents({}, store=DocumentStore(place or Place()), now_ms=now_ms)
    agents.table.held["M1|S1"] = known(packed(Status.SHIPLABEL_GENERATED))
    yield agents
    agents.printer.close()
    assert agents.died == []


async def ask(agents: OrderAgents) -> None:
    async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
        take_manifest_command(edit, COMMAND, MANIFEST)


async def answers(agents: OrderAgents, count: int) -> list[dict[str, Any]]:
    return await agents.topics.wait_for(COMMAND_RESULTS, count)


async def test_a_store_that_is_away_for_a_while_only_delays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "RETRY_S", 0.01)
    async with order_agents(Place(failures=3)) as agents:
        await ask(agents)
        (result,) = await answers(agents, 1)
        assert (result["outcome"], result["command_id"]) == ("DONE", "C1")
        assert [document["kind"] for document in result["documents"]] == ["MANIFEST"]


async def test_asked_again_it_is_answered_again_and_drawn_once() -> None:
    place = Place()
    async with order_agents(place) as agents:
        await ask(agents)
        await ask(agents)
        agents.printer.offer(PARTITION, [KEY])  # as when the merchants file changes
        await answers(agents, 1)
        await ask(agents)
        first, second = await answers(agents, 2)
        assert first == second
        assert len(place.held) == 1


async def test_what_a_worker_left_undone_is_drawn_by_the_next() -> None:
    async with order_agents() as agents:
        agents.settles = False
        await ask(agents)
        agents.shipments.close()
        agents.settles = True
        agents.open()
        (result,) = await answers(agents, 1)
        assert result["outcome"] == "DONE"
        await agents.lanes.close(0)


async def test_shipments_that_were_cancelled_meanwhile_are_refused() -> None:
    async with order_agents() as agents:
        agents.settles = False
        await ask(agents)
        agents.shipments.close()
        agents.table.held["M1|S1"] = known(packed(Status.CANCELLED))
        agents.settles = True
        agents.open()
        (result,) = await answers(agents, 1)
        assert (result["outcome"], result["code"]) == ("REFUSED", "INVALID_COMMAND")
        assert result["message"] == "shipment_ids[0]: S1 is CANCELLED; leave it out"
        await agents.lanes.close(0)


async def test_the_first_outcome_counts() -> None:
    async with order_agents() as agents:
        await ask(agents)
        await answers(agents, 1)
        row = agents.table.held[KEY]
        late = ManifestDocument("file:///x", "0", "application/pdf")
        for finished in (FinishManifest("C1", late), FinishManifest("C1", code="UNFIT_DOCUMENT")):
            async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
                finish_manifest(edit, "M1", finished)
        assert agents.table.held[KEY] is row
        assert len(agents.topics.on(COMMAND_RESULTS)) == 1


async def test_what_is_stored_again_is_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """However late: a sheet shows when it was asked for."""
    monkeypatch.setattr(printing, "RETRY_S", 0.01)
    both, minutes = CreateManifest(("S1", "S2")), count()
    place = Place(failing={2, 4})
    async with order_agents(place, now_ms=lambda: 60_000 * next(minutes)) as agents:
        for shipment_id, carrier in (("S1", "ATS"), ("S2", "DHL")):
            labelled = replace(packed(Status.SHIPLABEL_GENERATED), shipment_id=shipment_id)
            tracking = (Tracking("P1", carrier, "T"),)
            agents.table.held[f"M1|{shipment_id}"] = structs.replace(known(labelled), tracking=tracking)
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            take_manifest_command(edit, replace(COMMAND, action=both), both)
        (result,) = await answers(agents, 1)
        assert len(set(place.held)) == len(result["documents"]) == 2
