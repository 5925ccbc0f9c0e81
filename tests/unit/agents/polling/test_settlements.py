"""What the outcomes of pages do to the rows of their lists, whenever and however often they come."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from connector.agents.incoming import Received
from connector.domain.outcomes import Answer, Failed, Throttled, Unauthorized, Unavailable
from connector.domain.polling.polls import PolledList, PollShipments
from connector.domain.polling.windows import Page
from connector.kafka.topics import API_CALLS
from connector.smartconnect.wire.shipments import ShipmentsPage, read_shipments
from connector.smartconnect.wire.source import Source
from tests.kit.orders.agents import PARTITION, consumed
from tests.kit.polling.agents import PollingAgents
from tests.kit.polling.bodies import shipment_body
from tests.kit.virtual_time import run_virtual

KEY = "M1|list_shipments||ACCEPTED"
LAST_PAGE = 3
Pages = Callable[[PolledList, Page], Failed | ShipmentsPage | None]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    run_virtual(coroutine)


def pages(poll: PolledList, page: Page) -> ShipmentsPage | None:
    """Three pages of an order each."""
    if not isinstance(poll, PollShipments) or poll.key != KEY:
        return None
    number = int(page.token or "1")
    body = shipment_body(f"S{number}", location_id="LOC")
    token = "" if number == LAST_PAGE else f"{number + 1}"
    return read_shipments(Source({"shipments": [body], "pagination": {"nextToken": token}}))


async def polled(script: Pages, seconds: float, held: PollingAgents | None = None) -> PollingAgents:
    """Agents that polled so long, and stopped."""
    agents = PollingAgents(held=held)
    agents.lists.script = script
    agents.open()
    await asyncio.sleep(seconds)
    await agents.stop()
    return agents


def tokens(agents: PollingAgents) -> list[str]:
    return [asked.page.token for asked in agents.lists.asked if asked.poll.key == KEY]


def test_a_window_is_settled_with_its_last_page_and_the_next_waits_until_it_is_due() -> None:
    async def scenario() -> None:
        agents = await polled(pages, 14)
        assert tokens(agents) == ["", "2", "3"] * 3
        assert set(agents.told()) == {"S1", "S2", "S3"}
        row = agents.watermarks.held[KEY]
        assert row.page is None
        assert 120_000 <= agents.amazon_ms() - row.settled_ms < 130_000

    run(scenario())


def test_outcomes_that_come_again_or_late_move_nothing_back() -> None:
    async def scenario() -> None:
        agents = await polled(pages, 32)
        before, events = dict(agents.watermarks.held), len(agents.told())
        records = consumed(API_CALLS.name, agents.topics.sent)
        for order in (records, records[::-1], random.Random(7).sample(records, len(records))):
            await agents.settle(*order)
        after = agents.watermarks.held
        assert before[KEY] == after[KEY]
        assert all(after[key].settled_ms >= row.settled_ms for key, row in before.items())
        assert len(agents.told()) == events

    run(scenario())


def test_a_restart_goes_on_with_the_page_that_was_open() -> None:
    async def scenario() -> None:
        def dies_at_the_last(poll: PolledList, page: Page) -> Failed | ShipmentsPage | None:
            return Unavailable(Answer(http_status=503)) if page.token == "3" else pages(poll, page)

        first = await polled(dies_at_the_last, 3)
        assert tokens(first)[:3] == ["", "2", "3"]
        assert first.watermarks.held[KEY].page is not None
        first.lists.asked.clear()
        second = await polled(pages, 3, held=first)
        assert tokens(second)[0] == "3"
        assert set(second.told()) == {"S3"}

    run(scenario())


@pytest.mark.parametrize("failed", [Unavailable(Answer(http_status=503)), Throttled(Answer(http_status=429), 1.0)])
def test_calls_that_the_lane_repeats_settle_nothing(failed: Failed) -> None:
    async def scenario() -> None:
        agents = await polled(lambda _, __: failed, 20)
        assert agents.lists.asked
        assert not agents.watermarks.held

    run(scenario())


def test_a_merchant_whose_access_is_refused_settles_nothing_and_parks_nothing() -> None:
    async def scenario() -> None:
        agents = await polled(lambda _, __: Unauthorized(Answer(http_status=401)), 600)
        assert not agents.watermarks.held
        assert not agents.alerts_told

    run(scenario())


def test_a_record_of_another_version_is_a_dead_letter_and_hides_no_other() -> None:
    async def scenario() -> None:
        agents = await polled(pages, 4)
        records = consumed(API_CALLS.name, agents.topics.sent)
        batch = agents.incoming.open(API_CALLS.name, PARTITION, records)
        first, second, third = (each for each in batch.good if each.value["list_status"] == "ACCEPTED")
        agents.watermarks.held.clear()
        spoilt = [Received(first.record, {**first.value, name: "{}"}) for name in ("asked", "answer")]
        await agents.polling.apply(PARTITION, [*spoilt, first, second, third], agents.now_ms())
        assert [letter["reason"] for letter in agents.letters] == ["INVALID", "INVALID"]
        assert agents.watermarks.held[KEY].page is None

    run(scenario())
