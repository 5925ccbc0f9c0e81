"""What operators see of a worker: metrics, health, logs without secrets, a registry, a merchants file that changes."""

import re

import httpx
import pytest

from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry.client import SchemaRegistry
from tests.kit.flows.world import NewWorld, Seller
from tests.kit.kafka.broker import eventually
from tests.kit.kafka.registry import running_registry
from tests.kit.kafka.server import free_port

pytestmark = pytest.mark.kafka


def test_metrics_health_and_logs(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("NOAUTH")])
    world.tell("PATCH", "merchants/NOAUTH", {"unauthorized": True})
    worker = world.start_worker()
    world.produce([world.update(seller, "sku", 3, 1) for seller in ("M1", "NOAUTH")])
    world.broker.produce("oms.inventory", [("M1", b"garbage")], partitioner="murmur2_random")

    def metrics() -> str | None:
        text = worker.metrics()
        told = 'connector_merchant_suspended{merchant="NOAUTH"} 1.0' in text and "dead_letters_total{" in text
        return text if told and 'outcome="ACCEPTED"' in text else None

    text = eventually("the metrics tell", metrics)
    assert 'connector_backlog{merchant="NOAUTH",operation="inventory"} 1.0' in text
    assert 'connector_dead_letters_total{reason="UNDECODABLE",topic="oms.inventory"} 1.0' in text
    assert 'connector_calls_total{merchant="M1",operation="inventory",outcome="ACCEPTED"} 1.0' in text
    for name in ("lane_wait_seconds_total", "limit_used_ratio", "oldest_waiting_seconds"):
        assert f"connector_{name}{{" in text
    assert httpx.get(f"{worker.web_url}/healthz").json() == {"healthy": True}
    assert not re.search("client-secret|token-M1|token-NOAUTH|Atza", worker.log.read_text())


def test_the_group_is_told_another_address_but_where_each_start_has_another(new_world: NewWorld) -> None:
    """To join anew holds up the lanes; at port 0 it would at each start."""
    world = new_world([Seller("M1")])
    first = world.start_worker()
    first.kill()
    second = world.start_worker(CONNECTOR_INSTANCE="worker-1")
    world.produce([world.update("M1", "sku", 3, 1)])
    world.wait_results(1)
    second.kill()
    third = world.start_worker(CONNECTOR_INSTANCE="worker-1", CONNECTOR_WEB__PORT=str(free_port()))
    third.wait_for("it joins the group anew")
    assert first.web_url != second.web_url
    assert "it joins the group anew" not in second.log.read_text()


def test_the_merchants_file_is_read_again_and_a_faulty_one_refused_whole(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("M2")])
    world.write_merchants(Seller("M1"))
    worker = world.start_worker()
    world.write_merchants(Seller("M1"), Seller("M2", extra="poll_interval_s = -1\n"))
    worker.wait_for("the merchants file is refused")
    world.produce([world.update("M1", "sku", 3, 1)])
    world.wait_results(1)

    world.write_merchants()
    worker.wait_for("the merchants file was read again")
    world.produce([world.update("M2", "sku", 4, 2)])
    world.wait_results(2)


async def test_with_a_registry_the_wire_format_is_confluents(new_world: NewWorld) -> None:
    with running_registry() as url:
        registry = SchemaRegistry(url)
        world = new_world([Seller("M1")])
        world.codec = AvroCodec(registry)
        await world.codec.start()
        update = world.encoded(world.update("M1", "sku", 3, 1))
        assert update[0] == 0
        world.broker.produce("oms.inventory", [("M1", update)], partitioner="murmur2_random")
        world.start_worker(CONNECTOR_SCHEMA_REGISTRY__URL=url)

        results = "connector.inventory-results"
        (message,) = eventually("a result", lambda: world.broker.consume(results))
        value = message.value()
        await world.codec.prepare(results, [value])
        assert world.codec.decode(results, value)["outcome"] == "ACCEPTED"
        assert value is not None
        assert value[0] == 0
        await registry.aclose()
