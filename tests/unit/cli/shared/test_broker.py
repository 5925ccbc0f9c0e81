"""The newest values of a compacted topic, whichever partition is read first; where a merchant's homes were."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import pytest

from connector.cli.shared.broker import MOVE_ACTION, Broker
from connector.cli.shared.operators.audit import Deed, audited
from connector.errors import InputError
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import AUDIT, CONTROL
from connector.settings import load_settings


@dataclass(frozen=True)
class Said:
    at: int
    where: int
    name: bytes
    what: bytes | None

    def key(self) -> bytes:
        return self.name

    def value(self) -> bytes | None:
        return self.what

    def partition(self) -> int:
        return self.where

    def timestamp(self) -> tuple[int, int]:
        return (1, self.at)


class ReadBroker(Broker):
    said: Sequence[Said] = ()

    def read(self, name: str, merchant_id: str = "") -> Iterator[Any]:
        del name, merchant_id
        return iter(self.said)


OLD = (Said(1, 0, b"M1", b"paused"), Said(5, 0, b"M1", None))
NEW = (Said(1, 3, b"M1", b"paused"), Said(7, 3, b"M1", b"resumed"))
OTHER = (Said(9, 1, b"M2", b"deleted"), Said(10, 1, b"M2", None))


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("order", [*permutations((OLD, NEW, OTHER))])
def test_a_key_that_was_moved_is_deleted_where_it_was_alone(order: Sequence[Sequence[Said]]) -> None:
    with closing(ReadBroker(load_settings())) as broker:
        broker.said = [message for part in order for message in part]
        assert broker.latest(CONTROL.name) == {b"M1": b"resumed"}


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("order", [*permutations((OLD[:1], NEW))])
def test_of_two_partitions_the_newer_word_counts(order: Sequence[Sequence[Said]]) -> None:
    with closing(ReadBroker(load_settings())) as broker:
        broker.said = [message for part in order for message in part]
        assert broker.latest(CONTROL.name) == {b"M1": b"resumed"}


class AuditTopic:
    """connector.audit in memory, of a reader and a writer. `read_from`: the partitions that were."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.read_from: set[int] = set()

    def spans(self, partitions: Iterable[int] | None = None) -> Mapping[int, tuple[int, int]]:
        assert partitions is not None, "not the whole topic"
        return dict.fromkeys(partitions, (0, 1_000))

    def read(self, spans: Mapping[int, tuple[int, int]]) -> Iterator[Said]:
        self.read_from |= spans.keys()
        return (one for one in self.said if one.where in spans)


class GrownBroker(Broker):
    """Of an installation with so many partitions. `topic_log` None: connector.audit is missing."""

    def __init__(self, partitions: int, topic_log: AuditTopic | None) -> None:
        settings = load_settings()
        kafka = settings.kafka.model_copy(update={"partitions": partitions})
        super().__init__(settings.model_copy(update={"kafka": kafka}))
        self._topic_log = topic_log

    @contextmanager
    def topic(self, name: str) -> Iterator[Any]:
        assert name == AUDIT.name
        if self._topic_log is None:
            raise InputError("there is no such topic")
        yield self._topic_log

    def write_all(self, records: Sequence[OutRecord]) -> None:
        assert self._topic_log is not None
        self._topic_log.said += [Said(0, one.partition, one.key or b"", one.value) for one in records]


def moved(topic_log: AuditTopic, old: int, new: int) -> None:
    """As `connector partitions move` leaves it."""
    deed = Deed(action=MOVE_ACTION, subject=f"{old} to {new}")
    with closing(GrownBroker(old, topic_log)) as broker, audited(broker, deed):
        pass


def homes_since_ever(partitions: int, topic_log: AuditTopic | None, key: bytes) -> frozenset[int]:
    with closing(GrownBroker(partitions, topic_log)) as broker:
        return broker.homes_since_ever(key)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("old", range(1, 24))
def test_a_merchant_s_home_before_a_move_is_known(old: int) -> None:
    topic_log = AuditTopic()
    moved(topic_log, old, 24)
    homes = homes_since_ever(24, topic_log, b"M1")
    assert homes == {home_partition(b"M1", old), home_partition(b"M1", 24)}
    assert len(topic_log.read_from) < 10, "few of the 24 may tell of a move"


@pytest.mark.usefixtures("alone")
def test_each_of_several_moves_is_known_and_nothing_else_is_taken_for_one() -> None:
    topic_log = AuditTopic()
    for old, new in ((4, 6), (6, 12), (12, 24)):
        moved(topic_log, old, new)
    other = Deed(action="alerts retry", subject=f"{MOVE_ACTION} 5 to 24")
    with closing(GrownBroker(24, topic_log)) as broker, audited(broker, other):
        pass
    topic_log.said += [replace(one, what=(one.what or b"")[:20] + MOVE_ACTION.encode()) for one in topic_log.said]
    homes = homes_since_ever(24, topic_log, b"M3")
    assert homes == {home_partition(b"M3", count) for count in (4, 6, 12, 24)}


@pytest.mark.usefixtures("alone")
def test_without_an_audit_and_with_one_partition_there_was_no_move() -> None:
    assert homes_since_ever(24, None, b"M1") == {home_partition(b"M1", 24)}
    assert homes_since_ever(1, AuditTopic(), b"M1") == {0}
