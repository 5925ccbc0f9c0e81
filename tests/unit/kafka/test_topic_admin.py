"""What is said of topics when Kafka goes away amid the questions: that it is away, and not what a user may not do."""

from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]  # as in kit

from connector.kafka.topic_admin import WantedTopic, topic_faults

WANTED = WantedTopic("t", 1, 1, compacted=False, retention_ms=None)
AWAY = (KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError.REQUEST_TIMED_OUT)
REFUSED = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED)


class Admin(AdminClient):
    """Knows one topic or none, and answers each question about it by an error of this code."""

    def __init__(self, code: int, *, knows: bool) -> None:
        super().__init__({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
        self._code = code
        self._knows = knows

    def _refused(self) -> "Future[Any]":
        answer = Future[Any]()
        answer.set_exception(KafkaException(KafkaError(self._code)))
        return answer

    def list_topics(self, *_: Any, **__: Any) -> Any:
        partition = SimpleNamespace(replicas=[1])
        return SimpleNamespace(topics={"t": SimpleNamespace(partitions={0: partition})} if self._knows else {})

    def describe_configs(self, *_: Any, **__: Any) -> Any:
        return {ConfigResource(ResourceType.TOPIC, "t"): self._refused()}

    def describe_topics(self, *_: Any, **__: Any) -> Any:
        return {"t": self._refused()}


def known(code: int) -> Admin:
    return Admin(code, knows=True)


def unknown(code: int) -> Admin:
    return Admin(code, knows=False)


@pytest.mark.parametrize("admin", [known, unknown])
@pytest.mark.parametrize("code", AWAY)
def test_kafka_that_goes_away_is_no_fault_of_the_topic(code: int, admin: Callable[[int], Admin]) -> None:
    with pytest.raises(KafkaException):
        topic_faults(admin(code), [WANTED])


@pytest.mark.parametrize("code", REFUSED)
def test_what_a_user_may_not_do_is_told_with_its_remedy(code: int) -> None:
    (told,) = topic_faults(known(code), [WANTED]).unusable
    assert "allow DESCRIBE_CONFIGS on it" in told
    (told,) = topic_faults(unknown(code), [WANTED]).unusable
    assert "allow the worker's user" in told


def test_a_topic_that_is_not_there_is_missing() -> None:
    (told,) = topic_faults(unknown(KafkaError.UNKNOWN_TOPIC_OR_PART), [WANTED]).unusable
    assert told == "t: missing; run `connector topics create`"
