"""A 403 of one list: an old token, an API that is not enabled, or a merchant that refuses us altogether."""

from connector.agents.polling.api_access import RECENT_S, AccessVerdict, ApiAccess

RETURNS, SHIPMENTS = "M1|returns||", "M1|list_shipments|EXSB|ACCEPTED"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_refusal_of_a_list_may_be_its_tokens() -> None:
    api_access = ApiAccess(Clock())
    api_access.accepted("M1", "list_shipments", SHIPMENTS)
    assert api_access.refused("M1", "returns", RETURNS) is AccessVerdict.AGAIN
    assert api_access.refused("M1", "list_shipments", SHIPMENTS) is AccessVerdict.AGAIN
    api_access.accepted("M1", "returns", RETURNS)
    assert api_access.refused("M1", "returns", RETURNS) is AccessVerdict.AGAIN
    assert not api_access.not_enabled


def test_one_api_refused_while_another_works_is_not_enabled() -> None:
    api_access = ApiAccess(Clock())
    api_access.accepted("M1", "inventory")
    verdicts = [api_access.refused("M1", "returns", RETURNS) for _ in range(3)]
    assert verdicts == [AccessVerdict.AGAIN, AccessVerdict.NOT_ENABLED, AccessVerdict.NOT_ENABLED]
    assert api_access.not_enabled == {"M1|returns"}
    api_access.accepted("M1", "returns", RETURNS)
    assert not api_access.not_enabled


def test_a_merchant_that_refuses_everything_is_refused_as_such() -> None:
    api_access = ApiAccess(Clock())
    api_access.accepted("M2", "list_shipments")
    api_access.accepted("M1", "returns", RETURNS)
    verdicts = [api_access.refused("M1", "list_shipments", SHIPMENTS) for _ in range(2)]
    assert verdicts[-1] is AccessVerdict.NOT_ENABLED, "returns still work, as far as is known"
    assert [api_access.refused("M1", "returns", RETURNS) for _ in range(2)] == [
        AccessVerdict.AGAIN,
        AccessVerdict.MERCHANT,
    ]
    assert not api_access.not_enabled


def test_what_worked_long_ago_proves_nothing() -> None:
    clock = Clock()
    api_access = ApiAccess(clock)
    api_access.accepted("M1", "inventory")
    clock.now = RECENT_S + 1
    assert [api_access.refused("M1", "returns", RETURNS) for _ in range(2)] == [
        AccessVerdict.AGAIN,
        AccessVerdict.MERCHANT,
    ]
