"""batchInventory: what is asked, and an outcome of its own for each item of the answer."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.domain.inventory.requests import FetchInventory, InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.outcomes import Accepted, Outcome, Refused, Throttled, Unknown
from connector.smartconnect.client import INVENTORIES_PATH
from connector.smartconnect.wire.inventory import WITHOUT_CODE, read_actionable
from connector.smartconnect.wire.source import Source
from tests.kit.amazon.server import MERCHANT, Reply, client_of, serving
from tests.kit.amazon.spapi_model import check_request, needs_models

ODD = ["a b", "a/b", "ä&skuId=x", "50%25", "a+b=c#d", "日本"]


def item(sku: str = "s", status: int = 200, phrase: str = "", location: str = "EXSB", **body: Any) -> dict[str, Any]:
    return {
        "status": {"statusCode": status, "reasonPhrase": phrase},
        "body": {"locationId": location, "skuId": sku, **body},
    }


async def answered(
    *items: object, requests: list[InventoryRequest] | None = None
) -> tuple[Outcome[InventoryLevel], ...]:
    requests = requests or [FetchInventory("EXSB", "s")]
    async with serving() as server, client_of(server) as client:
        server.default = Reply(207, {"responses": list(items)}, {"x-amzn-requestid": "r-1"})
        report = await client.batch_inventory(MERCHANT, requests)
        assert isinstance(report.outcome, Accepted)
        assert report.outcome.answer.http_status == 207
        return report.outcome.value


@needs_models
async def test_requests_are_as_the_model_declares_them() -> None:
    requests: list[InventoryRequest] = [
        UpdateInventory("EXSB", "s", 0, 1),
        UpdateInventory("DEFAULT", "s", 7, 2**53, "MFN", "A21TJRUUN4KGV"),
        FetchInventory("EXSB", "s", "FBA", "A21TJRUUN4KGV"),
        *(FetchInventory("EXSB", sku) for sku in ODD),
    ]
    async with serving() as server, client_of(server) as client:
        await client.batch_inventory(MERCHANT, requests)
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", INVENTORIES_PATH)
        check_request("POST", asked.path, asked.body.decode())


@pytest.mark.parametrize("odd", ODD)
async def test_sku_and_location_survive_the_uri(odd: str) -> None:
    async with serving() as server, client_of(server) as client:
        await client.batch_inventory(MERCHANT, [UpdateInventory(odd, odd, 3, 4), FetchInventory(odd, odd)])
        update, fetch = server.asked[0].json["requests"]
        for asked, path in ((update, "/inventory/update"), (fetch, "/inventory/fetch")):
            url = urlsplit(asked["uri"])
            assert url.path == path
            assert parse_qs(url.query, strict_parsing=True) == {"locationId": [odd], "skuId": [odd]}
            assert asked["uri"].isascii()
            assert " " not in asked["uri"]
            assert "+" not in asked["uri"]
        assert update["body"] == {"quantity": 3, "clientSequenceNumber": 4}


async def test_each_item_has_its_own_outcome() -> None:
    requests: list[InventoryRequest] = [FetchInventory("EXSB", sku) for sku in "abcdefg"]
    outcomes = await answered(
        item("a", sellableQuantity=5, reservedQuantity=1, clientSequenceNumber=9, newField={"x": 1}),
        item("b", 409, "DuplicateRequest"),
        item("c", 400, "InvalidInput", errors=[{"code": "SC_00002", "message": "no"}]),
        item("d", 429),
        item("e", 503),
        item("f", 403),
        item("g", 302),
        requests=requests,
    )
    assert outcomes[0] == Accepted(outcomes[0].answer, InventoryLevel(9, 5, 1))
    kinds = ["Accepted", "Conflict", "Refused", "Throttled", "Unavailable", "Forbidden", "Unknown"]
    assert [type(outcome).__name__ for outcome in outcomes] == kinds
    assert [outcome.answer.http_status for outcome in outcomes] == [200, 409, 400, 429, 503, 403, 302]
    assert {outcome.answer.request_id for outcome in outcomes} == {"r-1"}
    assert outcomes[2].answer.code == "SC_00002"
    assert outcomes[2].answer.error_text == "no"


async def test_what_is_missing_or_anothers_is_never_taken_for_an_answer() -> None:
    two: list[InventoryRequest] = [FetchInventory("EXSB", "a"), FetchInventory("EXSB", "b")]
    one = await answered(item("a", sellableQuantity=5), requests=two)
    assert [type(outcome) for outcome in one] == [Accepted, Unknown]
    assert [type(outcome) for outcome in await answered(item("b"), item("a"), requests=two)] == [Unknown, Unknown]
    places: list[InventoryRequest] = [FetchInventory("L1", "a"), FetchInventory("L2", "a")]
    swapped = await answered(item("a", location="L2"), item("a", location="L1"), requests=places)
    assert [type(outcome) for outcome in swapped] == [Unknown, Unknown]


@pytest.mark.parametrize(
    "odd",
    [None, 5, {}, {"status": {}}, {"status": {"statusCode": "x"}}, {"status": 5}, item(sellableQuantity="many")],
)
async def test_an_item_that_cannot_be_read_is_unknown(odd: object) -> None:
    (outcome,) = await answered(odd)
    assert isinstance(outcome, Unknown)
    assert outcome.answer.message


async def test_numbers_may_be_text() -> None:
    (outcome,) = await answered(item(sellableQuantity="5", clientSequenceNumber="7"))
    assert isinstance(outcome, Accepted)
    assert outcome.value == InventoryLevel(7, 5, None)


async def test_a_listing_fault_is_readable() -> None:
    fault = {"errorType": "PRODUCT_VALIDATION_FAILURE", "errorSubType": "MISSING_DIMENSIONS"}
    accepted, refused = await answered(
        item("a", sellableQuantity=5, actionableErrors=[fault]),
        item("b", 400, actionableErrors=[{"errorType": "INVALID_SKU", "errorSubType": "The SKU is not listed."}]),
        requests=[FetchInventory("EXSB", "a"), FetchInventory("EXSB", "b")],
    )
    assert isinstance(accepted, Accepted)
    assert accepted.value.actionable_errors == (
        "MISSING_DIMENSIONS: give the listing its package dimensions (PRODUCT_VALIDATION_FAILURE)",
    )
    assert isinstance(refused, Refused)
    assert refused.answer.code == "INVALID_SKU"
    assert refused.answer.message == (
        "Amazon answered 400 (Bad Request); INVALID_SKU: list the SKU in this marketplace, or correct it"
    )
    assert refused.answer.error_text == "The SKU is not [removed]", "in Amazon's words, for api-calls alone"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"errorType": "A_B"}, "A_B"),
        ({"errorSubType": "MISSING_WEIGHT"}, "MISSING_WEIGHT: give the listing its package weight"),
        ({"errorType": "just words"}, WITHOUT_CODE),
        ({"errorType": "A_B", "errorSubType": "A_B"}, "A_B"),
        ({}, ""),
    ],
)
def test_actionable_errors_in_any_shape(error: dict[str, str], expected: str) -> None:
    assert read_actionable(Source(error)).told == expected


async def test_a_refused_batch_is_one_outcome() -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(429, {"errors": [{"code": "QuotaExceeded", "message": "m"}]}, {"retry-after": "3"})
        report = await client.batch_inventory(MERCHANT, [FetchInventory("EXSB", "a")])
        assert report.outcome == Throttled(report.outcome.answer, 3.0)


async def test_the_stated_rate_limit_is_reported() -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(207, {"responses": [item()]}, {"x-amzn-RateLimit-Limit": "6.0"})
        assert (await client.batch_inventory(MERCHANT, [FetchInventory("EXSB", "s")])).rate_limit == 6.0
