"""How long an order takes from its creation at Amazon to its record on Kafka, where nobody notifies of it."""

import random
import time
from collections.abc import Sequence

from connector.kafka.topics import ORDERS
from tests.kit.flows.orders import PROGRAMS, new_shipments
from tests.kit.flows.world import World
from tests.kit.kafka.broker import eventually


def create_at_random_times(world: World, merchants: Sequence[str], count: int, over_s: float) -> dict[str, float]:
    """Shipment id -> when it was created (epoch seconds), of `count` orders at several locations."""
    chance = random.Random(count)
    began, created = time.time(), {}
    for after_s in sorted(chance.uniform(0, over_s) for _ in range(count)):
        time.sleep(max(0.0, began + after_s - time.time()))
        at = time.time()
        (shipment_id,) = new_shipments(world, chance.choice(merchants), chance.choice(PROGRAMS))
        created[shipment_id] = at
    return created


def latencies_s(world: World, created: dict[str, float], timeout_s: float) -> list[float]:
    """Of each order, the shortest first: until the broker had its first record."""

    def all_there() -> dict[str, float] | None:
        found = _recorded(world)
        return found if created.keys() <= found.keys() else None

    recorded = eventually("every order on Kafka", all_there, timeout_s)
    return sorted(recorded[shipment_id] - at for shipment_id, at in created.items())


def _recorded(world: World) -> dict[str, float]:
    """Shipment id -> the time of its first record (epoch seconds)."""
    found: dict[str, float] = {}
    for message in world.broker.consume(ORDERS.name):
        shipment_id = world.codec.decode(ORDERS.name, message.value() or b"")["shipment_id"]
        at = message.timestamp()[1] / 1000
        found[shipment_id] = min(at, found.get(shipment_id, at))
    return found


def percentile(latencies: Sequence[float], share: float) -> float:
    """Of what is sorted."""
    return latencies[min(len(latencies) - 1, int(len(latencies) * share))]
