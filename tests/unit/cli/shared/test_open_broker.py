"""What a command asks of Kafka before it begins, in one answer, and what it does not go on with."""

from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from connector.cli.shared.broker import open_broker
from connector.errors import InputError
from connector.kafka.connection import reach
from connector.kafka.topics import AUDIT, CONTROL
from connector.settings import load_settings

pytestmark = pytest.mark.usefixtures("alone")


class FakeKafka:
    """Has topics with so many partitions. `asked`: how often it was asked for them."""

    def __init__(self, **partitions: int) -> None:
        self.asked = 0
        self._partitions = {topic.name: partitions[word] for word, topic in _TOPICS.items() if word in partitions}

    def client(self, _: Mapping[str, object]) -> "FakeKafka":
        return self

    def list_topics(self, timeout: float) -> SimpleNamespace:
        assert timeout > 0
        self.asked += 1
        topics = {name: SimpleNamespace(partitions=dict.fromkeys(range(n))) for name, n in self._partitions.items()}
        return SimpleNamespace(brokers={}, topics=topics)


_TOPICS = {"control": CONTROL, "audit": AUDIT}


def opened(monkeypatch: pytest.MonkeyPatch, kafka: FakeKafka) -> None:
    monkeypatch.setattr(reach, "AdminClient", kafka.client)
    with open_broker(load_settings(kafka={"partitions": 4})):
        pass


def test_it_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = FakeKafka(control=4, audit=4)
    opened(monkeypatch, kafka)
    assert kafka.asked == 1


def test_an_audit_that_is_missing_is_told_by_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    opened(monkeypatch, FakeKafka(control=4))


@pytest.mark.parametrize(
    ("kafka", "told"),
    [
        (FakeKafka(audit=4), "connector.control: there is no such topic; run `connector topics create`"),
        (
            FakeKafka(control=6, audit=6),
            "have 6 partitions, CONNECTOR_KAFKA__PARTITIONS says 4: set it to 6",
        ),
        (FakeKafka(control=6, audit=4), "a move to 6 partitions was begun and not ended"),
    ],
)
def test_what_it_does_not_go_on_with(monkeypatch: pytest.MonkeyPatch, kafka: FakeKafka, told: str) -> None:
    with pytest.raises(InputError, match=told):
        opened(monkeypatch, kafka)
