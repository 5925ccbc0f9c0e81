"""Who has series of its own where not all can have them."""

from collections.abc import Mapping
from dataclasses import replace

from connector.domain.alerts import NO_MERCHANT
from connector.telemetry.shown import CHOSEN_FOR_S, Claim, ShownMerchants, Urgency

IDLE = Claim(Urgency.NONE, 0, True, 0)


class Asked:
    """A bound of two, and a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.shown = ShownMerchants(2, clock=lambda: self.now_s)

    def choose(self, claims: Mapping[str, Claim], after_s: float = CHOSEN_FOR_S) -> list[str]:
        self.now_s += after_s
        return sorted(self.shown.choose(lambda: claims) - {NO_MERCHANT})

    def settled(self, claims: Mapping[str, Claim]) -> list[str]:
        """When those who lost their places are gone."""
        self.choose(claims)
        return self.choose(claims)


def test_what_an_operator_must_see_comes_first_then_the_backlog_then_calls() -> None:
    claims = {
        "calls": replace(IDLE, calls=9),
        "backlog": replace(IDLE, backlog=70),
        "more": replace(IDLE, backlog=90),
        "trouble": replace(IDLE, urgency=Urgency.TROUBLE),
        "suspended": replace(IDLE, urgency=Urgency.SUSPENDED),
        "held": replace(IDLE, urgency=Urgency.HELD_UP, backlog=1000),
        "idle": IDLE,
    }
    order = ["suspended", "trouble", "held", "more", "backlog", "calls", "idle"]
    for place in range(len(order) - 1):
        left = {name: claims[name] for name in order[place:]}
        assert Asked().settled(left) == sorted(order[place : place + 2])


def test_a_place_is_kept_against_a_little_more_backlog_and_lost_to_ten_times_as_much() -> None:
    asked = Asked()
    claims = {"a": replace(IDLE, backlog=12), "b": replace(IDLE, backlog=15), "c": replace(IDLE, backlog=11)}
    assert asked.settled(claims) == ["a", "b"]
    assert asked.settled(claims | {"c": replace(IDLE, backlog=99)}) == ["a", "b"]
    assert asked.settled(claims | {"c": replace(IDLE, backlog=110)}) == ["b", "c"]


def test_places_change_hands_once_a_minute_and_who_leaves_is_shown_for_one_more() -> None:
    asked = Asked()
    claims = {"a": IDLE, "b": IDLE, "c": IDLE}
    asked.settled({"a": IDLE, "b": IDLE})
    claims["c"] = replace(IDLE, urgency=Urgency.TROUBLE)
    assert asked.choose(claims, CHOSEN_FOR_S / 2) == ["a", "b"]
    assert asked.choose(claims, CHOSEN_FOR_S / 2) == ["a", "b", "c"]
    assert asked.choose(claims, CHOSEN_FOR_S / 2) == ["a", "b", "c"]
    assert asked.choose(claims, CHOSEN_FOR_S / 2) == ["b", "c"]


def test_who_comes_while_there_is_room_is_shown_at_once() -> None:
    asked = Asked()
    assert asked.choose({"a": IDLE}, 0) == ["a"]
    assert asked.choose({"a": IDLE, "b": IDLE}, 0) == ["a", "b"]
    with asked.shown.lock:
        assert not asked.shown.admit("c")


def test_who_is_at_home_elsewhere_now_makes_room() -> None:
    asked = Asked()
    gone = replace(IDLE, is_here=False, calls=100)
    assert asked.settled({"a": IDLE, "b": IDLE}) == ["a", "b"]
    assert asked.settled({"a": IDLE, "b": gone, "c": IDLE}) == ["a", "c"]


def test_who_is_gone_without_a_trace_keeps_no_place() -> None:
    asked = Asked()
    assert asked.settled({"a": IDLE, "b": IDLE}) == ["a", "b"]
    assert asked.settled({"c": IDLE, "d": IDLE}) == ["c", "d"]


def test_who_comes_while_places_are_given_is_shown() -> None:
    asked = Asked()

    def claims() -> dict[str, Claim]:
        with asked.shown.lock:
            assert asked.shown.admit("b")
        return {"a": IDLE}

    assert sorted(asked.shown.choose(claims) - {NO_MERCHANT}) == ["a", "b"]
