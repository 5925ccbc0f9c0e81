"""Lists that rest beside their lanes come back in time, and once."""

from connector.domain.polling.rests import AHEAD_S, MOST_TAKEN, SLOT_S, Rests


def taken_until(rests: Rests, now: float) -> dict[str, float]:
    """When each was given out, by the looks that `next_wait_s` asks for."""
    given: dict[str, float] = {}
    at = 0.0
    while (wait_s := rests.next_wait_s(at)) is not None and at + wait_s <= now:
        at += wait_s
        for key, due in rests.take(at):
            assert key not in given
            assert AHEAD_S <= due - at <= AHEAD_S + SLOT_S
            given[key] = due
    return given


def test_each_comes_back_some_seconds_before_it_is_due() -> None:
    rests = Rests()
    due = {f"list-{number}": 100.0 + 7.3 * number for number in range(100)}
    for key, at in reversed(due.items()):
        rests.put(key, at)
    assert taken_until(rests, 1_000) == due
    assert rests.next_wait_s(1_000) is None


def test_a_first_one_is_told_of() -> None:
    rests = Rests()
    assert rests.put("list-1", 300.0)
    assert not rests.put("list-2", 301.0)
    assert not rests.put("list-3", 400.0)
    assert rests.put("list-4", 200.0)


def test_only_what_was_said_last_counts() -> None:
    rests = Rests()
    for due in (100.0, 300.0, 200.0, 201.0):
        rests.put("list", due)
    rests.put("other", 100.0)
    rests.drop("other")
    assert taken_until(rests, 1_000) == {"list": 201.0}


def test_thousands_are_given_out_some_at_a_time() -> None:
    rests = Rests()
    for number in range(5 * MOST_TAKEN):
        rests.put(f"list-{number}", 100.0)
    counts = []
    while rests.next_wait_s(99.0) is not None:
        counts.append(len(rests.take(99.0)))
    assert counts == [MOST_TAKEN] * 5


def test_nothing_is_left_of_those_that_are_gone() -> None:
    rests = Rests()
    rests.put("list", 100.0)
    rests.clear()
    assert rests.next_wait_s(0.0) is None
    assert rests.take(1_000) == []
