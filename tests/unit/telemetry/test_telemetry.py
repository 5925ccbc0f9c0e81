"""What a worker counts of its calls: series are there before the first call, so that rates and alerts see that one."""

from connector.merchants import OPERATIONS
from connector.telemetry import Telemetry


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(name, labels)


def test_each_operation_has_its_series_from_the_start() -> None:
    telemetry = Telemetry()
    for operation in OPERATIONS:
        assert value(telemetry, "connector_call_latency_seconds_count", operation=operation) == 0
        assert value(telemetry, "connector_key_wait_seconds_count", operation=operation) == 0


def test_a_call_that_left_has_a_latency() -> None:
    telemetry = Telemetry()
    telemetry.count_call("M1", "inventory", "ACCEPTED", 0.3)
    telemetry.count_call("M1", "inventory", "UNAVAILABLE", None)
    assert value(telemetry, "connector_calls_total", merchant="M1", operation="inventory", outcome="UNAVAILABLE") == 1
    assert value(telemetry, "connector_call_latency_seconds_count", operation="inventory") == 1
    assert value(telemetry, "connector_call_latency_seconds_bucket", operation="inventory", le="0.25") == 0
    assert value(telemetry, "connector_call_latency_seconds_bucket", operation="inventory", le="0.5") == 1


def test_a_key_has_its_wait() -> None:
    telemetry = Telemetry()
    telemetry.take_keys("M1", "returns", [2.0])
    assert value(telemetry, "connector_key_wait_seconds_bucket", operation="returns", le="1.0") == 0
    assert value(telemetry, "connector_key_wait_seconds_bucket", operation="returns", le="5.0") == 1


def test_what_runs_is_told() -> None:
    families = {family.name: family for family in Telemetry().registry.collect()}
    (build,) = families["connector_build_info"].samples
    assert build.value == 1
    assert build.labels["version"]
    assert "process_resident_memory_bytes" in families
