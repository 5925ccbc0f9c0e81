"""Where a log begins and ends, while its partition has no leader yet."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from connector.errors import ConnectorError
from connector.kafka import reader
from connector.kafka.reader import LogReader

PLACE = ("topic", 0)


class Consumer:
    """It fails with each of `answers`, and then knows."""

    answers: list[int]

    def __init__(self, _: dict[str, Any]) -> None: ...

    def get_watermark_offsets(self, _: TopicPartition, timeout: float) -> tuple[int, int]:
        assert timeout
        if self.answers:
            raise KafkaException(KafkaError(self.answers.pop(0)))
        return (0, 7)


def spans(monkeypatch: pytest.MonkeyPatch, *faults: int) -> dict[tuple[str, int], tuple[int, int]]:
    monkeypatch.setattr(reader, "Consumer", Consumer)
    monkeypatch.setattr(Consumer, "answers", list(faults), raising=False)
    return LogReader({}, []).spans([PLACE])


def test_a_leader_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
    assert spans(monkeypatch, *faults) == {PLACE: (0, 7)}


def test_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "READ_TIMEOUT_S", 0.3)
    with pytest.raises(KafkaException):
        spans(monkeypatch, *[KafkaError.LEADER_NOT_AVAILABLE] * 100)


def test_other_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KafkaException):
        spans(monkeypatch, KafkaError.TOPIC_AUTHORIZATION_FAILED)


class SilentConsumer:
    """`told`: what it was told of its partitions, in order."""

    told: list[str]

    def __init__(self, _: dict[str, Any]) -> None: ...

    def consume(self, most: int, timeout: float) -> list[object]:
        assert most
        assert timeout
        return []

    def assign(self, places: list[TopicPartition]) -> None:
        self.told.append(f"assign {len(places)}")

    def resume(self, places: list[TopicPartition]) -> None:
        self.told.append(f"resume {len(places)}")

    def unassign(self) -> None:
        self.told.append("unassign")


def test_what_a_read_paused_goes_on_before_it_is_assigned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the read ended: a pause that ends while its partition is assigned may never end."""
    monkeypatch.setattr(reader, "Consumer", SilentConsumer)
    monkeypatch.setattr(reader, "LONGEST_SILENCE_S", -1.0)
    monkeypatch.setattr(SilentConsumer, "told", [], raising=False)
    log = LogReader({}, [])
    with pytest.raises(ConnectorError, match="gave nothing"):
        list(log.read({PLACE: (0, 5)}))
    assert SilentConsumer.told == ["assign 1", "resume 1", "unassign"]
    assert list(log.read({PLACE: (5, 5)})) == []
    assert len(SilentConsumer.told) == 3, "nothing to read"
