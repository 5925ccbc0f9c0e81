"""A merchant that Amazon refuses is one alert, from its first refused call to the next that is taken (guarantee G9)."""

import asyncio
from typing import Any

from connector.agents.inventory.calls import Levels
from connector.domain.outcomes import Answer, Unauthorized, Unavailable
from connector.kafka.topics import ALERTS
from connector.smartconnect.caller import CallReport
from tests.kit.inventory.agents import NOW_MS, StockAgents, merchant, play
from tests.kit.inventory.rows import update

REFUSED: CallReport[Levels] = CallReport(
    Unauthorized(Answer(http_status=400, code="invalid_grant", message="consent was withdrawn"))
)


def told(agents: StockAgents) -> list[tuple[str, str, str, bool]]:
    return [(one["kind"], one["severity"], one["message"], one["ended_at"] is not None) for one in alerts(agents)]


def alerts(agents: StockAgents) -> list[dict[str, Any]]:
    return agents.topics.on(ALERTS)


def refuse(agents: StockAgents) -> None:
    agents.amazon.whole = lambda _: REFUSED


def accept(agents: StockAgents) -> None:
    agents.amazon.whole = lambda _: None


def test_it_is_told_once_and_ends_when_a_call_is_taken() -> None:
    async def scenario(agents: StockAgents) -> None:
        refuse(agents)
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(600)
        raised = ("MERCHANT_SUSPENDED", "CRITICAL", "consent was withdrawn", False)
        assert told(agents) == [raised]
        assert [alert.subject for alert in agents.parts.alerts.of("M1")] == ["M1"]
        accept(agents)
        await asyncio.sleep(1_200)
        assert told(agents) == [raised, (*raised[:3], True)]
        assert alerts(agents)[0]["alert_id"] == alerts(agents)[1]["alert_id"]
        assert agents.amazon.units("SKU") == 5

    play(scenario)


def test_an_edit_of_the_file_probes_at_once_and_tells_nothing_anew() -> None:
    async def scenario(agents: StockAgents) -> None:
        refuse(agents)
        await agents.say(*(update(5, NOW_MS, f"u-{number}") for number in range(50)))
        await asyncio.sleep(600)
        begun = len(agents.calls)
        await agents.edit_file(merchant(poll_interval_s=9))
        await asyncio.sleep(5)
        assert len(agents.calls) - begun == 1, "one call tells"
        accept(agents)
        await agents.edit_file(merchant())
        await asyncio.sleep(5)
        assert [ended for *_, ended in told(agents)] == [False, True]

    play(scenario)


def test_the_next_owner_ends_what_the_last_one_raised() -> None:
    async def scenario(agents: StockAgents) -> None:
        refuse(agents)
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(60)
        await agents.close()
        other = StockAgents(merchant(), held=agents.table.held)
        await other.parts.alerts.apply([("M1", record) for record in alerts(agents)])
        other.open()
        await asyncio.sleep(30)
        (ended,) = alerts(other)
        assert ended["alert_id"] == alerts(agents)[0]["alert_id"]
        assert ended["ended_at"] is not None
        assert other.lanes.access("M1") is not None
        assert other.amazon.units("SKU") == 5

    play(scenario)


def test_a_merchant_whose_calls_get_no_answer_is_told_once_until_one_is_answered() -> None:
    async def scenario(agents: StockAgents) -> None:
        agents.amazon.whole = lambda _: CallReport(Unavailable(Answer(message="the connection hung"), sent=True))
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(50)
        assert told(agents) == [], "a short outage is nobody's business"
        await asyncio.sleep(550)
        (raised,) = told(agents)
        assert raised[:2] == ("MERCHANT_UNREACHABLE", "CRITICAL")
        assert "the connection hung" in raised[2]
        await agents.edit_file(merchant(poll_interval_s=9))
        accept(agents)
        await asyncio.sleep(1_200)
        assert told(agents) == [raised, (*raised[:3], True)]

    play(scenario)
