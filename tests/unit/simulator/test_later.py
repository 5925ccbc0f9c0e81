"""What is planned happens in the order of its time, once, and not before."""

from connector.simulator.base.later import Later


def test_what_is_due_happens_in_order_and_once() -> None:
    later, done = Later(), list[str]()
    later.at(20, lambda: done.append("second"))
    later.at(10, lambda: done.append("first"))
    later.at(30, lambda: done.append("third"))
    later.at(20, lambda: done.append("second too"))
    later.catch_up(9.9)
    assert done == []
    later.catch_up(20)
    assert done == ["first", "second", "second too"]
    later.catch_up(20)
    assert len(done) == 3


def test_what_is_planned_meanwhile_is_caught_up_with_too() -> None:
    later, done = Later(), list[str]()
    later.at(1, lambda: later.at(2, lambda: done.append("after")))
    later.at(5, lambda: done.append("last"))
    later.catch_up(9)
    assert done == ["after", "last"]
