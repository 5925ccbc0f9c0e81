"""Where a log begins and ends, while its partition has no leader yet."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

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
