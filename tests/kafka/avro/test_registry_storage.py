"""The compose file's registry keeps schemas and their ids over a restart: records written before stay readable."""

import json
from typing import Any

import httpx
import pytest
import yaml

from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import TOPICS
from tests.kit.examples import ROOT
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.registry import running_registry

# A campaign, and a long one: the registry starts twice
pytestmark = [pytest.mark.kafka, pytest.mark.campaign, pytest.mark.timeout(900)]

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SCHEMAS = {topic.name: text_of(topic.schema) for topic in TOPICS if not topic.internal}
PLACE = "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS"


def test_schemas_and_their_ids_survive_a_restart(broker: Broker) -> None:
    environment: dict[str, str] = COMPOSE["services"]["registry"]["environment"]
    assert PLACE in environment
    here = environment | {PLACE: broker.bootstrap_servers}
    with running_registry(**here) as url:
        ids = {topic: registered(url, topic, schema) for topic, schema in SCHEMAS.items()}
    assert len(set(ids.values())) == len(ids)
    with running_registry(**here) as url:
        for topic, number in ids.items():
            kept = httpx.get(f"{url}/schemas/ids/{number}", timeout=60).raise_for_status().json()["schema"]
            assert json.loads(kept) == json.loads(SCHEMAS[topic])
            assert registered(url, topic, SCHEMAS[topic]) == number


def registered(url: str, topic: str, schema: str) -> int:
    """The schema's id, which is the same where it is known."""
    answer = httpx.post(f"{url}/subjects/{topic}-value/versions", json={"schema": schema}, timeout=60)
    return int(answer.raise_for_status().json()["id"])
