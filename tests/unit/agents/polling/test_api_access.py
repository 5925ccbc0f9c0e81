"""A 403 of one list: an old token, an API that is not enabled, or a merchant that refuses us altogether."""

from connector.agents.polling.api_access import RECENT_S, Enrolment, Verdict

RETURNS, SHIPMENTS = "M1|returns||", "M1|list_shipments|EXSB|ACCEPTED"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_refusal_of_a_list_may_be_its_tokens() -> None:
    enrolment = Enrolment(Clock())
    enrolment.accepted("M1", "list_shipments", SHIPMENTS)
    assert enrolment.refused("M1", "returns", RETURNS) is Verdict.AGAIN
    assert enrolment.refused("M1", "list_shipments", SHIPMENTS) is Verdict.AGAIN
    enrolment.accepted("M1", "returns", RETURNS)
    assert enrolment.refused("M1", "returns", RETURNS) is Verdict.AGAIN
    assert not enrolment.not_enabled


def test_one_api_refused_while_another_works_is_not_enabled() -> None:
    enrolment = Enrolment(Clock())
    enrolment.accepted("M1", "inventory")
    verdicts = [enrolment.refused("M1", "returns", RETURNS) for _ in range(3)]
    assert verdicts == [Verdict.AGAIN, Verdict.NOT_ENABLED, Verdict.NOT_ENABLED]
    assert enrolment.not_enabled == {"M1|returns"}
    enrolment.accepted("M1", "returns", RETURNS)
    assert not enrolment.not_enabled


def test_a_merchant_that_refuses_everything_is_refused_as_such() -> None:
    enrolment = Enrolment(Clock())
    enrolment.accepted("M2", "list_shipments")
    enrolment.accepted("M1", "returns", RETURNS)
    verdicts = [enrolment.refused("M1", "list_shipments", SHIPMENTS) for _ in range(2)]
    assert verdicts[-1] is Verdict.NOT_ENABLED, "returns still work, as far as is known"
    assert [enrolment.refused("M1", "returns", RETURNS) for _ in range(2)] == [Verdict.AGAIN, Verdict.MERCHANT]
    assert not enrolment.not_enabled


def test_what_worked_long_ago_proves_nothing() -> None:
    clock = Clock()
    enrolment = Enrolment(clock)
    enrolment.accepted("M1", "inventory")
    clock.now = RECENT_S + 1
    assert [enrolment.refused("M1", "returns", RETURNS) for _ in range(2)] == [Verdict.AGAIN, Verdict.MERCHANT]
