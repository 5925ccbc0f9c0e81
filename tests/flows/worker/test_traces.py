"""One trace leads from the OMS's record to its result: at a collector, by the worker as it runs."""

from collections.abc import Iterator

import pytest

from connector.kafka.topics import COMMAND_RESULTS, INVENTORY, INVENTORY_RESULTS, ORDER_COMMANDS
from tests.kit.flows.orders import new_shipments, order_seller, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.http.otlp import Collector, Span, running_collector
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01".encode()
SECRETS = ("token-M1", "client-secret", "Atza|", "Asha Example", "1 Example Road")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


def trace(collector: Collector, trace_id: str, *names: str) -> dict[str, Span]:
    """Once spans of all these names are there."""

    def whole() -> dict[str, Span] | None:
        found = collector.of(trace_id)
        return found if set(names) <= set(found) else None

    return eventually(f"spans {names}", whole, 60)


def headers_of(world: World, topic: str) -> dict[str, object]:
    (message,) = world.broker.consume(topic)
    return dict(list(message.headers() or ()))  # type: ignore[arg-type]  # a list, as it comes from a broker


def test_an_update_is_one_trace_from_its_record_to_its_result(new_world: NewWorld, collector: Collector) -> None:
    world = new_world([Seller("M1")])
    world.start_worker(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="200")
    update = world.update("M1", "sku", 3, 1)
    value = world.encoded(update)
    world.broker.produce(
        INVENTORY.name, [("M1", value)], headers=[("traceparent", TRACEPARENT)], partitioner="murmur2_random"
    )
    world.wait_results(1)

    received, waited, called = "process oms.inventory", "wait inventory", "POST inventory"
    settled, told = "process connector.api-calls", "send connector.inventory-results"
    spans = trace(collector, TRACE, received, waited, called, settled, told)
    assert len(spans) == 5
    parents = {name: span.parent_id for name, span in spans.items()}
    assert parents == {
        received: PARENT,
        waited: spans[received].span_id,
        called: spans[received].span_id,
        settled: spans[called].span_id,
        told: spans[settled].span_id,
    }
    assert {name: span.kind for name, span in spans.items()} == {
        received: "CONSUMER",
        waited: "INTERNAL",
        called: "CLIENT",
        settled: "CONSUMER",
        told: "PRODUCER",
    }
    assert headers_of(world, INVENTORY_RESULTS.name)["traceparent"] == spans[told].header
    begins = [spans[name].begin_ns for name in (received, waited, called, settled, told)]
    assert begins == sorted(begins)
    assert spans[waited].end_ns == spans[called].begin_ns

    assert spans[called].attributes["http.response.status_code"] == 207
    assert spans[called].attributes["url.full"].startswith(f"{world.url}/externalFulfillment/inventory/")
    assert spans[received].attributes["messaging.message.id"] == update.update_id
    assert spans[received].resource["service.instance.id"] == "worker-1"
    assert not [secret for secret in SECRETS if secret in repr(collector.spans)]


def test_a_command_is_one_trace_over_all_of_its_calls(new_world: NewWorld, collector: Collector) -> None:
    world = new_world([order_seller("M1")])
    world.start_worker(
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces",
        OTEL_BSP_SCHEDULE_DELAY="200",
    )
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    send(world, sequence("M1", shipment_id, "Confirm", "Pack"), headers=[("traceparent", TRACEPARENT)])
    wait_command_results(world, 2)
    told, received = f"send {COMMAND_RESULTS.name}", f"process {ORDER_COMMANDS.name}"
    eventually("both results", lambda: sum(span.name == told for span in collector.spans) == 2, 60)

    spans = [span for span in collector.spans if span.trace_id == TRACE]
    records = [span for span in spans if span.name == received]
    calls = [span for span in spans if span.kind == "CLIENT"]
    assert {span.parent_id for span in records} == {PARENT}
    assert {span.parent_id for span in calls} == {span.span_id for span in records}
    assert {span.attributes["connector.operation"] for span in calls} >= {"process_shipment", "ship_labels"}
    assert not [secret for secret in SECRETS if secret in repr(collector.spans)]


def test_a_collector_that_is_gone_holds_up_nothing(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    worker = world.start_worker(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY="200")
    world.produce([world.update("M1", "sku", 3, 1)])
    world.wait_results(1)
    assert worker.stop() == 0
