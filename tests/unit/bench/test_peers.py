"""What the calls of a run are judged to have come to."""

from bench.peers.amazon import Call
from bench.peers.judge import judge, levels

LIMIT_PER_S = 2


def call(at: float, number: int, quantity: int, sku: str = "A") -> Call:
    return Call("M1", at, sku, number, quantity)


def test_a_clean_run() -> None:
    found = judge(
        [call(11.0, 1, 5), call(11.5, 1, 7, "B"), call(13.0, 2, 6)], {("M1", "A"): 6, ("M1", "B"): 7}, 10.0, 2
    )
    assert (found.calls, found.first_s, found.took_s, found.stood_still_s) == (3, 1.0, 3.0, 1.5)
    assert (found.repeated, found.reused, found.lost, found.wrong) == (0, 0, 0, 0)
    assert (found.breaches, found.most) == (0, 2)


def test_what_was_never_sent_is_lost_and_wrong() -> None:
    found = judge([call(1.0, 1, 5)], {("M1", "A"): 6, ("M1", "B"): 7}, 0.0, LIMIT_PER_S)
    assert (found.lost, found.wrong) == (2, 2)


def test_what_came_under_an_old_number_is_wrong_though_sent() -> None:
    found = judge([call(1.0, 2, 5), call(2.0, 1, 6)], {("M1", "A"): 6}, 0.0, LIMIT_PER_S)
    assert (found.lost, found.wrong, found.reused) == (0, 1, 0)


def test_a_number_with_two_quantities_is_reused_and_the_first_one_stays() -> None:
    calls = [call(1.0, 1, 5), call(2.0, 1, 6)]
    assert levels(calls) == {("M1", "A"): 5}
    assert judge(calls, {("M1", "A"): 6}, 0.0, LIMIT_PER_S).reused == 1


def test_an_update_sent_twice_is_repeated_whatever_its_number() -> None:
    found = judge([call(1.0, 1, 5), call(2.0, 1, 5), call(3.0, 2, 5)], {("M1", "A"): 5}, 0.0, LIMIT_PER_S)
    assert (found.repeated, found.reused, found.wrong) == (2, 0, 0)


def test_more_calls_than_the_limit_within_a_second_are_told() -> None:
    calls = [call(1.0, 1, 5), call(1.4, 2, 6), call(1.99, 3, 7), call(2.5, 4, 8)]
    found = judge(calls, {("M1", "A"): 8}, 0.0, LIMIT_PER_S)
    assert (found.breaches, found.most) == (1, 3)
