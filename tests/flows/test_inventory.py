"""Inventory from Kafka to SmartConnect and back, on a real broker."""

import pytest

from tests.flows.conftest import NewWorld
from tests.kit.broker import eventually
from tests.kit.world import Seller

pytestmark = pytest.mark.kafka


def test_one_update_reaches_amazon_and_its_result_the_oms(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker()
    world.produce([world.update("M1", "SKU/1 ä", 7, 1)])
    (result,) = eventually("a result", lambda: world.published("connector.inventory-results"))
    assert (result["outcome"], result["quantity"], result["sequence"]) == ("ACCEPTED", 7, 1)
    assert result["update_id"] == "u-M1-SKU/1 ä-1"
    assert world.quantities() == {("M1", "SKU/1 ä"): 7}
