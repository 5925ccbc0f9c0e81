"""What becomes of returns over minutes and months, by lists and single readings: every change they show, once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from connector.domain.orders.facts.shipment import OriginalLineItem, OriginalShipment, Shipment
from connector.domain.polling.polls import PolledList, PollNewReturns, PollReturns
from connector.domain.polling.windows import Page
from connector.domain.returns.facts import TrackingInfo
from connector.kafka.topics import RETURNS
from connector.smartconnect.wire.returns import ReturnsPage, read_returns
from connector.smartconnect.wire.source import Source
from tests.kit.cases import read_case
from tests.kit.orders.agents import PARTITION, merchant
from tests.kit.orders.shipments import shipment
from tests.kit.polling.agents import PollingAgents
from tests.kit.returns import returned
from tests.kit.virtual_time import run_virtual

SLOW_S = 60.0  # between polls of what becomes of returns, by default
DAY_S = 86_400
CREATED = ("RETURN_CREATED", "CREATED", "")


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    run_virtual(coroutine)


async def told_created(*sent_back: Any, here: Any = None, **settings: Any) -> PollingAgents:
    agents = PollingAgents(here, **settings)
    for facts in sent_back:
        agents.lists.send_back(facts)
    agents.open()
    await asyncio.sleep(10)
    for facts in sent_back:
        assert agents.told_of(facts.return_id) == [CREATED]
    return agents


def in_place_of(shipment_id: str, sku: str = "", **changes: Any) -> Shipment:
    """Another shipment of S1's order; `sku`: the one that it replaces, "" where Amazon does not say."""
    line = OriginalLineItem(replacing_sku="NEW", original_sku=sku)
    original = OriginalShipment(shipment_id="S1", line_items=(line,) if sku else ())
    return shipment(shipment_id=shipment_id, shipment_type="REPLACEMENT", original_shipment=original, **changes)


def replacements_told(agents: PollingAgents, return_id: str) -> list[list[str]]:
    return [
        event["replacement_shipment_ids"]
        for event in agents.topics.on(RETURNS)
        if event["return_id"] == return_id and event["type"] == "RETURN_UPDATED"
    ]


def test_of_two_changes_between_two_polls_the_last_is_told() -> None:
    async def scenario() -> None:
        agents = await told_created(returned())
        await asyncio.sleep(2)  # new returns were just polled again
        agents.lists.send_back(returned(status="IN_TRANSIT"))
        await asyncio.sleep(1)
        agents.lists.send_back(returned(status="DELIVERED"))
        await asyncio.sleep(SLOW_S + 10)
        assert agents.told_of("R1")[1:] == [("RETURN_DELIVERED", "DELIVERED", "CREATED")]

    run(scenario())


def test_two_changes_in_one_second_are_two_events() -> None:
    """A poll goes between them: Amazon's times, of the second, do not tell them apart."""

    async def scenario() -> None:
        agents = await told_created(returned())
        first = agents.lists.send_back(returned(status="IN_TRANSIT"))
        await asyncio.sleep(SLOW_S + 10)
        agents.lists.returns["R1"] = returned(
            status="IN_TRANSIT",
            reverse_tracking=TrackingInfo("ATS", "AWB-2"),
            last_updated_at_ms=first.last_updated_at_ms,
            created_at_ms=first.created_at_ms,
        )
        await asyncio.sleep(SLOW_S + 10)
        one, other = (event for event in agents.topics.on(RETURNS) if event["type"] == "RETURN_UPDATED")
        assert one["occurred_at"] == other["occurred_at"]
        assert one["event_id"] != other["event_id"]
        assert [event["tracking"]["tracking_id"] for event in (one, other)] == ["AWB-1", "AWB-2"]

    run(scenario())


def test_a_replacement_that_becomes_known_later_is_told() -> None:
    async def scenario() -> None:
        agents = await told_created(returned(sub_type="REPLACEMENT"))
        await asyncio.sleep(600)
        agents.lists.order(in_place_of("S2", "A"))
        await asyncio.sleep(30)
        assert replacements_told(agents, "R1") == [["S2"]]

    run(scenario())


def test_the_replacement_of_another_return_is_not_told() -> None:
    """Two returns of one shipment: each has the shipment that replaces its own SKU, whichever is known first."""

    async def scenario() -> None:
        agents = await told_created(
            returned(sub_type="REPLACEMENT"), returned(return_id="R2", sku="B", sub_type="REPLACEMENT")
        )
        agents.lists.order(in_place_of("S2", "A"))
        await asyncio.sleep(30)
        assert replacements_told(agents, "R1") == [["S2"]]
        assert replacements_told(agents, "R2") == []
        agents.lists.order(in_place_of("S3", "B"))
        await asyncio.sleep(30)
        assert replacements_told(agents, "R1") == [["S2"]]
        assert replacements_told(agents, "R2") == [["S3"]]

    run(scenario())


def test_a_plain_return_has_no_replacement() -> None:
    async def scenario() -> None:
        agents = await told_created(returned())
        agents.lists.order(in_place_of("S2", "A"))
        await asyncio.sleep(30)
        assert agents.told_of("R1") == [CREATED]

    run(scenario())


