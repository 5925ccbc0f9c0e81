"""A worker of this release takes over what the release before left on a real broker."""

import json

import pytest

from tests.kit.flows.commands import status_of_topics
from tests.kit.flows.orders import (
    FAST_SIMULATOR,
    effects,
    new_shipments,
    order_seller,
    outcomes,
    wait_command_results,
)
from tests.kit.flows.world import NewWorld, home
from tests.kit.orders.previous import ROWS

pytestmark = pytest.mark.kafka


def test_commands_that_the_release_before_queued_are_run(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    (shipment_id,) = new_shipments(world, "M1", "SELF_SHIP")
    row = json.dumps(ROWS["confirm"]).replace('"S1"', json.dumps(shipment_id)).replace('"LOC"', '"SELF_SHIP"')
    world.broker.produce("connector-shipments-changelog", [(f"M1|{shipment_id}", row)], partition=home("M1"))
    assert status_of_topics(world)["M1"]["near_ship_by"] == 1
    world.start_worker()

    assert outcomes(wait_command_results(world, 1)) == {"C1": "DONE"}
    assert effects(world, shipment_id)["confirmed"] == 1
