"""What a reconcile asks of Amazon: at its pace, resting where Amazon is busy, every page of every list."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from connector.cli.reconcile.amazon.answers import Unanswered, ask_each, unanswered
from connector.cli.reconcile.amazon.calls import PacedAmazon
from connector.cli.reconcile.amazon.lists import WholeLists
from connector.domain.outcomes import Accepted, Answer, Outcome, Throttled, Unauthorized, Unavailable
from connector.domain.polling.polls import PollReturns, PollShipments
from connector.errors import ConnectorError, InputError
from connector.simulator import Simulator, serve
from connector.simulator.amazon.shipments.new import NewShipment
from connector.smartconnect.caller import CallReport
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.amazon.client_at import client_at
from tests.kit.amazon.simulator import UNLIMITED
from tests.kit.orders.agents import merchant
from tests.kit.virtual_time import run_virtual

OK = Accepted(Answer(http_status=200), 1)


@asynccontextmanager
async def amazon_at(url: str, rate: float | None) -> AsyncIterator[PacedAmazon]:
    fast = {"rate": 1_000.0, "burst": 0}
    limits = {"list_shipments": fast, "returns": fast}
    amazon = PacedAmazon(merchant(limits=limits), client_at(url, max_connections=10), rate)
    try:
        yield amazon
    finally:
        await amazon.api.aclose()


def times(rate: float | None, outcomes: Sequence[Outcome[int]], calls: int) -> tuple[list[float], list[Outcome[int]]]:
    """When calls left, and what `calls` of them came to."""
    left: list[float] = []
    waiting = list(outcomes)

    async def make() -> CallReport[int]:
        left.append(round(asyncio.get_running_loop().time() - 1_000, 3))
        await asyncio.sleep(0.3)
        return CallReport(waiting.pop(0) if waiting else OK)

    async def scenario() -> list[Outcome[int]]:
        async with amazon_at("http://127.0.0.1:9", rate) as amazon:
            answers = await ask_each("asking", range(calls), lambda _: amazon.call("inventory", make))
            return list(answers.values())

    ended = run_virtual(scenario())
    return left, ended


def test_a_quarter_of_the_limit_is_used_where_nothing_is_said() -> None:
    left, ended = times(None, [], 4)
    assert left == [0, 0.667, 1.333, 2.0], "6 calls a second are the limit"
    assert ended == [OK] * 4


def test_at_the_pace_that_is_said_and_no_faster_than_the_limit() -> None:
    left, _ = times(5, [], 4)
    assert left == [0, 0.2, 0.4, 0.6]
    with pytest.raises(InputError, match="--rate 7: above 0, and at most 6, the limit of inventory"):
        times(7, [], 1)


def test_where_amazon_is_busy_it_rests_longer_each_time() -> None:
    left, ended = times(5, [Throttled(Answer(http_status=429))] * 2, 1)
    assert left == [0, 4.3, 12.6]
    assert ended == [OK]
    left, _ = times(5, [Throttled(Answer(http_status=429), 20.0)], 1)
    assert left == [0, 20.3]


def test_what_stays_unanswered_is_told_as_that() -> None:
    _, (ended,) = times(5, [Unavailable(Answer(http_status=503))] * 99, 1)
    assert unanswered(ended) == Unanswered("HTTP 503")


def test_a_merchant_that_is_let_in_no_more_ends_it() -> None:
    with pytest.raises(ConnectorError, match=r"lets nobody in: HTTP 401.*merchants check"):
        times(5, [Unauthorized(Answer(http_status=401))], 1)


@pytest.mark.parametrize("faults", [[], ["400,before,op=list_shipments,count=1"]])
async def test_every_page_is_read_by_location_where_the_whole_is_refused(faults: Sequence[str]) -> None:
    simulator = Simulator(limits=UNLIMITED)
    simulator.switches.empty_first_page = True
    made = {
        simulator.marketplace.create_shipment(NewShipment("M1", {"s": 1}, location_id=location)).id
        for location in ["LOC", "LOC2"] * 120
    }
    for fault in faults:
        simulator.fault(fault)
    async with serve(simulator) as url, amazon_at(url, None) as amazon:
        lists = WholeLists(amazon, ["LOC", "LOC2"])
        pages = await lists.read([PollShipments("M1", "ACCEPTED", 0.0)])
        found = [facts.shipment_id for page in pages if isinstance(page, ShipmentsPage) for facts in page.shipments]
        assert sorted(found) == sorted(made)


async def test_a_list_that_amazon_does_not_give_ends_it() -> None:
    simulator = Simulator(limits=UNLIMITED)
    simulator.fault("400,before,op=returns")
    async with serve(simulator) as url, amazon_at(url, None) as amazon:
        with pytest.raises(ConnectorError, match=r"returns CREATED at EXSB: Amazon does not give the list: HTTP 400"):
            await WholeLists(amazon, ["EXSB"]).read([PollReturns("M1", "CREATED", 0.0)])
