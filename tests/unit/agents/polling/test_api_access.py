"""A 403 of one list: that list's, an API that is not enabled, or a merchant that refuses us altogether."""

from connector.agents.polling.api_access import RECENT_S, AccessVerdict, ApiAccess

NEW, CREATED = "M1|returns||", "M1|returns||CREATED"
RETURNS = (NEW, CREATED)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_list_refused_is_that_lists_as_long_as_another_is_given_or_not_asked_yet() -> None:
    access = ApiAccess(Clock())
    access.accepted("M1", "list_shipments")
    assert access.refused("M1", "returns", NEW, RETURNS) is AccessVerdict.LIST
    access.accepted("M1", "returns", CREATED)
    assert access.refused("M1", "returns", NEW, RETURNS) is AccessVerdict.LIST


def test_all_lists_of_an_api_refused_while_another_api_works_is_not_enabled() -> None:
    access = ApiAccess(Clock())
    access.accepted("M1", "inventory")
    assert access.refused("M1", "returns", NEW, RETURNS) is AccessVerdict.LIST
    assert access.refused("M1", "returns", CREATED, RETURNS) is AccessVerdict.NOT_ENABLED
    access.accepted("M1", "returns", NEW)
    assert access.refused("M1", "returns", CREATED, RETURNS) is AccessVerdict.LIST


def test_a_merchant_that_refuses_everything_is_refused_as_such() -> None:
    access = ApiAccess(Clock())
    access.accepted("M2", "list_shipments")
    access.accepted("M1", "returns", "M1|returns|read")
    access.refused("M1", "returns", NEW, RETURNS)
    assert access.refused("M1", "returns", CREATED, RETURNS) is AccessVerdict.MERCHANT


def test_what_worked_long_ago_proves_nothing() -> None:
    clock = Clock()
    access = ApiAccess(clock)
    access.accepted("M1", "inventory")
    clock.now = RECENT_S + 1
    access.refused("M1", "returns", NEW, RETURNS)
    assert access.refused("M1", "returns", CREATED, RETURNS) is AccessVerdict.MERCHANT