@pytest.mark.parametrize("sku", ["A", ""])
def test_several_replacements_are_told_as_they_become_known(sku: str) -> None:
    """Also those that do not say which SKU they replace."""

    async def scenario() -> None:
        agents = await told_created(returned(sub_type="EXCHANGE"))
        for shipment_id in ("S2", "S3"):
            agents.lists.order(in_place_of(shipment_id, sku))
            await asyncio.sleep(30)
        assert replacements_told(agents, "R1") == [["S2"], ["S2", "S3"]]
        (*_, last) = agents.topics.on(RETURNS)
        assert last["replacement_shipment_id"] == "S2"

    run(scenario())


def test_a_return_is_processed_31_days_after_it_arrived() -> None:
    """Longer than finished ones are kept: it is not finished."""

    async def scenario() -> None:
        agents = await told_created(returned(), here=merchant(orders=False))
        agents.lists.send_back(returned(status="DELIVERED"))
        await asyncio.sleep(SLOW_S + 10)
        before = agents.amazon_ms
        agents.amazon_ms = agents.lists.now_ms = lambda: before() + 31 * DAY_S * 1000
        await asyncio.sleep(SLOW_S + 10)
        kept_since_ms = agents.now_ms() - 30 * DAY_S * 1000
        assert list(agents.returns.expired(PARTITION, kept_since_ms, list(agents.returns.held))) == []
        agents.lists.send_back(returned(status="PROCESSED"))
        await asyncio.sleep(SLOW_S + 10)
        assert agents.told_of("R1")[1:] == [
            ("RETURN_DELIVERED", "DELIVERED", "CREATED"),
            ("RETURN_PROCESSED", "PROCESSED", "DELIVERED"),
        ]

    run(scenario())


def test_units_that_amazon_leaves_out_are_one_with_a_warning() -> None:
    async def scenario() -> None:
        body = read_case("amazon/return-without-units")["body"]

        def script(poll: PolledList, _: Page) -> ReturnsPage | None:
            return read_returns(Source({"returns": [body]})) if isinstance(poll, PollNewReturns) else None

        agents = PollingAgents()
        agents.lists.script = script
        agents.open()
        await asyncio.sleep(30)
        (event,) = agents.topics.on(RETURNS)
        assert (event["quantity"], event["snapshot"]["quantity"]) == (1, 1)
        assert event["warnings"] == ["numberOfUnits"]
        assert agents.letters == [], "nothing came that could not be read"

    run(scenario())


def test_a_location_is_learnt_from_either_place() -> None:
    """What becomes of a return is listed by location alone: also where only the marketplace's part names it."""

    async def scenario() -> None:
        far = {"return_location_id": "", "channel_return_location_id": "FAR"}
        agents = await told_created(returned(**far), returned(return_id="R2", return_location_id="NEAR"))
        for change in ({**far, "return_id": "R1"}, {"return_id": "R2", "return_location_id": "NEAR"}):
            agents.lists.send_back(returned(status="IN_TRANSIT", **change))
        await asyncio.sleep(SLOW_S + 10)
        for return_id in ("R1", "R2"):
            assert agents.told_of(return_id)[1:] == [("RETURN_UPDATED", "IN_TRANSIT", "CREATED")]
        asked = {each.poll.location_id for each in agents.lists.asked if isinstance(each.poll, PollReturns)}
        assert asked >= {"FAR", "NEAR"}
        assert agents.lists.read == []
        places = {event["return_location_id"] for event in agents.topics.on(RETURNS)}
        assert places == {"FAR", "NEAR"}

    run(scenario())


def test_a_change_that_no_list_shows_is_read() -> None:
    """Of a return whose place Amazon leaves out, lists by location tell nothing more."""

    async def scenario() -> None:
        rarely = merchant(orders=False, poll_interval_s=600)
        agents = await told_created(returned(return_location_id=""), here=rarely, sweep_interval_s=3600)
        facts = agents.lists.send_back(returned(return_location_id="", status="IN_TRANSIT"))
        agents.lists.hidden_until_ms["R1"] = facts.last_updated_at_ms + DAY_S * 1000
        await asyncio.sleep(1.2 * 3600)
        assert agents.told_of("R1")[1:] == [("RETURN_UPDATED", "IN_TRANSIT", "CREATED")]
        assert agents.lists.read

    run(scenario())


def test_states_between_the_first_and_the_last_have_types_of_their_own() -> None:
    """After either of them the return goes on."""

    async def scenario() -> None:
        agents = await told_created(returned())
        for status in ("CUSTOMER_CANCELLED_PICK_UP", "PICKED_FROM_CUSTOMER", "PARTIALLY_PROCESSED", "PROCESSED"):
            agents.lists.send_back(returned(status=status))
            await asyncio.sleep(SLOW_S + 10)
        assert agents.told_of("R1")[1:] == [
            ("RETURN_PICKUP_CANCELLED", "CUSTOMER_CANCELLED_PICK_UP", "CREATED"),
            ("RETURN_UPDATED", "PICKED_FROM_CUSTOMER", "CUSTOMER_CANCELLED_PICK_UP"),
            ("RETURN_PARTIALLY_PROCESSED", "PARTIALLY_PROCESSED", "PICKED_FROM_CUSTOMER"),
            ("RETURN_PROCESSED", "PROCESSED", "PARTIALLY_PROCESSED"),
        ]

    run(scenario())
