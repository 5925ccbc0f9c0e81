"""Updates as they arrive: their times, their ids, and what is said of those that need no call."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from connector.agents.inventory.updates import DECIDED_PER_TURN, RECORDS_PER_TURN
from connector.domain.inventory.requests import FetchInventory, InventoryLevel, InventoryRequest
from connector.domain.listings import Listing, listing_key, listing_record
from connector.domain.outcomes import Answer, Outcome, Refused
from connector.kafka.topics import DEAD_LETTERS, INVENTORY_RESULTS
from tests.kit.cases import read_case
from tests.kit.inventory.agents import NOW_MS, PARTITION, TOLERANCE_MS, StockAgents, location, merchant, play
from tests.kit.inventory.rows import update
from tests.kit.ticks import counted_ticks

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"


def told(agents: StockAgents) -> list[dict[str, Any]]:
    return agents.topics.on(INVENTORY_RESULTS)


def brief(result: dict[str, Any]) -> tuple[str, str, int, int | None]:
    return (result["update_id"], result["outcome"], result["quantity"], result["sequence"])


YEARS_MS = 365 * 86_400_000


@pytest.mark.parametrize(
    ("at_ms", "says"),
    [
        (NOW_MS * 1_000, ["years ahead", "microseconds"]),
        (NOW_MS * 1_000_000, ["years ahead", "nanoseconds"]),
        (NOW_MS + YEARS_MS * 3, ["2 years ahead", "clock"]),
        (NOW_MS + 3 * 86_400_000, ["2 days ahead", "clock"]),
        (NOW_MS + TOLERANCE_MS + 60_000, ["minutes ahead", "clock"]),
        (0, ["0 is no time"]),
        (-1, ["-1 is no time"]),
        (2**63 - 1, ["ahead"]),
    ],
)
def test_a_time_that_would_freeze_its_sku_is_a_dead_letter(at_ms: int, says: list[str]) -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(update(5, at_ms, "u-1"), update(0, NOW_MS, "u-2"))
        await asyncio.sleep(5)
        (letter,) = agents.topics.on(DEAD_LETTERS)
        assert letter["reason"] == "INVALID"
        for words in ("occurred_at", "milliseconds", *says):
            assert words in letter["message"]
        assert amazon.sent == [("SKU", 1, 0)]

    play(scenario)


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(update(5, NOW_MS + TOLERANCE_MS, "u-1"))
        await asyncio.sleep(5)
        assert amazon.sent == [("SKU", 1, 5)]

    play(scenario)


def test_two_words_under_one_id_are_told_apart_and_a_repeat_is_recognised() -> None:
    first, second = (step["value"] for step in read_case("timelines/same-id-newer-quantity")["steps"])

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        words = [update(one["quantity"], one["occurred_at"], one["update_id"]) for one in (first, second)]
        records = [agents.record(word) for word in words]
        for record in records:
            await agents.deliver(record)
            await asyncio.sleep(10)
        assert amazon.sent == [("SKU", 1, 5), ("SKU", 2, 0)]
        one, two = told(agents)
        assert (brief(one), brief(two)) == (("job-17", "ACCEPTED", 5, 1), ("job-17", "ACCEPTED", 0, 2))
        assert one["result_id"] != two["result_id"]
        await agents.deliver(*records)
        assert {result["result_id"] for result in told(agents)} == {one["result_id"], two["result_id"]}

    play(scenario)


def test_what_amazon_has_already_is_accepted_as_it_was_accepted_whatever_was_refused_meanwhile() -> None:
    def too_many(request: InventoryRequest) -> Outcome[InventoryLevel] | None:
        no = Refused(Answer(http_status=400, code="InvalidInput", message="too many"))
        return no if isinstance(request, FetchInventory) or request.quantity == 7 else None

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        await agents.say(update(5, NOW_MS, "u-1"))
        await asyncio.sleep(5)
        amazon.odd = too_many
        await agents.say(update(7, NOW_MS + 10, "u-2"))
        await asyncio.sleep(5)
        last = agents.record(update(5, NOW_MS + 20, "u-3"))
        await agents.deliver(last)
        await agents.deliver(last)
        assert [brief(result) for result in told(agents)] == [
            ("u-1", "ACCEPTED", 5, 1),
            ("u-2", "REFUSED", 7, 2),
            ("u-3", "ACCEPTED", 5, 1),
            ("u-3", "ACCEPTED", 5, 1),
        ]
        assert told(agents)[2]["result_id"] == told(agents)[3]["result_id"]

    play(scenario)


def test_a_redelivery_of_equal_times_keeps_the_later_record() -> None:
    """The case timelines/equal-times-redelivered."""

    async def scenario(agents: StockAgents) -> None:
        amazon = agents.amazon
        records = [agents.record(update(quantity, NOW_MS, f"u-{quantity}")) for quantity in (5, 0)]
        for record in records:
            await agents.deliver(record)
            await asyncio.sleep(5)
        await agents.close()
        agents.open()
        await agents.deliver(*records)
        await asyncio.sleep(5)
        assert amazon.sent == [("SKU", 1, 5), ("SKU", 2, 0)]
        assert {brief(result) for result in told(agents)} == {("u-5", "ACCEPTED", 5, 1), ("u-0", "ACCEPTED", 0, 2)}

    play(scenario)


def test_an_update_goes_by_the_listing_of_its_locations_marketplace() -> None:
    places = [
        location("WH1", marketplace_id=DE),
        location("WH2", location_id="EXMF", marketplace_id=FR),
    ]

    async def scenario(agents: StockAgents) -> None:
        for channel, marketplace in (("SKU-DE", DE), ("SKU-FR", FR)):
            record = listing_record(Listing("M1", "EAN", channel, "", marketplace), 0)
            agents.listings.take([(listing_key("M1", marketplace, "EAN"), record)])
        await agents.say(
            *(replace(update(3, NOW_MS, f"u-{place}", location=place), sku="EAN") for place in ("WH1", "WH2"))
        )
        await asyncio.sleep(5)
        asked = {(request.location_id, request.sku, request.marketplace_id) for _, request in agents.calls}
        assert asked == {("EXSB", "SKU-DE", DE), ("EXMF", "SKU-FR", FR)}
        assert {(result["sku"], result["client_sku"]) for result in told(agents)} == {
            ("SKU-DE", "EAN"),
            ("SKU-FR", "EAN"),
        }

    play(scenario, merchant(locations=places))


def test_a_large_batch_lets_others_have_the_loop_but_lanes_have_nothing_of_what_it_changes() -> None:
    """Each number that the table still shows may be bound anew by the batch: a call with it would be another value."""

    async def scenario(agents: StockAgents) -> None:
        updates = [
            replace(update(5, NOW_MS, f"u-{number}"), sku=f"S{number}") for number in range(3 * RECORDS_PER_TURN)
        ]
        batch = asyncio.create_task(agents.deliver(*(agents.record(each) for each in updates)))
        held: list[bool] = []
        while not batch.done():
            await asyncio.sleep(0)
            held.append(agents.table.is_changing(PARTITION, "M1|EXSB|S0"))
        begun = held.index(True)
        assert held[begun : begun + 3] == [True] * 3, "in both turns, and while it is written"
        assert not held[-1]
        assert len(agents.table.held) == len(updates)

    play(scenario)


def test_thousands_of_updates_of_one_sku_let_others_have_the_loop() -> None:
    """The newest first, so that each of the others is decided on by itself."""

    async def scenario(agents: StockAgents) -> None:
        count = 8 * RECORDS_PER_TURN
        updates = [replace(update(5, NOW_MS - number, f"u-{number}"), sku="S0") for number in range(count)]
        batch = asyncio.create_task(agents.deliver(*(agents.record(each) for each in updates)))
        async with counted_ticks() as ticks:
            await batch
        assert len(ticks) >= count / RECORDS_PER_TURN + count / DECIDED_PER_TURN
        assert len(told(agents)) == count - 1

    play(scenario)
