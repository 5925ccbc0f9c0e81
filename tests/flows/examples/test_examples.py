"""The programs of examples/, as a reader runs them; and that what is on the wire is what the AsyncAPI document says."""

import io
import os
import subprocess
import sys
from typing import Any

import pytest
import yaml
from fastavro import parse_schema, schemaless_reader

from docs.tables import ASYNCAPI
from tests.kit.examples import ROOT
from tests.kit.flows.commands import done
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.registry_server import RegistryServer, serving

pytestmark = pytest.mark.kafka

MERCHANT = "A2EXAMPLE"
LOCATION = '[[merchants.locations]]\nlocation_id = "EXSB"\nprogram = "SELLER_FLEX"\noms_locations = ["WH1"]\n'


def run(world: World, registry: str, example: str, *arguments: str) -> str:
    """What it printed; it must end well."""
    places = {"KAFKA": world.broker.bootstrap_servers, "REGISTRY": registry, "SIMULATOR": world.url}
    ended = subprocess.run(
        [sys.executable, "-m", f"examples.{example}", *arguments],
        cwd=ROOT,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.timeout(700)  # two programs, each with a minute or two to wait where the machine is busy
def test_the_examples_run_and_the_asyncapi_document_describes_what_they_caused(new_world: NewWorld) -> None:
    registry = RegistryServer()
    with serving(registry) as url:
        world = new_world([Seller(MERCHANT, locations=LOCATION)], registry=registry)
        world.start_worker(CONNECTOR_SCHEMA_REGISTRY__URL=url, CONNECTOR_POLLING__LAG_S="0")
        stock = run(world, url, "stock", MERCHANT, "WH1", "SKU-1=7", "SKU-2=0")
        assert "SKU-1: ACCEPTED 7 units, sequence 1" in stock
        assert "SKU-2: ACCEPTED 0 units, sequence 1" in stock
        world.wait_quantities({(MERCHANT, "SKU-1"): 7, (MERCHANT, "SKU-2"): 0})

        order = run(world, url, "order", MERCHANT, "EXSB", "SKU-1=2")
        assert "pick 2 of SKU-1 at WH1" in order
        assert [f"{step}: DONE" in order for step in ("Confirm", "Pack", "Ship")] == [True] * 3
        assert "SHIP_LABEL file://" in order
        assert order.splitlines()[-1].startswith("SHIPPED ")
        (shipment,) = world.ask("shipments", merchant=MERCHANT)
        assert shipment["status"] == "SHIPPED"

        warehouse = str(world.directory / "warehouse")
        topics = ("--topic", "amazon.orders", "--topic", "connector.inventory-results")
        done(world, "export", *topics, "--to", "parquet", warehouse, CONNECTOR_SCHEMA_REGISTRY__URL=url)
        views = run(world, url, "analytics", warehouse).splitlines()
        assert {"stg_inventory_results: 2 rows", "stg_order_lines: 1 rows", "stg_returns: 0 rows"} <= set(views)

    seen = {name for name in DOCUMENT["channels"] if described_records(world, registry, name)}
    assert seen >= {"oms.inventory", "oms.order-commands", "amazon.orders", "connector.api-calls"}
    assert seen >= {"connector.inventory-results", "connector.command-results"}


DOCUMENT: dict[str, Any] = yaml.safe_load(ASYNCAPI.read_text())


def described_records(world: World, registry: RegistryServer, topic: str) -> int:
    """How many the topic has. Each is read by the document's schema, wholly, and has the key and encoding it says."""
    (name,) = DOCUMENT["channels"][topic]["messages"]
    message = DOCUMENT["components"]["messages"][name]
    kafka, schema = message["bindings"]["kafka"], parse_schema(message["payload"]["schema"])
    records = world.broker.consume(topic)
    for record in records:
        value = record.value() or b""
        if kafka["schemaIdPayloadEncoding"] == "confluent":
            assert value[:1] == b"\x00"
            assert int.from_bytes(value[1:5]) in registry.schemas
            body = io.BytesIO(value[5:])
        else:
            assert value[:2] == b"\xc3\x01"
            body = io.BytesIO(value[10:])
        read: Any = schemaless_reader(body, schema, None)
        assert body.read() == b""
        key = (record.key() or b"").decode()
        assert key == read.get(kafka["key"]["description"], key)
    return len(records)
