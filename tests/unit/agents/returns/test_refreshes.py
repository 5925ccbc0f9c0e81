"""The OMS asks for one return: it is read at once, its changes are events, and the command has one result."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from connector.domain.outcomes import Answer, Failed, Forbidden, Refused, Unavailable, Unknown
from connector.kafka.topics import COMMAND_RESULTS
from tests.kit.orders.agents import merchant
from tests.kit.polling.agents import PollingAgents
from tests.kit.returns import returned
from tests.kit.virtual_time import run_virtual


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    run_virtual(coroutine)


async def opened(here: Any = None, held: PollingAgents | None = None) -> PollingAgents:
    """Polls so rarely that in these stories no list tells of a change."""
    agents = PollingAgents(here or merchant(poll_interval_s=3600), held, slow_interval_s=3600)
    if held is None:
        agents.lists.send_back(returned())
    agents.open()
    await asyncio.sleep(10)
    agents.lists.read.clear()
    return agents


def test_what_changed_is_told_and_the_result_says_what_was_found() -> None:
    async def scenario() -> None:
        agents = await opened()
        assert agents.told_of("R1") == [("RETURN_CREATED", "CREATED", "")]
        agents.lists.send_back(returned(status="DELIVERED"))
        await agents.refresh("C1", "R1")
        await asyncio.sleep(1)
        assert agents.told_of("R1")[1:] == [("RETURN_DELIVERED", "DELIVERED", "CREATED")]
        (result,) = agents.topics.on(COMMAND_RESULTS)
        assert (result["outcome"], result["code"], result["action"]) == ("DONE", "", "Refresh")
        assert result["message"] == (
            "return R1 is DELIVERED (changed 2026-03-02T10:00:10+00:00), RMA RMA-1, shipment S1, 2 of A,"
            " tracking ATS AWB-1"
        )
        assert "4711" not in result["message"]
        assert agents.lists.read == ["R1"]
        assert agents.row("|C1").forgettable_since_ms is not None
        assert not agents.died

    run(scenario())


def test_a_return_that_no_list_shows_yet_is_told() -> None:
    async def scenario() -> None:
        agents = await opened()
        agents.lists.send_back(returned(return_id="R2"))
        agents.lists.hidden_until_ms["R2"] = agents.amazon_ms() + 86_400_000
        await agents.refresh("C1", "R2")
        await asyncio.sleep(1)
        assert agents.told_of("R2") == [("RETURN_CREATED", "CREATED", "")]
        assert agents.answers == [("C1", "DONE", "")]

    run(scenario())


def test_a_return_that_amazon_does_not_have_is_not_found_and_not_looked_for_again() -> None:
    async def scenario() -> None:
        agents = await opened()
        await agents.refresh("C1", "R9")
        await asyncio.sleep(1)
        assert agents.answers == [("C1", "REFUSED", "NOT_FOUND")]
        (result,) = agents.topics.on(COMMAND_RESULTS)
        assert "no return R9" in result["message"]
        await asyncio.sleep(8000)
        assert agents.lists.read.count("R9") == 1
        assert agents.alerts_told == []

    run(scenario())


@pytest.mark.parametrize(
    ("failed", "calls", "code"),
    [
        (Refused(Answer(http_status=400, code="InvalidInput", message="no", request_id="Q1")), 1, "InvalidInput"),
        (Forbidden(Answer(http_status=403, code="Unauthorized", request_id="Q1")), 5, "Unauthorized"),
        (Unknown(Answer(http_status=200, request_id="Q1")), 5, "PARKED"),
    ],
)
def test_what_amazon_does_not_give_is_refused_in_its_words_after_a_few_tries(
    failed: Failed, calls: int, code: str
) -> None:
    async def scenario() -> None:
        agents = await opened()
        agents.lists.withheld["R1"] = failed
        await agents.refresh("C1", "R1")
        await asyncio.sleep(60)
        assert agents.answers == [("C1", "REFUSED", code)]
        (result,) = agents.topics.on(COMMAND_RESULTS)
        assert result["request_id"] == "Q1"
        assert result["message"]
        assert agents.lists.read == ["R1"] * calls

    run(scenario())


def test_an_outage_is_waited_for() -> None:
    async def scenario() -> None:
        agents = await opened()
        agents.lists.withheld["R1"] = Unavailable(Answer(http_status=503))
        await agents.refresh("C1", "R1")
        await asyncio.sleep(120)
        assert agents.answers == []
        agents.lists.withheld.clear()
        await asyncio.sleep(120)
        assert agents.answers == [("C1", "DONE", "")]

    run(scenario())


def test_a_command_seen_again_is_answered_again_and_not_run_again() -> None:
    async def scenario() -> None:
        agents = await opened()
        for _ in range(2):
            await agents.refresh("C1", "R1")
        await asyncio.sleep(1)
        await agents.refresh("C1", "R1")
        await asyncio.sleep(1)
        first, again = agents.topics.on(COMMAND_RESULTS)
        assert first == again
        assert agents.lists.read == ["R1"]

    run(scenario())


def test_commands_for_one_return_share_a_call_that_was_made_for_them() -> None:
    """One that comes while a call is under way has a call of its own: what it asks for may have changed since."""

    async def scenario() -> None:
        agents = await opened()
        await agents.refresh("C1", "R1")
        await agents.refresh("C2", "R1")
        while not agents.lists.read:  # noqa: ASYNC110 - virtual time, until the call is under way
            await asyncio.sleep(0.01)
        await agents.refresh("C3", "R1")
        await asyncio.sleep(2)
        assert agents.answers == [("C1", "DONE", ""), ("C2", "DONE", ""), ("C3", "DONE", "")]
        assert agents.lists.read == ["R1", "R1"]

    run(scenario())


@pytest.mark.parametrize("expires_at", [1_772_445_610_000, 1_772_445_660_000])
def test_a_command_that_expires_ends_so(expires_at: int) -> None:
    """As it comes, or while nothing may be called."""

    async def scenario() -> None:
        agents = await opened()
        watching = asyncio.create_task(agents.expiry.run())
        agents.lists.withheld["R1"] = Unavailable(Answer(http_status=503))
        await agents.refresh("C1", "R1", expires_at=expires_at)
        await asyncio.sleep(60)
        assert agents.answers == [("C1", "EXPIRED", "EXPIRED")]
        agents.lists.withheld.clear()
        agents.lists.read.clear()
        await asyncio.sleep(300)
        assert agents.lists.read == []
        watching.cancel()

    run(scenario())


def test_no_command_waits_for_longer_than_a_day() -> None:
    async def scenario() -> None:
        agents = await opened()
        watching = asyncio.create_task(agents.expiry.run())
        await agents.lanes.close(0.0)
        await agents.refresh("C1", "R1")
        await asyncio.sleep(86_000)
        assert agents.answers == []
        await asyncio.sleep(1000)
        assert agents.answers == [("C1", "EXPIRED", "EXPIRED")]
        assert agents.row("|C1").forgettable_since_ms is not None
        watching.cancel()

    run(scenario())


def test_a_worker_that_takes_over_reads_what_the_one_before_could_not() -> None:
    async def scenario() -> None:
        first = await opened()
        await first.lanes.close(0.0)
        await first.refresh("C1", "R1")
        await asyncio.sleep(10)
        assert first.answers == []
        second = await opened(held=first)
        assert second.answers == [("C1", "DONE", "")]

    run(scenario())


def test_returns_that_are_switched_off_are_not_read() -> None:
    async def scenario() -> None:
        agents = await opened(merchant(returns=False))
        await agents.refresh("C1", "R1")
        await asyncio.sleep(10)
        assert agents.answers == [("C1", "REFUSED", "INVALID_COMMAND")]
        assert agents.lists.read == []

    run(scenario())


def test_a_return_of_a_place_that_is_switched_off_is_found_and_not_told() -> None:
    async def scenario() -> None:
        places: list[dict[str, Any]] = [{"location_id": "LOC"}, {"location_id": "OFF", "returns": False}]
        agents = await opened(merchant(locations=[{"program": "SELF_SHIP", **place} for place in places]))
        agents.lists.send_back(returned(return_id="R2", return_location_id="OFF"))
        await agents.refresh("C1", "R2")
        await asyncio.sleep(10)
        (result,) = agents.topics.on(COMMAND_RESULTS)
        assert result["outcome"] == "DONE"
        assert "no event tells it" in result["message"]
        assert agents.told_of("R2") == []

    run(scenario())
