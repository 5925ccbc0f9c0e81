"""How soon an order is on Kafka where nothing notifies of it: polls alone. `python -m bench.polls [ORDERS]`.

A worker on a real broker, three merchants of three locations each, `poll_interval_s = 5` and the limits by default.
Orders come at random times, one a second. Told is the time from the order's creation at Amazon to its record, for an
Amazon in plain manners and in all its odd ones but one: what it does not list for ten minutes is in no poll.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.kit.flows.latency import create_at_random_times, latencies_s, percentile
from tests.kit.flows.orders import order_seller
from tests.kit.flows.world import World
from tests.kit.kafka.broker import Broker, start_broker

MERCHANTS = ("M1", "M2", "M3")
MANNERS = {"plain": (), "odd": ("--manners", "odd", "--manner", "late-in-lists=0", "--seed", "1")}
MOST_S = 600


def main(orders: int) -> None:
    broker = start_broker()
    try:
        for name, manners in MANNERS.items():
            told = measure(broker, manners, orders)
            figures = ", ".join(f"p{round(share * 100)} {percentile(told, share):.1f} s" for share in (0.5, 0.95, 0.99))
            print(f"{name:<6} {len(told)} orders: {figures}, longest {told[-1]:.1f} s")
    finally:
        broker.close()


def measure(broker: Broker, manners: tuple[str, ...], orders: int) -> list[float]:
    sellers = [order_seller(name, extra="poll_interval_s = 5", limits="") for name in MERCHANTS]
    with tempfile.TemporaryDirectory() as directory:
        world = World(broker, Path(directory), sellers, simulator_args=manners)
        with closing(world):
            world.start_worker()
            for name in MERCHANTS:
                world.wait_calls(10, merchant=name, operation="list_shipments")
            return latencies_s(world, create_at_random_times(world, MERCHANTS, orders, orders), MOST_S)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2] or ("60",)))
