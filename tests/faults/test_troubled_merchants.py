"""One merchant's trouble slows no other (G3, G9)."""

import pytest

from tests.flows.test_inventory import bursts, last_quantities, wait_settled
from tests.kit.flows.world import NewWorld, Seller
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_unauthorised_throttled_and_slow_merchants_slow_no_other(new_world: NewWorld) -> None:
    troubled, well = ["NOAUTH", "THROTTLED", "SLOW"], ["W1", "W2"]
    world = new_world([Seller(seller) for seller in (*troubled, *well)])
    world.tell("PATCH", "merchants/NOAUTH", {"unauthorized": True})
    world.tell("PATCH", "merchants/SLOW", {"slow_s": 5})
    world.fault("429,op=inventory,merchant=THROTTLED,p=0.7")
    rounds = bursts(world, [*troubled, *well], skus=90, values=1)
    world.produce(rounds[0])
    worker = world.start_worker()
    theirs = [[update for update in rounds[0] if update.merchant_id in (*well, "SLOW")]]
    wait_settled(world, theirs)
    for seller in (*well, "SLOW"):
        times = [call["at"] for call in world.ask("calls", merchant=seller, operation="inventory")]
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.95 * 6, seller
    refused = world.ask("calls", merchant="NOAUTH", operation="inventory")
    assert len(refused) <= 12, "a suspended merchant is probed with backoff, not hammered"
    assert "suspended" in worker.log.read_text()
    assert not world.published("connector.dead-letters")
    world.tell("PATCH", "merchants/NOAUTH", {"unauthorized": False})
    world.tell("DELETE", "faults")
    wait_settled(world, rounds)


def test_calls_that_fail_are_parked_and_tried_again_never_dropped(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", batch_size=10)])
    for fault in ("503,before,count=5", "500,after,count=3", "close,after,count=2", "malformed,after,count=2"):
        world.fault(f"{fault},op=inventory")
    world.fault("timeout,op=inventory,count=1")
    world.start_worker()
    rounds = bursts(world, ["M1"], skus=30, values=2)
    for one in rounds:
        world.produce(one)
    wait_settled(world, rounds, timeout_s=150)
    assert world.ask("state")["reused_sequences"] == []
    calls = world.published("connector.api-calls")
    assert {"ACCEPTED", "UNAVAILABLE", "UNKNOWN"} <= {call["outcome"] for call in calls}


def test_nothing_is_lost_while_the_broker_restarts(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=6)
    if not world.broker.restartable:
        pytest.skip("the broker named by CONNECTOR_TEST_KAFKA is not ours to restart")
    rounds = bursts(world, ["M1"], skus=60, values=1)
    world.start_worker()
    world.produce(rounds[0])
    eventually("calls are made", lambda: len(world.ask("calls", operation="inventory")) > 5)
    world.broker.stop()
    world.broker.start()

    def settled() -> bool:
        if not any(worker.running for worker in world.workers):
            world.start_worker(ready=False)  # as a supervisor does, should the outage have outlasted the producer
        return world.quantities() == last_quantities(rounds)

    eventually("every SKU's last quantity is at Amazon", settled, 120)
    assert world.ask("state")["reused_sequences"] == []
