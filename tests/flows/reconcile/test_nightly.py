"""The nightly reconcile on a real broker: by itself, once a night, told where Amazon shows something else."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connector.domain.reconcile.kinds import DriftKind
from connector.kafka.topics import ALERTS, INTERNAL_COMMANDS
from tests.kit.flows.commands import done
from tests.kit.flows.reconcile import lift_limits, plant_stock
from tests.kit.flows.world import NewWorld, Seller
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

# Midnight is over whenever the test runs, so the night is due: late, as one that was missed
NIGHTLY = 'reconcile_at = "00:00"\norders = false\nreturns = false'
OF_STOCK = {"merchant": "M1", "what": "stock"}


def metric(worker: Process, name: str, labels: dict[str, str]) -> float | None:
    samples = (sample for family in text_string_to_metric_families(worker.metrics()) for sample in family.samples)
    found = [sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()]
    return found[0] if found else None


def test_a_night_is_made_once_by_whoever_has_the_merchant_and_its_drifts_are_told(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", rate=1_000)])
    lift_limits(world, "M1")
    first = world.start_worker()
    for number in (1, 2):
        world.produce([world.update("M1", f"SKU-{sku}", number + 4, number * 10 + sku) for sku in range(4)])
        world.wait_settled("M1")
    planted = plant_stock(world, "M1", ["SKU-0", "SKU-1"], 6)
    assert set(planted.values()) == {DriftKind.SEQUENCE_AHEAD, DriftKind.SEQUENCE_BEHIND}
    world.write_merchants(Seller("M1", rate=1_000, extra=NIGHTLY))

    (alert,) = world.wait_events(ALERTS.name, 1, timeout_s=120)
    assert (alert["kind"], alert["subject"], alert["severity"]) == ("DRIFT", "stock", "WARNING")
    assert "1 SEQUENCE_AHEAD, 1 SEQUENCE_BEHIND, of 4 compared" in alert["message"]
    of_ahead = {**OF_STOCK, "kind": "SEQUENCE_AHEAD"}
    assert metric(first, "connector_reconcile_drifts", of_ahead) == 1
    (made,) = world.wait_events(INTERNAL_COMMANDS.name, 1)
    assert made["action"][0] == "smartconnect.FinishReconcile"
    told = done(world, "reconcile", "stock", "--merchant", "M1", "--counts", "--json", "--repair").json
    assert told["kinds"] == {"SEQUENCE_AHEAD": 1, "SEQUENCE_BEHIND": 1}
    assert first.stop() == 0

    second = world.start_worker()
    failed = "connector_reconcile_failed_total"
    eventually("it has looked whether the night is made", lambda: metric(second, failed, OF_STOCK) == 0, 90)
    last = "connector_reconcile_last_run_seconds"
    assert metric(second, last, OF_STOCK) is None
    assert "a nightly reconcile" not in second.log.read_text()
