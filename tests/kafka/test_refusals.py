"""What Kafka refuses a worker is said in one line with its remedy, and ends it: neither silence nor a traceback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.flows.world import LOCATION, Seller, World
from tests.kit.kafka.acls import AclOperation, Acls, ResourceType
from tests.kit.kafka.broker import Broker
from tests.kit.processes import ends_with

pytestmark = pytest.mark.kafka

USER = "oms"
AS_USER: dict[str, Any] = {
    "CONNECTOR_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "CONNECTOR_KAFKA__SASL_MECHANISM": "PLAIN",
    "CONNECTOR_KAFKA__SASL_USERNAME": USER,
    "CONNECTOR_KAFKA__SASL_PASSWORD": f"{USER}-secret",
}


@pytest.fixture
def world(secured_broker: Broker, tmp_path: Path) -> Iterator[World]:
    world = World(secured_broker, tmp_path, [Seller("M1")])
    yield world
    world.close()
    Acls(secured_broker).allow_all(USER)


def test_what_the_docs_say_that_a_worker_needs_is_enough(world: World) -> None:
    """docs/operations.md, in production."""
    topics = [AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS]
    Acls(world.broker).allow_only(
        USER,
        [
            (ResourceType.GROUP, "connector", AclOperation.READ),
            *(
                (ResourceType.TOPIC, name, operation)
                for name in ("oms.", "amazon.", "connector")
                for operation in topics
            ),
            *((ResourceType.TRANSACTIONAL_ID, "connector-", o) for o in (AclOperation.WRITE, AclOperation.DESCRIBE)),
        ],
    )
    world.start_worker(**AS_USER)
    world.produce([world.update("M1", "s1", 5, 1)])
    world.wait_settled()
    world.tell("POST", "shipments", {"merchant_id": "M1", "lines": {"s1": 1}, "location_id": LOCATION})
    world.wait_events("amazon.orders", 1)


@pytest.mark.parametrize(
    ("operation", "kind", "name", "wanted"),
    [
        (AclOperation.READ, ResourceType.GROUP, "connector", ("READ", "group connector")),
        (AclOperation.READ, ResourceType.TOPIC, "oms.inventory", ("READ", "oms.inventory")),
        (AclOperation.DESCRIBE, ResourceType.TOPIC, "oms.inventory", ("DESCRIBE", "oms.inventory")),
        (AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, "connector-0", ("WRITE", "connector-")),
    ],
)
def test_refused_at_the_start(
    world: World, operation: AclOperation, kind: ResourceType, name: str, wanted: tuple[str, ...]
) -> None:
    Acls(world.broker).deny(USER, operation, kind, name)
    ends_with(world.start_worker(ready=False, **AS_USER), *wanted)


@pytest.mark.parametrize(
    ("operation", "kind", "name", "wanted"),
    [
        (AclOperation.READ, ResourceType.GROUP, "connector", ("READ", "group connector")),
        (AclOperation.READ, ResourceType.TOPIC, "oms.inventory", ("READ", "oms.inventory")),
        (AclOperation.WRITE, ResourceType.TOPIC, "connector.inventory-results", ("WRITE", "inventory-results")),
    ],
)
def test_refused_while_it_runs(
    world: World, operation: AclOperation, kind: ResourceType, name: str, wanted: tuple[str, ...]
) -> None:
    worker = world.start_worker(**AS_USER)
    Acls(world.broker).deny(USER, operation, kind, name)
    world.produce([world.update("M1", "s1", 5, 1)])
    ends_with(worker, *wanted)
