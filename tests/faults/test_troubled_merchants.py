"""One merchant's trouble slows no other (G3, G9)."""

import pytest

from tests.kit.flows.inventory import LIMIT, bursts, check_no_sequence_reused, inventory_calls, rate_of
from tests.kit.flows.world import NewWorld, Seller, newest_quantities
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(1200)
def test_unauthorised_throttled_and_slow_merchants_slow_no_other(new_world: NewWorld) -> None:
    world = new_world([Seller(seller) for seller in ("NOAUTH", "THROTTLED", "SLOW", "W1", "W2")])
    world.tell("PATCH", "merchants/NOAUTH", {"unauthorized": True})
    world.tell("PATCH", "merchants/SLOW", {"slow_s": 5})
    world.fault("429,op=inventory,merchant=THROTTLED,p=0.7")
    (updates,) = bursts(world, [seller.merchant_id for seller in world.sellers], skus=120, values=1)
    world.produce(updates)
    worker = world.start_worker()
    worker.wait_for("Amazon refuses the merchant: suspended")
    before = len(inventory_calls(world, "NOAUTH"))

    world.wait_settled("W1", "W2", "SLOW")
    for seller in ("W1", "W2", "SLOW"):
        assert rate_of(inventory_calls(world, seller)) >= 0.95 * LIMIT, seller
    assert len(inventory_calls(world, "NOAUTH")) <= before + 6, "it is probed with backoff, not hammered"
    assert not world.published("connector.dead-letters")

    world.tell("PATCH", "merchants/NOAUTH", {"unauthorized": False})
    world.tell("DELETE", "faults")
    # A minute until the next probe, 20 s of calls, whatever the machine adds; and a SKU that probes found forbidden
    # five times rests for up to 6.25 minutes
    world.wait_settled(timeout_s=480)


@pytest.mark.timeout(1000)
def test_calls_that_fail_are_parked_and_tried_again_never_dropped(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", batch_size=10)])
    for fault in ("503,before,count=5", "500,after,count=3", "close,after,count=2", "malformed,after,count=2"):
        world.fault(f"{fault},op=inventory")
    world.fault("timeout,op=inventory,count=1")
    world.start_worker()
    for updates in bursts(world, ["M1"], skus=30, values=2):
        world.produce(updates)

    world.wait_settled(timeout_s=420)  # what fails five times in a row rests for up to 6.25 minutes
    check_no_sequence_reused(world)
    calls = world.published("connector.api-calls")
    assert {"ACCEPTED", "UNAVAILABLE", "UNKNOWN"} <= {call["outcome"] for call in calls}


def test_nothing_is_lost_while_the_broker_restarts(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=6)
    if not world.broker.restartable:
        pytest.skip("the broker named by CONNECTOR_TEST_KAFKA is not ours to restart")
    world.start_worker()
    (updates,) = bursts(world, ["M1"], skus=60, values=1)
    world.produce(updates)
    world.wait_calls(6, operation="inventory")
    world.broker.stop()
    world.broker.start()

    def settled() -> bool:
        if not any(worker.running for worker in world.workers):
            world.start_worker(ready=False)  # as a supervisor does, should the outage have outlasted the producer
        return world.quantities() == newest_quantities(updates)

    eventually("every SKU's last quantity is at Amazon", settled, 120)
    check_no_sequence_reused(world)
