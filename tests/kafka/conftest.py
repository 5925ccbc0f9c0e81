"""Fresh topics for each loss test; whatever it started is killed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.broker import Broker
from tests.kit.streams import Streams


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
