"""Manifests: drawn beside the agents, answered once, and not lost with a worker or a store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from connector.agents.api_calls import ApiCalls
from connector.agents.orders import manifest_printing as manifest_press
from connector.agents.orders import manifests
from connector.agents.orders.manifest_printing import ManifestPrinter
from connector.documents.store import DocumentStore
from connector.domain.orders.commands import CreateManifest, OrderCommand
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import ShipmentRow
from connector.domain.outcomes import Accepted, Answer, Refused
from connector.kafka.topics import COMMAND_RESULTS
from connector.merchants import Merchants
from connector.tables.shipments import manifest_key
from connector.telemetry import Telemetry
from tests.kit.orders.agents import PARTITION, OrderAgents
from tests.kit.orders.shipments import known, packed
from tests.unit.agents.orders.test_documents import Place

KEY = manifest_key("M1", "C1")
MANIFEST = CreateManifest(("S1",))
COMMAND = OrderCommand(command_id="C1", merchant_id="M1", shipment_id="", action=MANIFEST)


class Counter(OrderAgents):
    """A agents with a printer. `died`: what the press did not foresee."""

    def __init__(self, place: Place) -> None:
        super().__init__({})
        self.place = place
        self.died: list[BaseException] = []
        self.table.held["M1|S1"] = known(packed(Status.SHIPLABEL_GENERATED))
        api_calls = ApiCalls(
            self.codec, cast(Any, self), Telemetry(), worker="w", now_ms=self.now_ms, new_id=lambda: "id"
        )
        self.printer = ManifestPrinter(
            DocumentStore(cast(Any, place)),
            cast(Any, self.table),
            api_calls,
            lambda: Merchants({"M1": self.here}),
            self.now_ms,
            self.died.append,
        )
        self.shipments._printer = self.printer

    async def ask(self) -> None:
        async with self.shipments.editing(PARTITION) as edit:
            manifests.take_manifest_command(edit, COMMAND, MANIFEST, self.now_ms())

    def answers(self) -> list[dict[str, Any]]:
        return [self.codec.decode(out.topic, out.value) for out in self.sent if out.topic == COMMAND_RESULTS.name]

    async def answered(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.answers()) < count:
                self.news.clear()
                await self.news.wait()
        assert self.died == []


@asynccontextmanager
async def counter(failures: int = 0) -> AsyncIterator[Counter]:
    made = Counter(Place(failures))
    yield made
    made.printer.close()


async def test_a_store_that_is_away_for_a_while_only_delays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_press, "RETRY_S", 0.01)
    async with counter(failures=3) as agents:
        await agents.ask()
        await agents.answered(1)
        (result,) = agents.answers()
        assert (result["outcome"], result["command_id"]) == ("DONE", "C1")
        assert [document["kind"] for document in result["documents"]] == ["MANIFEST"]


async def test_asked_again_it_is_answered_again_and_drawn_once() -> None:
    async with counter() as agents:
        await agents.ask()
        await agents.ask()
        agents.printer.offer(PARTITION, [KEY])  # as when the merchants file changes
        await agents.answered(1)
        await agents.ask()
        await agents.answered(2)
        first, second = agents.answers()
        assert first == second
        assert len(agents.place.held) == 1


async def test_what_a_worker_left_undone_is_drawn_by_the_next() -> None:
    async with counter() as agents:
        agents.settles = False
        await agents.ask()
        agents.shipments.close()
        agents.settles = True
        agents.open()
        await agents.answered(1)
        assert agents.answers()[0]["outcome"] == "DONE"
        await agents.lanes.close(0)


async def test_shipments_that_were_cancelled_meanwhile_are_refused() -> None:
    async with counter() as agents:
        agents.settles = False
        await agents.ask()
        agents.shipments.close()
        agents.table.held["M1|S1"] = known(packed(Status.CANCELLED))
        agents.settles = True
        agents.open()
        await agents.answered(1)
        (result,) = agents.answers()
        assert (result["outcome"], result["code"]) == ("REFUSED", "INVALID_COMMAND")
        assert result["message"] == "shipment_ids[0]: S1 is CANCELLED; leave it out"
        await agents.lanes.close(0)


async def test_the_first_outcome_counts() -> None:
    async with counter() as agents:
        await agents.ask()
        await agents.answered(1)
        row: ShipmentRow = agents.table.held[KEY]
        late = StoredDocument(kind=DocumentKind.MANIFEST, uri="file:///x", sha256="0", content_type="application/pdf")
        for outcome in (Accepted(Answer(), late), Refused(Answer())):
            async with agents.shipments.editing(PARTITION) as edit:
                manifests.settle_manifest(edit, "M1", "C1", cast(Any, outcome), agents.now_ms())
        assert agents.table.held[KEY] is row
        assert len(agents.answers()) == 1
