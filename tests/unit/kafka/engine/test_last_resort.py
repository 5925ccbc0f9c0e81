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


def test_one_among_tens_of_thousands_is_found_in_as_many_ends_and_few_runs() -> None:
    """Each run is a transaction, for which all other partitions wait: 60,000 of them take minutes."""
    known, many, poison, ends = LastResort(), records(0, 59_999), 41_000, 0
    while True:
        runs = known.runs(HERE, many)
        assert [record for run in runs for record in run] == many
        assert len(runs) <= 2 * 245
        (run,) = (run for run in runs if run[0].offset <= poison <= run[-1].offset)
        if known.is_due(HERE, run):
            break
        known.ended_at(HERE, run)
        known, ends = handed_on(known, 0), ends + 1
    assert ends == ENDS
    assert [record.offset for record in run] == [poison]


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
