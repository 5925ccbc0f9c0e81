"""Fresh topics for each test; whatever it started is killed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.kafka.batch_apps import changelog_of
from tests.kit.kafka.broker import Broker, BrokerUnavailable, start_secured_broker, unique
from tests.kit.kafka.streams import Streams
from tests.kit.missing import skip_unless_ci


@pytest.fixture(scope="module")
def secured_broker() -> Iterator[Broker]:
    try:
        broker = start_secured_broker()
    except BrokerUnavailable as reason:
        skip_unless_ci(reason)
    yield broker
    broker.close()


@pytest.fixture
def new_streams(broker: Broker, tmp_path: Path) -> Iterator[Callable[..., Streams]]:
    made: list[Streams] = []

    def make(**how: Any) -> Streams:
        made.append(Streams(broker, tmp_path, **how))
        return made[-1]

    yield make
    for streams in made:
        streams.close()


@pytest.fixture
def streams(new_streams: Callable[..., Streams]) -> Streams:
    return new_streams()


@pytest.fixture
def topic(broker: Broker) -> str:
    name = unique("in")
    broker.create_topics(name)
    return name


@pytest.fixture
def app_id(broker: Broker) -> str:
    name = unique("app")
    broker.create_topics(changelog_of(name), config={"cleanup.policy": "compact"})
    return name
