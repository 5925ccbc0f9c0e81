"""All that the connector says to Amazon is what Amazon's published model declares."""

import pytest

from tests.kit.amazon.spapi_model import needs_models
from tests.kit.amazon.validating_proxy import validating_proxy
from tests.kit.flows.orders import (
    FAST_SIMULATOR,
    PROGRAMS,
    new_shipments,
    order_seller,
    send,
    sequence,
    statuses,
    wait_command_results,
)
from tests.kit.flows.world import NewWorld

pytestmark = [pytest.mark.kafka, needs_models]


def test_the_traffic_is_valid_against_the_published_model(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.fault("503,after,p=0.1")
    world.fault("close,before,p=0.05")
    with validating_proxy(world.url) as proxy:
        world.start_worker(CONNECTOR_SMARTCONNECT__BASE_URL=proxy.url)
        made = [id_ for program in PROGRAMS for id_ in new_shipments(world, "M1", program, 4, country_of_origin=False)]
        world.produce([world.update("M1", f"SKU/{number} ä&?", number, number, PROGRAMS[0]) for number in range(10)])
        for shipment_id in made:
            send(world, sequence("M1", shipment_id, "Confirm", "Pack", "Ship"))

        wait_command_results(world, 3 * len(made), timeout_s=150)
        world.wait_results(10, timeout_s=90)
        assert set(statuses(world).values()) == {"SHIPPED"}
        assert proxy.judged > 100
        assert proxy.violations == []
