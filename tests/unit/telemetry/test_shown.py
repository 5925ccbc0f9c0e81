"""Who has series of its own where not all can have them."""

from collections.abc import Mapping

from connector.domain.alerts import NO_MERCHANT
from connector.telemetry.shown import CHOSEN_FOR_S, Rank, ShownMerchants, Urgency

IDLE = Rank(Urgency.NONE, 0, True, 0)


class Asked:
    """A bound of two, and a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.shown = ShownMerchants(2, clock=lambda: self.now_s)

    def choose(self, ranks: Mapping[str, Rank], after_s: float = CHOSEN_FOR_S) -> list[str]:
        self.now_s += after_s
        return sorted(self.shown.choose(lambda: ranks) - {NO_MERCHANT})

    def settled(self, ranks: Mapping[str, Rank]) -> list[str]:
        """When those who lost their places are gone."""
        self.choose(ranks)
        return self.choose(ranks)


def test_what_an_operator_must_see_comes_first_then_the_backlog_then_calls() -> None:
    ranks = {
        "calls": IDLE._replace(calls=9),
        "backlog": IDLE._replace(backlog=70),
        "more": IDLE._replace(backlog=90),
        "trouble": IDLE._replace(urgency=Urgency.TROUBLE),
        "suspended": IDLE._replace(urgency=Urgency.SUSPENDED),
        "held": IDLE._replace(urgency=Urgency.HELD_UP, backlog=1000),
        "idle": IDLE,
    }
    order = ["suspended", "trouble", "held", "more", "backlog", "calls", "idle"]
    for place in range(len(order) - 1):
        left = {name: ranks[name] for name in order[place:]}
        assert Asked().settled(left) == sorted(order[place : place + 2])


def test_a_place_is_kept_against_a_little_more_backlog_and_lost_to_ten_times_as_much() -> None:
    asked = Asked()
    ranks = {"a": IDLE._replace(backlog=12), "b": IDLE._replace(backlog=15), "c": IDLE._replace(backlog=11)}
    assert asked.settled(ranks) == ["a", "b"]
    assert asked.settled(ranks | {"c": IDLE._replace(backlog=99)}) == ["a", "b"]
    assert asked.settled(ranks | {"c": IDLE._replace(backlog=110)}) == ["b", "c"]


def test_places_change_hands_once_a_minute_and_who_leaves_is_shown_for_one_more() -> None:
    asked = Asked()
    ranks = {"a": IDLE, "b": IDLE, "c": IDLE}
    asked.settled({"a": IDLE, "b": IDLE})
    ranks["c"] = IDLE._replace(urgency=Urgency.TROUBLE)
    assert asked.choose(ranks, CHOSEN_FOR_S / 2) == ["a", "b"]
    assert asked.choose(ranks, CHOSEN_FOR_S / 2) == ["a", "b", "c"]
    assert asked.choose(ranks, CHOSEN_FOR_S / 2) == ["a", "b", "c"]
    assert asked.choose(ranks, CHOSEN_FOR_S / 2) == ["b", "c"]


def test_who_comes_while_there_is_room_is_shown_at_once() -> None:
    asked = Asked()
    assert asked.choose({"a": IDLE}, 0) == ["a"]
    assert asked.choose({"a": IDLE, "b": IDLE}, 0) == ["a", "b"]
    with asked.shown.lock:
        assert not asked.shown.admit("c")


def test_who_is_at_home_elsewhere_now_makes_room() -> None:
    asked = Asked()
    gone = IDLE._replace(is_here=False, calls=100)
    assert asked.settled({"a": IDLE, "b": IDLE}) == ["a", "b"]
    assert asked.settled({"a": IDLE, "b": gone, "c": IDLE}) == ["a", "c"]
