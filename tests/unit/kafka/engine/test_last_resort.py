"""Which records are suspected of ending the worker, and when one is parked."""

import pytest
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.engine.last_resort import ENDS, LastResort, Suspects

HERE, ELSEWHERE = TP("t", 0), TP("t", 1)


def records(first: int, last: int) -> list[KafkaRecord]:
    return [ConsumerRecord("t", 0, offset, 0, 0, b"k", b"v", None, 1, 1, ()) for offset in range(first, last + 1)]


def offsets(runs: object) -> list[list[int]]:
    assert isinstance(runs, list)
    return [[record.offset for record in run] for run in runs]


def handed_on(known: LastResort, offset: int) -> LastResort:
    """To the next worker, by the commit."""
    following = LastResort()
    following.load({HERE: known.metadata(HERE, offset), ELSEWHERE: known.metadata(ELSEWHERE, offset)})
    return following


def test_suspects_are_applied_one_by_one_between_the_others() -> None:
    known = LastResort()
    assert offsets(known.runs(HERE, records(0, 9))) == [list(range(10))]
    known.ended_at(HERE, records(3, 5))
    known = handed_on(known, 3)
    assert offsets(known.runs(HERE, records(1, 7))) == [[1, 2], [3], [4], [5], [6, 7]]
    assert offsets(known.runs(HERE, records(4, 4))) == [[4]]
    assert offsets(known.runs(ELSEWHERE, records(1, 7))) == [list(range(1, 8))]


def test_one_is_due_when_it_ended_the_worker_so_many_times() -> None:
    known, poison = LastResort(), records(4, 4)
    known.ended_at(HERE, records(0, 9))
    for _ in range(ENDS - 1):
        known = handed_on(known, 0)
        assert not known.is_due(HERE, poison)
        known.ended_at(HERE, poison)
    assert known.is_due(HERE, poison)
    assert not known.is_due(HERE, records(5, 5))
    assert not known.is_due(HERE, records(4, 5))
    assert not known.is_due(ELSEWHERE, poison)


def test_another_record_is_counted_by_itself() -> None:
    known = LastResort()
    known.ended_at(HERE, records(4, 4))
    known.ended_at(HERE, records(4, 4))
    known.ended_at(HERE, records(5, 5))
    assert known.metadata(HERE, 5) == Suspects(5, 5, 1).metadata


def test_what_was_committed_past_them_says_nothing_of_them() -> None:
    known = LastResort()
    known.ended_at(HERE, records(3, 5))
    assert known.metadata(HERE, 5) != ""
    assert known.metadata(HERE, 6) == ""


@pytest.mark.parametrize(
    "metadata", ["", "by hand", "ended", "ended 1 2", "ended 1 2 x", "ended 1 2 ²", "ended -1 2 3"]
)
def test_others_metadata_is_nothing_of_ours(metadata: str) -> None:
    assert Suspects.read(metadata) is None
