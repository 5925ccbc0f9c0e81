"""Single items of a 207."""

from typing import Any

from connector.simulator import Simulator
from connector.simulator.amazon.inventory import Applied
from tests.kit.amazon.simulator import fetch, in_manner, merchant_of, update


async def answered(simulator: Simulator, *items: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """(status, body) of each item."""
    async with merchant_of(simulator) as merchant:
        reply = await merchant.batch(*items)
    assert reply.status == 207
    assert simulator.calls.of(operation="inventory")[-1].items == len(items)
    return [(item["status"]["statusCode"], item["body"]) for item in reply.body["responses"]]


def applied(simulator: Simulator, sku: str, location: str = "EXSB") -> list[tuple[int, int]]:
    history: list[Applied] = simulator.inventory.history("M1", location, sku)
    return [(each.sequence, each.quantity) for each in history]


async def test_one_sku_is_forbidden_for_good_and_the_others_are_applied() -> None:
    simulator = in_manner("forbidden-sku=1,match=b")
    for sequence in (1, 2):
        items = [update(sku, 5, sequence) for sku in "abc"]
        (first, second, third) = await answered(simulator, *items)
        assert [first[0], second[0], third[0]] == [200, 403, 200]
        assert [body["skuId"] for _, body in (first, second, third)] == ["a", "b", "c"]
        assert second[1]["actionableErrors"][0]["errorType"] == "Forbidden"
    assert [len(applied(simulator, sku)) for sku in "abc"] == [2, 0, 2]


async def test_all_items_of_a_forbidden_location() -> None:
    simulator = in_manner("forbidden-location=1,match=EXMF")
    answers = await answered(simulator, update("a", 5, 1, "EXMF"), update("b", 5, 1, "EXMF"))
    assert [status for status, _ in answers] == [403, 403]
    assert [status for status, _ in await answered(simulator, update("a", 5, 1))] == [200]
    assert applied(simulator, "a", "EXMF") == []


async def test_an_item_is_throttled_now_and_then_and_not_applied() -> None:
    simulator = in_manner("item-throttled=0.5")
    statuses = [(await answered(simulator, update("a", 5, n), fetch("b")))[0][0] for n in range(1, 41)]
    assert set(statuses) == {200, 429}
    assert [sequence for sequence, _ in applied(simulator, "a")] == [
        number for number, status in enumerate(statuses, start=1) if status == 200
    ]


async def test_a_level_without_its_number_is_of_an_update_that_was_applied() -> None:
    simulator = in_manner("level-without-number")
    assert await answered(simulator, update("a", 5, 1)) == [(200, {"locationId": "EXSB", "skuId": "a"})]
    assert await answered(simulator, fetch("a")) == [(200, {"locationId": "EXSB", "skuId": "a"})]
    assert applied(simulator, "a") == [(1, 5)]


async def test_an_answer_for_another_sku_is_of_an_update_that_was_applied() -> None:
    simulator = in_manner("another-sku")
    ((status, body),) = await answered(simulator, update("a", 5, 1))
    assert (status, body["skuId"], body["clientSequenceNumber"]) == (200, "SKU-OF-ANOTHER-REQUEST", 1)
    assert applied(simulator, "a") == [(1, 5)]
    assert applied(simulator, "SKU-OF-ANOTHER-REQUEST") == []


async def test_what_was_refused_is_refused_as_ever() -> None:
    simulator = in_manner("level-without-number", "another-sku")
    simulator.inventory.actionable_errors["M1", "bad"] = ("INVALID_SKU",)
    ((status, body),) = await answered(simulator, update("bad", 5, 1))
    assert (status, body["skuId"]) == (400, "bad")
