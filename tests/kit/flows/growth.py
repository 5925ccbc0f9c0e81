"""An installation that gets more partitions, in a World: merchants whose home changes, and what is asked of a move."""

import itertools
from collections.abc import Iterator
from typing import Any

from connector.kafka.homes import home_partition
from tests.kit.flows.commands import Ran, run
from tests.kit.flows.world import PARTITIONS, World
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

MORE = 2 * PARTITIONS
AFTER = {"CONNECTOR_KAFKA__PARTITIONS": str(MORE)}
"""The settings when a move has ended."""


def merchants(count: int, *, leaving: bool, more: int = MORE) -> list[str]:
    """Ids of those whose home is another with so many partitions, or the same."""
    return list(itertools.islice(_named(leaving, more), count))


def _named(leaving: bool, more: int) -> Iterator[str]:
    for number in itertools.count(1):
        key = b"G%d" % number
        if (home_partition(key, PARTITIONS) != home_partition(key, more)) == leaving:
            yield key.decode()


def move(world: World, more: int = MORE) -> Ran:
    """As operators give it."""
    return run(world, "partitions", "move", "--to", str(more), "--yes", "--by", "ann", "--reason", "growth")


def begin_move(world: World, name: str) -> Process:
    """`move` that can be killed."""
    return Process(["partitions", "move", "--to", str(MORE), "--yes"], world.env, world.directory / f"{name}.log")


def new_homes(world: World, topic: str, more: int = MORE) -> list[bool]:
    """Of each record of a topic whose key begins with a merchant, whether it lies at its home after the move."""
    return [
        message.partition() == home_partition((message.key() or b"").partition(b"|")[0], more)
        for message in world.broker.consume(topic)
    ]


def planned(world: World, more: int = MORE) -> Any:
    """What a move would do, when nothing stands in its way any more: Kafka counts a stopped worker as a member for a
    while."""

    def plan() -> Any:
        ran = run(world, "partitions", "plan", "--to", str(more), "--json")
        return ran.json if ran.code == 0 else None

    return eventually("nothing is in the way", plan, 60)
