"""batchInventory: sequences, quantities, items of a 207, and every switch of what Amazon leaves open."""

import pytest

from connector.simulator import Limit, Simulator, Switches
from tests.kit.amazon.simulator import fetch, merchant_of, update


def make(**switches: object) -> Simulator:
    made = Simulator(limits={"inventory": Limit(1000)})
    for name, value in switches.items():
        made.switches.set(name, value)
    return made


async def test_an_update_applies_and_a_fetch_reads_it_back() -> None:
    simulator = make()
    simulator.inventory.reserved["M1", "EXSB", "a&b/1"] = 3
    async with merchant_of(simulator) as merchant:
        reply = await merchant.batch(update("a&b/1", 10, 1), fetch("a&b/1"), fetch("unknown"))
    assert reply.status == 207
    updated, fetched, unknown = (item["body"] for item in reply.body["responses"])
    assert updated == fetched
    assert (fetched["sellableQuantity"], fetched["reservedQuantity"], fetched["clientSequenceNumber"]) == (7, 3, 1)
    assert fetched["skuId"] == "a&b/1"
    assert "clientSequenceNumber" not in unknown
    assert [(a.sequence, a.quantity) for a in simulator.inventory.history("M1", "EXSB", "a&b/1")] == [(1, 10)]


async def test_sellable_is_never_below_zero() -> None:
    simulator = make()
    simulator.inventory.reserved["M1", "EXSB", "s"] = 5
    async with merchant_of(simulator) as merchant:
        assert (await merchant.update("s", 2, 1))["sellableQuantity"] == 0


async def test_sequences_are_apart_for_each_merchant_location_and_channel() -> None:
    simulator = make()
    async with merchant_of(simulator) as merchant:
        await merchant.batch(update("s", 1, 9), update("s", 2, 1, "OTHER"), update("s", 3, 1, "EXSB", "FBA"))
        await merchant.log_in("Atzr|M2")
        await merchant.update("s", 4, 1)
    assert {(k.merchant_id, k.location_id, k.channel): v.sequence for k, v in simulator.inventory.stock.items()} == {
        ("M1", "EXSB", ""): 9,
        ("M1", "OTHER", ""): 1,
        ("M1", "EXSB", "FBA"): 1,
        ("M2", "EXSB", ""): 1,
    }


@pytest.mark.parametrize(
    ("mode", "status", "shown", "posted"),
    [
        ("conflict", 409, None, 50),
        ("ignore", 200, 5, 50),
        ("ignore-echo", 200, 4, 50),
        ("accept", 200, 4, 40),
        ("refuse", 400, None, 50),
    ],
)
async def test_a_lower_sequence(mode: str, status: int, shown: int | None, posted: int) -> None:
    simulator = make(lower_sequence=mode)
    async with merchant_of(simulator) as merchant:
        await merchant.update("s", 50, 5)
        answer = await merchant.update("s", 40, 4)
    assert (answer["status"], answer.get("clientSequenceNumber")) == (status, shown)
    assert next(iter(simulator.inventory.stock.values())).posted == posted


@pytest.mark.parametrize(
    ("mode", "status", "effects"),
    [("accept", 200, [False, True]), ("conflict", 409, [False]), ("ignore", 200, [False])],
)
async def test_the_same_sequence_again(mode: str, status: int, effects: list[bool]) -> None:
    simulator = make(repeat_sequence=mode)
    async with merchant_of(simulator) as merchant:
        await merchant.update("s", 50, 5)
        assert (await merchant.update("s", 50, 5))["status"] == status
    assert [applied.repeat for applied in simulator.inventory.history("M1", "EXSB", "s")] == effects
    assert simulator.inventory.reused_sequences() == []


async def test_a_sequence_reused_for_another_quantity_is_found_whatever_amazon_answers() -> None:
    simulator = make(repeat_sequence="conflict")
    async with merchant_of(simulator) as merchant:
        await merchant.update("s", 50, 5)
        await merchant.update("s", 51, 5)
    [(key, sequence, quantities)] = simulator.inventory.reused_sequences()
    assert (key.sku, sequence, quantities) == ("s", 5, [50, 51])


