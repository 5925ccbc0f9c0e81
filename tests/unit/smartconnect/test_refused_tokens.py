"""Whose fault a 401 or 403 is: the access token's, the merchant's access, or that of what was asked for."""

import pytest

from connector.domain.outcomes import Accepted, Failed, Forbidden, Unauthorized, Unavailable
from connector.smartconnect.auth import PROVED_S
from tests.kit.amazon.server import MERCHANT, Clock, Reply, client_of, serving


def refusal(status: int) -> Reply:
    return Reply(status, {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]})


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (403, Forbidden)])
async def test_a_token_that_amazon_refuses_is_replaced_once(status: int, kind: type[Failed]) -> None:
    """Then the merchant's access, or what was asked for, is at fault. The first refusal only says: try again."""
    async with serving() as server, client_of(server) as client:
        server.default = refusal(status)
        first, *others = [(await client.get_shipment(MERCHANT, "S1")).outcome for _ in range(4)]
        assert first == Unavailable(first.answer, sent=False)
        assert {type(outcome) for outcome in others} == {kind}
        assert len(server.grants) == 2
        assert [asked.headers["x-amz-access-token"] for asked in server.asked] == ["Atza|1", *["Atza|2"] * 3]


async def test_a_403_is_not_the_fault_of_a_token_that_works_elsewhere() -> None:
    clock = Clock()
    async with serving() as server, client_of(server, clock=clock) as client:
        server.replies = [Reply(204), refusal(403)]
        await client.confirm_shipment(MERCHANT, "S1")
        assert isinstance((await client.confirm_shipment(MERCHANT, "NOT-OURS")).outcome, Forbidden)
        assert len(server.grants) == 1
        clock.now += PROVED_S + 1
        server.replies = [refusal(403), Reply(204)]
        assert isinstance((await client.confirm_shipment(MERCHANT, "NOT-OURS")).outcome, Unavailable)
        await client.confirm_shipment(MERCHANT, "S1")
        assert len(server.grants) == 2


async def test_a_401_is_the_fault_even_of_a_token_that_worked() -> None:
    async with serving() as server, client_of(server) as client:
        server.replies = [Reply(204), refusal(401), Reply(204)]
        await client.confirm_shipment(MERCHANT, "S1")
        assert isinstance((await client.confirm_shipment(MERCHANT, "S1")).outcome, Unavailable)
        assert isinstance((await client.confirm_shipment(MERCHANT, "S1")).outcome, Accepted)
        assert len(server.grants) == 2


DENIED, EXPIRED = "Access to requested resource is denied.", "The access token you provided has expired."


@pytest.mark.parametrize("said", [{"message": EXPIRED}, {"message": DENIED, "details": EXPIRED}])
async def test_a_403_that_names_the_token_is_the_fault_even_of_one_that_worked(said: dict[str, str]) -> None:
    expired = {"errors": [{"code": "Unauthorized", **said}]}
    async with serving() as server, client_of(server) as client:
        server.replies = [Reply(204), Reply(403, expired), Reply(204)]
        await client.confirm_shipment(MERCHANT, "S1")
        assert isinstance((await client.confirm_shipment(MERCHANT, "S1")).outcome, Unavailable)
        assert isinstance((await client.confirm_shipment(MERCHANT, "S1")).outcome, Accepted)
        assert len(server.grants) == 2


async def test_a_403_for_a_sku_called_token_says_nothing_of_ours() -> None:
    async with serving() as server, client_of(server) as client:
        server.replies = [
            Reply(204),
            Reply(403, {"errors": [{"code": "Forbidden", "message": "no access to TOKEN-1"}]}),
        ]
        await client.confirm_shipment(MERCHANT, "S1")
        assert isinstance((await client.confirm_shipment(MERCHANT, "S1")).outcome, Forbidden)
        assert len(server.grants) == 1


async def test_a_gateways_403_says_nothing_of_the_token() -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(403, b"<html>blocked</html>")
        assert isinstance((await client.get_shipment(MERCHANT, "S1")).outcome, Unavailable)
        await client.get_shipment(MERCHANT, "S1")
        assert len(server.grants) == 1
