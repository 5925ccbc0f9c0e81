"""Orders that nobody notifies of, at an Amazon in odd manners: each is told within two poll intervals (G8)."""

import pytest

from tests.kit.flows.latency import create_at_random_times, latencies_s
from tests.kit.flows.orders import order_seller
from tests.kit.flows.world import NewWorld

pytestmark = pytest.mark.kafka

INTERVAL_S = 5
BUSY_S = 10  # what a busy machine may add; bench/polls.py measures
NOT_LISTED = "late-in-lists=0"  # what Amazon does not list is in no poll


@pytest.mark.parametrize("manners", [(), ("--manners", "odd", "--manner", NOT_LISTED, "--seed", "1")])
def test_every_order_is_told_within_two_poll_intervals(new_world: NewWorld, manners: tuple[str, ...]) -> None:
    merchants = ("M1", "M2")
    sellers = [order_seller(name, extra=f"poll_interval_s = {INTERVAL_S}", limits="") for name in merchants]
    world = new_world(sellers, simulator_args=manners)
    world.start_worker()
    for name in merchants:
        world.wait_calls(10, merchant=name, operation="list_shipments")

    created = create_at_random_times(world, merchants, count=20, over_s=10)
    assert latencies_s(world, created, timeout_s=60)[-1] < 2 * INTERVAL_S + BUSY_S
