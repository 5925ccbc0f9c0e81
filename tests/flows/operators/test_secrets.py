"""No secret is in any line, at DEBUG neither: what settings hold, and what the HTTP clients' own loggers would tell."""

from pathlib import Path

import pytest

from tests.kit.cases import read_case
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.registry_server import RegistryServer, serving

pytestmark = pytest.mark.kafka

CASE = read_case("files/registry-url-with-password")
SECRETS = ("invented-password", "invented%2Dpassword", "client-secret", "token-M1", "Atza")


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world([Seller("M1")])


def is_silent(log: Path) -> bool:
    return not any(secret in log.read_text() for secret in SECRETS)


@pytest.mark.parametrize("password", ["invented-password", "invented%2Dpassword"])
def test_a_registry_that_does_not_answer(world: World, password: str) -> None:
    url = CASE["environment"]["CONNECTOR_SCHEMA_REGISTRY__URL"].replace("invented-password", password)
    worker = world.start_worker(ready=False, CONNECTOR_LOG_LEVEL="DEBUG", CONNECTOR_SCHEMA_REGISTRY__URL=url)
    assert worker.ended() == 2, "a password in a URL is refused"
    assert "CONNECTOR_SCHEMA_REGISTRY__PASSWORD" in worker.log.read_text()
    assert is_silent(worker.log)

    worker = world.start_worker(
        ready=False,
        CONNECTOR_LOG_LEVEL="DEBUG",
        CONNECTOR_SCHEMA_REGISTRY__URL="http://127.0.0.1:9/",
        CONNECTOR_SCHEMA_REGISTRY__USERNAME="u",
        CONNECTOR_SCHEMA_REGISTRY__PASSWORD=password,
    )
    assert worker.ended() == 1
    said = worker.log.read_text()
    assert "http://127.0.0.1:9" in said
    assert "CONNECTOR_SCHEMA_REGISTRY__*" in said
    assert is_silent(worker.log)


def test_a_registry_that_answers(world: World) -> None:
    registry = RegistryServer()
    with serving(registry) as url:
        worker = world.start_worker(
            CONNECTOR_LOG_LEVEL="DEBUG",
            CONNECTOR_SCHEMA_REGISTRY__URL=url,
            CONNECTOR_SCHEMA_REGISTRY__USERNAME="example-user",
            CONNECTOR_SCHEMA_REGISTRY__PASSWORD="invented-password",
        )
        world.produce([world.update("M1", "sku", 3, 1)])
        world.wait_calls(1, operation="inventory")
        assert worker.stop() == 0
    assert set(registry.authorizations) == {"Basic ZXhhbXBsZS11c2VyOmludmVudGVkLXBhc3N3b3Jk"}
    assert is_silent(worker.log)