@pytest.mark.parametrize(("shows", "known"), [(True, 5), (False, None)])
async def test_a_conflict_in_an_item_or_as_the_status_of_the_call(shows: bool, known: int | None) -> None:
    simulator = make(conflict_shows_sequence=shows)
    async with merchant_of(simulator) as merchant:
        await merchant.update("s", 50, 5)
        item = await merchant.update("s", 40, 4)
        assert item["status"] == 409
        assert item.get("clientSequenceNumber") == known
        simulator.switches.conflict_at = "outer"
        reply = await merchant.batch(update("s", 40, 4), update("other", 1, 1))
    assert (reply.status, reply.body["errors"][0]["code"]) == (409, "DuplicateRequest")
    assert simulator.inventory.history("M1", "EXSB", "other")


async def test_listing_faults_reach_the_caller() -> None:
    simulator = make()
    simulator.inventory.actionable_errors["M1", "s"] = ("MISSING_DIMENSIONS", "MISSING_WEIGHT")
    simulator.inventory.actionable_errors["M1", "bad"] = ("INVALID_SKU",)
    async with merchant_of(simulator) as merchant:
        heard, refused = await merchant.update("s", 1, 1), await merchant.update("bad", 1, 1)
    assert heard["status"] == 200
    assert [e["errorSubType"] for e in heard["actionableErrors"]] == ["MISSING_DIMENSIONS", "MISSING_WEIGHT"]
    assert (refused["status"], refused["actionableErrors"][0]["errorType"]) == (400, "INVALID_SKU")
    assert simulator.inventory.history("M1", "EXSB", "bad") == []


async def test_eleven_items_are_too_many_and_none_too_few() -> None:
    simulator = make()
    async with merchant_of(simulator) as merchant:
        reply = await merchant.batch(*[update(f"s{n}", 1, 1) for n in range(11)])
        assert (reply.status, reply.body["errors"][0]["code"]) == (400, "BATCH_SIZE_EXCEED")
        assert (await merchant.batch()).status == 400
        assert len((await merchant.batch(*[update(f"s{n}", 1, 1) for n in range(10)])).body["responses"]) == 10
    assert [call.items for call in simulator.calls.of(operation="inventory")] == [11, 1, 10]


@pytest.mark.parametrize(
    "item",
    [
        {"method": "PUT", "uri": "/inventory/update?locationId=L&skuId=s", "body": {}},
        {"method": "POST", "uri": "/inventory/delete?locationId=L&skuId=s", "body": {}},
        {"method": "POST", "uri": "/inventory/update?locationId=L", "body": {}},
        {"method": "POST", "uri": "/inventory/update?locationId=L&skuId=s&skuId=t", "body": {}},
        {"method": "POST", "uri": "/inventory/update?locationId=L&skuId=s", "body": {"quantity": -1}},
        {"method": "POST", "uri": "/inventory/update?locationId=L&skuId=s", "body": {"quantity": 1}},
        {"method": "POST", "uri": "/inventory/update?locationId=L&skuId=s", "body": {"marketplaceAttributes": 1}},
        "text",
    ],
)
async def test_a_bad_item_is_refused_and_its_neighbour_is_not(item: object) -> None:
    async with merchant_of(make()) as merchant:
        reply = await merchant.batch(item, update("good", 1, 1))  # type: ignore[arg-type]  # bad on purpose
    assert [r["status"]["statusCode"] for r in reply.body["responses"]] == [400, 200]


async def test_the_uri_may_lack_its_leading_slash() -> None:
    async with merchant_of(make()) as merchant:
        item = update("s", 1, 1)
        reply = await merchant.batch(item | {"uri": item["uri"].lstrip("/")})
    assert reply.body["responses"][0]["status"]["statusCode"] == 200


async def test_single_items_can_fail_before_and_after_their_effect() -> None:
    simulator = make()
    simulator.fault("503,item,before,match=skuId=a")
    simulator.fault("500,item,after,match=skuId=b,code=ServerBusy")
    async with merchant_of(simulator) as merchant:
        reply = await merchant.batch(update("a", 1, 1), update("b", 1, 1), update("c", 1, 1))
    assert [r["status"]["statusCode"] for r in reply.body["responses"]] == [503, 500, 200]
    assert {key.sku for key, stock in simulator.inventory.stock.items() if stock.history} == {"b", "c"}


def test_a_switch_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match=r"conflict.ignore.ignore-echo.accept.refuse"):
        Switches().set("lower_sequence", "maybe")
    with pytest.raises(ValueError, match="unknown switch"):
        Switches().set("colour", "red")
