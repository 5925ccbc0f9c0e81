"""Strange lists: the same window again, then parked; one alert, few calls, and the others go on."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from connector.domain.alerts import Alert, AlertKind
from connector.domain.outcomes import Answer, Conflict, Failed, Forbidden, Refused, Unknown
from connector.domain.polling.alerts import alert_changes
from connector.domain.polling.polls import PolledList, PollShipments
from connector.domain.polling.windows import Page, Watermark
from connector.domain.quarantine import TRIES, troubled
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage, read_shipments
from connector.smartconnect.wire.source import Source, Unreadable
from tests.kit.orders.agents import merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.shipments import shipment
from tests.kit.polling.agents import PollingAgents
from tests.kit.polling.bodies import shipment_body
from tests.kit.virtual_time import run_virtual

ACCEPTED_LIST = "list_shipments ACCEPTED"
STRANGE: dict[str, Failed] = {
    "unreadable": Unknown(Answer(http_status=200, message="shipments is missing", request_id="req-1")),
    "forbidden": Forbidden(Answer(http_status=403, code="Forbidden", message="no", request_id="req-1")),
    "refused": Refused(Answer(http_status=400, code="InvalidInput", message="no", request_id="req-1")),
    "conflict": Conflict(Answer(http_status=409, request_id="req-1")),
}


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    run_virtual(coroutine)


def is_accepted_list(poll: PolledList) -> bool:
    return isinstance(poll, PollShipments) and poll.status == "ACCEPTED" and not poll.is_sweep


def on_accepted(answer: Callable[[Page], Failed | ShipmentsPage]) -> Callable[[PolledList, Page], Any]:
    return lambda poll, page: answer(page) if is_accepted_list(poll) else None


def busiest_minute(agents: PollingAgents) -> int:
    times = agents.lists.times(is_accepted_list)
    return max(sum(1 for at in times if begin <= at < begin + 60) for begin in times)


def in_circles(*tokens: str) -> Callable[[Page], ShipmentsPage]:
    """The page after each token has the next one, the last has itself again."""
    following = dict(zip(("", *tokens), (*tokens, tokens[-1]), strict=True))
    body = shipment_body("S1", location_id="LOC")

    def answer(page: Page) -> ShipmentsPage:
        shown = read_shipments(Source({"shipments": [body], "pagination": {"nextToken": following[page.token]}}))
        return replace(shown, version=page.token)  # as if each page had others

    return answer


def ever_new(page: ShipmentsPage) -> Callable[[Page], ShipmentsPage]:
    numbers = count()
    return lambda _: replace(page, next_token=f"token-{next(numbers)}")


@pytest.mark.parametrize("name", STRANGE)
def test_a_list_that_is_not_given_is_parked_and_others_go_on(name: str) -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        agents.lists.script = on_accepted(lambda _: STRANGE[name])
        agents.open()
        await asyncio.sleep(60)
        assert agents.alerts_told == [("LIST_PARKED", ACCEPTED_LIST, False)]
        (alert,) = agents.alerts
        assert alert.merchant_id == "M1"
        assert "req-1" in alert.message
        before = agents.watermarks.held["M1|list_shipments||ACCEPTED"]
        assert busiest_minute(agents) <= 10
        agents.lists.order(shipment("CREATED", shipment_id="S1"))
        await asyncio.sleep(10)
        row = agents.table.held["M1|S1"]
        assert row.facts is not None, "others go on"
        await asyncio.sleep(1500)
        assert agents.alerts_told == [("LIST_PARKED", ACCEPTED_LIST, False)], "raised once"
        assert agents.watermarks.held["M1|list_shipments||ACCEPTED"].settled_ms == before.settled_ms
        assert len(agents.lists.times(is_accepted_list)) < 20, "at a slow beat"
        agents.lists.order(shipment(shipment_id="S2"))
        agents.lists.script = lambda _, __: None
        await asyncio.sleep(1800)
        assert agents.alerts_told[1:] == [("LIST_PARKED", ACCEPTED_LIST, True)], "ended once"
        assert set(agents.told()) == {"S2"}
        assert not agents.died

    run(scenario())


def test_a_parked_list_is_not_told_of_again_after_a_restart() -> None:
    async def scenario() -> None:
        first = PollingAgents()
        first.lists.script = on_accepted(lambda _: STRANGE["unreadable"])
        first.open()
        await asyncio.sleep(60)
        await first.stop()
        second = PollingAgents(held=first)
        second.lists.script = on_accepted(lambda _: STRANGE["unreadable"])
        second.open()
        (standing,) = second.alerts
        assert standing.alert_id == next(iter(first.alerts)).alert_id
        await asyncio.sleep(600)
        assert second.alerts_told == []
        second.lists.script = lambda _, __: None
        await asyncio.sleep(1800)
        assert second.alerts_told == [("LIST_PARKED", ACCEPTED_LIST, True)]

    run(scenario())


@pytest.mark.parametrize("tokens", [("token-1",), ("a", "b"), ("a", "b", "c", "d", "e", "f", "g")])
def test_a_list_in_circles_tells_what_it_shows_and_is_parked(tokens: tuple[str, ...]) -> None:
    """No token is sent twice in one window."""

    async def scenario() -> None:
        agents = PollingAgents()
        agents.lists.script = on_accepted(in_circles(*tokens))
        agents.open()
        await asyncio.sleep(30)
        assert set(agents.told()) == {"S1"}
        await asyncio.sleep(1800)
        assert agents.alerts_told == [("LIST_PARKED", ACCEPTED_LIST, False)]
        assert busiest_minute(agents) <= 10
        windows: list[list[str]] = []
        for asked in agents.lists.asked:
            if is_accepted_list(asked.poll):
                windows = [*windows, []] if not asked.page.token else windows
                windows[-1].append(asked.page.token)
        finished = windows[:-1]  # the last may be under way
        assert {tuple(window) for window in finished} == {("", *tokens)}

    run(scenario())


@pytest.mark.parametrize("kind", ["the same page", "empty pages"])
def test_a_list_of_ever_new_tokens_is_parked(kind: str) -> None:
    async def scenario() -> None:
        page = read_shipments(Source({"shipments": [shipment_body("S1", location_id="LOC")]}))
        agents = PollingAgents(merchant(poll_interval_s=300))
        agents.lists.script = on_accepted(ever_new(page if kind == "the same page" else ShipmentsPage(())))
        agents.open()
        await asyncio.sleep(4 * 3600 if kind == "empty pages" else 1800)
        assert ("LIST_PARKED", ACCEPTED_LIST, False) in agents.alerts_told
        assert len(agents.alerts_told) == 1
        assert busiest_minute(agents) <= 10

    run(scenario())


def test_empty_pages_before_others_are_no_end() -> None:
    async def scenario() -> None:
        def answer(page: Page) -> ShipmentsPage:
            number = int(page.token or "0")
            if number < 15:
                return ShipmentsPage((), f"{number + 1}")
            return read_shipments(Source({"shipments": [shipment_body("S1", location_id="LOC")]}))

        agents = PollingAgents()
        agents.lists.script = on_accepted(answer)
        agents.open()
        await asyncio.sleep(200)
        assert set(agents.told()) == {"S1"}
        assert agents.alerts_told == []
        assert busiest_minute(agents) <= 10

    run(scenario())


def test_a_shell_goes_to_a_dead_letter_and_the_window_settles() -> None:
    async def scenario() -> None:
        body = {"shipments": [{}, shipment_body("S1", location_id="LOC"), {"id": " "}], "pagination": {}}
        agents = PollingAgents()
        agents.lists.script = on_accepted(lambda _: read_shipments(Source(body)))
        agents.open()
        await asyncio.sleep(60)
        assert set(agents.told()) == {"S1"}
        (letter,) = agents.letters
        assert letter["reason"] == "UNREADABLE_FACT"
        assert "shipments[0]" in letter["message"]
        assert "shipments[2]" in letter["message"]
        assert agents.alerts_told == [("RECORD_PARKED", ACCEPTED_LIST, False)]
        row = agents.watermarks.held["M1|list_shipments||ACCEPTED"]
        assert agents.amazon_ms() - row.settled_ms < 130_000, "the watermark moves"
        agents.lists.script = lambda _, __: None
        await asyncio.sleep(10)
        assert agents.alerts_told[1:] == [("RECORD_PARKED", ACCEPTED_LIST, True)]

    run(scenario())


def test_a_shell_that_is_gone_at_the_next_reading_raises_no_alert() -> None:
    """Nobody is called for what comes and goes: each time it is a dead letter."""

    async def scenario() -> None:
        now_and_then = itertools.cycle((read_shipments(Source({"shipments": [{}]})), ShipmentsPage(())))
        agents = PollingAgents()
        agents.lists.script = on_accepted(lambda _: next(now_and_then))
        agents.open()
        await asyncio.sleep(60)
        assert len(agents.letters) > 3
        assert agents.alerts_told == []

    run(scenario())


def test_a_page_without_its_list_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="shipments is missing"):
        read_shipments(Source({}))
    assert read_shipments(Source({"shipments": []})) == ShipmentsPage(())


def test_an_item_that_cant_be_read_is_read_by_itself_once() -> None:
    async def scenario() -> None:
        odd = shipment_body("S2", location_id="LOC", lastUpdatedDateTime="soon")
        body = {"shipments": [odd, shipment_body("S1", location_id="LOC")]}
        agents = PollingAgents(here=merchant(mode="observe"))
        agents.lists.script = on_accepted(lambda _: read_shipments(Source(body)))
        agents.amazon["S2"] = Amazon(shipment(shipment_id="S2"))
        agents.open()
        await asyncio.sleep(60)
        assert set(agents.told()) == {"S1", "S2"}
        assert [step.shipment_id for _, step in agents.calls] == ["S2"]
        odd["lastUpdatedDateTime"] = "later"
        await asyncio.sleep(60)
        assert [step.shipment_id for _, step in agents.calls] == ["S2", "S2"], "each version of it"

    run(scenario())


def test_all_lists_of_an_api_refused_is_one_alert_and_no_parked_lists() -> None:
    async def scenario() -> None:
        agents = PollingAgents()

        def script(poll: PolledList, _: Page) -> Failed | ReturnsPage | None:
            return STRANGE["forbidden"] if poll.operation == "returns" else None

        agents.lists.script = script
        agents.open()
        await asyncio.sleep(1200)
        assert agents.alerts_told == [("API_NOT_ENABLED", "returns", False)]
        assert agents.access.not_enabled == {"M1|returns"}
        refused = [asked for asked in agents.lists.asked if asked.poll.operation == "returns"]
        assert len([asked for asked in refused if asked.at_s > 1060]) < 3 * 20, "tried again slowly"
        await agents.stop()
        again = PollingAgents(held=agents)
        again.lists.script = script
        again.open()
        await asyncio.sleep(60)
        assert again.access.not_enabled == {"M1|returns"}
        again.lists.script = lambda _, __: None
        await asyncio.sleep(700)
        assert again.alerts_told == [("API_NOT_ENABLED", "returns", True)]
        assert again.access.not_enabled == set()

    run(scenario())


def test_what_rows_say_is_known_again_when_partitions_come_back() -> None:
    """To the same worker, after a rebalance."""

    async def scenario() -> None:
        agents = PollingAgents()
        agents.lists.script = lambda poll, _: STRANGE["forbidden"] if poll.operation == "returns" else None
        agents.open()
        await asyncio.sleep(1200)
        assert agents.access.not_enabled == {"M1|returns"}
        await agents.stop()
        agents.polls.close()
        assert agents.access.not_enabled == set()
        agents.open()
        assert agents.access.not_enabled == {"M1|returns"}

    run(scenario())


def test_a_return_that_can_t_be_read_is_told_once_and_ends_when_it_is_read() -> None:
    trouble, told = None, list[Alert]()
    row = before = Watermark(0)
    for now_ms in range(TRIES + 1):
        trouble = troubled(trouble, Answer(http_status=404), now_ms)
        row, before = Watermark(0, trouble=trouble), row
        told += alert_changes("M1|return|R1", before, row, now_ms)
    assert [(alert.kind, alert.subject, alert.ended_at_ms) for alert in told] == [(AlertKind.RETURN_PARKED, "R1", None)]
    (ended,) = alert_changes("M1|return|R1", row, None, 99)
    assert (ended.alert_id, ended.ended_at_ms) == (told[0].alert_id, 99)
