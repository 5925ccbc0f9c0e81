"""Fixtures for all tests. A missing broker skips the tests that need one, except in CI."""

import os
from collections.abc import Iterator

import pytest

from tests.kit.aws import Aws, running_aws
from tests.kit.broker import Broker, BrokerUnavailable, start_broker


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
