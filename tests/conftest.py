"""Fixtures for all tests. A missing broker skips the tests that need one, except in CI."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.kit.aws import Aws, running_aws
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import Broker, BrokerUnavailable, start_broker

# Commands that tests start run in folders of their own: what they import must be this checkout, whatever is installed
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("CONNECTOR_CAMPAIGN") != "1":
        for item in items:
            if item.get_closest_marker("campaign"):
                item.add_marker(pytest.mark.skip(reason="a campaign: CONNECTOR_CAMPAIGN=1 runs it"))


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    try:
        broker = start_broker()
    except BrokerUnavailable as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    yield broker
    broker.close()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with running_aws() as aws:
        yield aws


@pytest.fixture
def new_world(broker: Broker, tmp_path: Path) -> Iterator[NewWorld]:
    """Makes the one world of a test; it ends with the test."""
    worlds: list[World] = []

    def make(sellers: Sequence[Seller], **options: Any) -> World:
        worlds.append(World(broker, tmp_path, sellers, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
