"""Fixtures for all tests. A missing broker skips the tests that need one, except in CI."""

import compileall
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.kit.aws import Aws, empty_aws, running_aws_server
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import Broker, BrokerUnavailable, start_broker
from tests.kit.missing import skip_unless_ci

# Commands that tests start run in folders of their own: what they import must be this checkout, whatever is installed
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])

# A busy machine is no failure: nothing is judged by the time that an example takes
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """Hundreds of commands are started: none of them is to compile what it imports, as each would where
    PYTHONDONTWRITEBYTECODE is set."""
    if not hasattr(config, "workerinput"):
        for directory in ("connector", "tests/kit"):  # the kit is run by processes, too: of the simulation, of streams
            compileall.compile_dir(Path(os.environ["PYTHONPATH"]) / directory, quiet=1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """`-n auto`: three for two cores, since a test on a real broker takes a third of one and waits. Eight at most: each
    has a broker and a few processes, a gigabyte or so. None where xdist's own variable says another number."""
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    return min(8, max(2, 3 * (os.cpu_count() or 1) // 2))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    _longest_first(items)
    if os.environ.get("CONNECTOR_CAMPAIGN") != "1":
        for item in items:
            if item.get_closest_marker("campaign"):
                item.add_marker(pytest.mark.skip(reason="a campaign: CONNECTOR_CAMPAIGN=1 runs it"))


def _longest_first(items: list[pytest.Item]) -> None:
    """Files that give a test more time than is usual, then those on a real broker, then all others: the many short
    ones keep every worker of xdist busy to the end, where one long file would be waited for by all."""
    needs: dict[Path, tuple[float, bool]] = {}
    for item in items:
        timeout = item.get_closest_marker("timeout")
        need = (timeout.args[0] if timeout else 0, item.get_closest_marker("kafka") is not None)
        needs[item.path] = max(need, needs.get(item.path, need))
    items.sort(key=lambda item: needs[item.path], reverse=True)


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """A test that leaves a variable behind fails itself, not another one an hour later."""
    before = dict(os.environ)
    yield
    names = {name for name in before.keys() | os.environ.keys() if before.get(name) != os.environ.get(name)}
    names.discard("PYTEST_CURRENT_TEST")  # pytest's own
    for name in names:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    assert not names, f"left behind in the environment: {', '.join(sorted(names))}"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to be in, and none of this machine's own settings."""
    for name in [name for name in os.environ if name.startswith("CONNECTOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    try:
        broker = start_broker()
    except BrokerUnavailable as reason:
        skip_unless_ci(reason)
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    with running_aws_server() as url:
        yield url


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    return empty_aws(aws_server, monkeypatch)


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
