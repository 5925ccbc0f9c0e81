"""The inventory agents through time: edits of the file, moved listings, strange answers, alerts; in virtual time."""

import asyncio
from collections.abc import Callable

import pytest

from connector.domain.alerts import AlertKind
from connector.domain.inventory.ledger import Phase
from connector.domain.inventory.requests import InventoryLevel, InventoryRequest
from connector.domain.listings import Listing, listing_key, listing_record
from connector.domain.outcomes import Accepted, Answer, Forbidden, Outcome, Refused, Unknown
from connector.kafka.topics import ALERTS, INVENTORY_RESULTS
from connector.smartconnect.caller import CallReport
from tests.kit.inventory.agents import StockAgents, location, merchant, play
from tests.kit.inventory.amazon import OK
from tests.kit.inventory.told import alerts, results, word

IN = "A21TJRUUN4KGV"
DENIED = Forbidden(Answer(http_status=403, code="Forbidden", message="no access to this SKU", request_id="req-1"))


def list_sku(agents: StockAgents, client: str, channel: str | None, marketplace: str = IN) -> None:
    record = None if channel is None else listing_record(Listing("M1", client, channel, "", marketplace), 0)
    agents.listings.take([(listing_key("M1", marketplace, client), record)])


def test_a_renamed_location_is_summed_no_more() -> None:
    """The case timelines/location-renamed."""

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(word(10, 0))
        await asyncio.sleep(5)
        await agents.edit_file(merchant(locations=[location("WH-ONE")]))
        await asyncio.sleep(5)
        assert amazon.units("SKU") == 0
        for quantity in (8, 0):
            await agents.say(word(quantity, 20 - quantity, place="WH-ONE"))
            await asyncio.sleep(5)
        assert amazon.sent == [("SKU", 1, 10), ("SKU", 2, 0), ("SKU", 3, 8), ("SKU", 4, 0)]
        assert [update_id for update_id, *_ in results(agents)] == ["u-SKU-10-0", "u-SKU-8-12", "u-SKU-0-20"]
        assert alerts(agents) == [], "the operator did it"

    play(scenario, merchant(locations=[location("WH1")]))


def test_one_of_two_summed_locations_is_removed_while_a_call_is_under_way_and_comes_back() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(word(10, 0), word(5, 0, place="WH2"))
        await asyncio.sleep(5)
        agents.answer_s = 8
        await agents.say(word(7, 6, place="WH2"))
        await asyncio.sleep(1)
        await agents.edit_file(merchant(locations=[location("WH2")]))
        agents.answer_s = 0.05
        await asyncio.sleep(30)
        assert amazon.units("SKU") == 7
        await agents.edit_file(merchant(locations=[location("WH1", "WH2")]))
        await asyncio.sleep(5)
        assert amazon.units("SKU") == 17, "its word is still the newest"

    play(scenario)


def test_a_merchant_that_leaves_the_file_and_comes_back_goes_on_with_its_numbers() -> None:
    """The case timelines/merchant-removed."""

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        agents.answer_s = 0.5
        await agents.say(*(word(5, 0, sku=f"SKU-{number}") for number in range(20)))
        await agents.edit_file()
        await asyncio.sleep(60)
        assert len(amazon.sent) < 20
        await agents.edit_file(merchant())
        await asyncio.sleep(60)
        assert {sequence for _, sequence, _ in amazon.sent} == {1}
        assert len(results(agents)) == 20

    play(scenario)


def test_a_listing_that_moves_leaves_no_stock_behind_and_says_so_once() -> None:
    """The case timelines/listing-moved."""

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        list_sku(agents, "EAN", "SKU-A1")
        await agents.say(word(5, 0, sku="EAN"))
        await asyncio.sleep(5)
        list_sku(agents, "EAN", "SKU-A2")
        await asyncio.sleep(5)
        assert amazon.units("SKU-A1") == 0
        await agents.say(word(0, 20, sku="EAN"))
        await asyncio.sleep(5)
        assert amazon.sent == [("SKU-A1", 1, 5), ("SKU-A1", 2, 0), ("SKU-A2", 1, 0)]
        (alert,) = agents.topics.on(ALERTS)
        assert (alert["kind"], alert["subject"], alert["severity"]) == (AlertKind.STOCK_LEFT_BEHIND, "SKU-A1", "INFO")
        assert alert["ended_at"] is not None
        assert "5 units" in alert["message"]
        assert "EAN" in alert["message"]
        assert "told 0" in alert["message"]
        assert not list(agents.parts.alerts)

    play(scenario)


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_listing_that_moves_while_the_call_is_under_way(forgotten: bool) -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        list_sku(agents, "EAN", "SKU-A1")
        agents.answer_s = 5
        await agents.say(word(5, 0, sku="EAN"))
        await asyncio.sleep(1)
        list_sku(agents, "EAN", None if forgotten else "SKU-A2")
        agents.answer_s = 0.05
        await asyncio.sleep(20)
        assert amazon.sent == [("SKU-A1", 1, 5), ("SKU-A1", 2, 0)]
        assert alerts(agents) == [(AlertKind.STOCK_LEFT_BEHIND, "SKU-A1", True)]

    play(scenario)


