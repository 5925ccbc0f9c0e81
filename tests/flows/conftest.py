"""One world per test, closed with it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.kit.broker import Broker
from tests.kit.world import Seller, World

NewWorld = Callable[..., World]


@pytest.fixture
def new_world(broker: Broker, tmp_path: Path) -> Iterator[NewWorld]:
    worlds: list[World] = []

    def make(sellers: Sequence[Seller], **options: Any) -> World:
        worlds.append(World(broker, tmp_path, sellers, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