def test_a_new_worker_recounts_what_changed_while_none_ran() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(word(10, 0))
        await asyncio.sleep(5)
        await agents.close()
        agents.file = {"M1": merchant(locations=[location("WH-ONE")])}
        agents.open()
        await asyncio.sleep(5)
        assert amazon.sent == [("SKU", 1, 10), ("SKU", 2, 0)]

    play(scenario)


def numberless(request: InventoryRequest) -> Outcome[InventoryLevel] | None:
    return Accepted(OK, InventoryLevel()) if request.sku == "SKU" else None


def denied(request: InventoryRequest) -> Outcome[InventoryLevel] | None:
    return DENIED if request.sku == "SKU" else None


def foreign(request: InventoryRequest) -> Outcome[InventoryLevel] | None:
    return Unknown(Answer(message="the batch's answers are out of order")) if request.sku == "SKU" else None


@pytest.mark.parametrize("odd", [numberless, denied, foreign])
def test_what_is_strange_is_parked_with_one_alert_and_the_others_go_on(
    odd: Callable[[InventoryRequest], Outcome[InventoryLevel] | None],
) -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.odd = odd
        others = [word(3, 1, sku=f"SKU-{number}") for number in range(40)]
        await agents.say(word(5, 0), *others)
        await asyncio.sleep(100)
        assert len(amazon.posted) == 40, "not SKU"
        assert len(results(agents)) == 40
        mine = [at_s for at_s, request in agents.calls if request.sku == "SKU"]
        assert len(mine) == 5
        assert alerts(agents) == [(AlertKind.SKU_PARKED, "SKU", False)]
        assert (agents.row("SKU").sequence, agents.row("SKU").quantity) == (1, 5)
        assert {(sequence, quantity) for sku, sequence, quantity in amazon.sent if sku == "SKU"} == {(1, 5)}
        await asyncio.sleep(3_600)
        assert 5 + 2 <= len([at_s for at_s, request in agents.calls if request.sku == "SKU"]) <= 5 + 6
        amazon.odd = lambda _: None
        await asyncio.sleep(3_600)
        assert amazon.units("SKU") == 5
        assert alerts(agents) == [(AlertKind.SKU_PARKED, "SKU", False), (AlertKind.SKU_PARKED, "SKU", True)]
        raised, ended = agents.topics.on(ALERTS)
        assert raised["alert_id"] == ended["alert_id"]

    play(scenario)


def test_refused_after_a_day_with_amazons_words_and_request_id() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.odd = denied
        await agents.say(word(5, 0))
        await asyncio.sleep(25 * 3_600)
        (result,) = agents.topics.on(INVENTORY_RESULTS)
        assert (result["outcome"], result["code"], result["message"]) == ("REFUSED", "Forbidden", DENIED.answer.message)
        assert len(agents.calls) < 60
        count = len(agents.calls)
        await asyncio.sleep(3 * 3_600)
        assert len(agents.calls) == count, "nobody waits for it any more"
        amazon.odd = lambda _: None
        await agents.parts.commands.retry(0, "M1", "SKU", agents.now_ms())
        await asyncio.sleep(5)
        assert amazon.posted["EXSB", "SKU"] == (2, 5)
        assert alerts(agents)[-1] == (AlertKind.SKU_PARKED, "SKU", True)

    play(scenario)


def test_an_operator_frees_a_parked_sku() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.odd = denied
        await agents.say(word(5, 0))
        await asyncio.sleep(60)
        amazon.odd = lambda _: None
        await agents.parts.commands.retry(0, "M1", "SKU", agents.now_ms())
        await asyncio.sleep(5)
        assert results(agents) == [("u-SKU-5-0", "ACCEPTED", 5, 1)]
        assert [ended for *_, ended in alerts(agents)] == [False, True]

    play(scenario)


def test_a_batch_that_fails_whole_is_asked_item_by_item() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.whole = lambda requests: (
            CallReport(Refused(OK), sent_at=0.0) if any(one.sku == "SKU" for one in requests) else None
        )
        await agents.say(*(word(3, 0, sku=f"SKU-{number}") for number in range(5)), word(3, 0))
        await asyncio.sleep(120)
        assert {outcome for _, outcome, *_ in results(agents)} == {"ACCEPTED", "REFUSED"}
        assert len(results(agents)) == 6
        assert agents.row("SKU").phase is Phase.SETTLED

    play(scenario, merchant(inventory_batch_size=10))


def test_alerts_of_rows_stand_again_after_a_restart_without_being_told_again() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        amazon.odd = denied
        await agents.say(word(5, 0))
        await asyncio.sleep(60)
        await agents.close()
        assert not list(agents.parts.alerts)
        agents.open()
        assert [alert.kind for alert in agents.parts.alerts] == [AlertKind.SKU_PARKED]
        amazon.odd = lambda _: None
        await asyncio.sleep(1_200)
        assert [ended for *_, ended in alerts(agents)] == [False, True]
        assert not list(agents.parts.alerts)

    play(scenario)
