"""What is known of a run from outside, decoded once."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any

from connector.kafka.topics import (
    ALERTS,
    CANCELLATIONS,
    COMMAND_RESULTS,
    DEAD_LETTERS,
    INVENTORY_RESULTS,
    ORDERS,
    RETURNS,
    Topic,
)
from tests.kit.flows.judge import Seen
from tests.kit.flows.world import once
from tests.kit.simulation.edges import CODEC
from tests.kit.simulation.world import World

Record = Mapping[str, Any]


class Evidence:
    """`odd`: Amazon answered in odd manners, some of which are beyond its own model."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.odd = bool(world.plan.manners)

    def published(self, topic: Topic) -> list[Record]:
        return [CODEC.decode(topic.name, record.value) for record in self.world.kafka.of(topic.name)]

    @cached_property
    def results(self) -> list[Record]:
        return self.published(COMMAND_RESULTS)

    @cached_property
    def inventory_results(self) -> list[Record]:
        return self.published(INVENTORY_RESULTS)

    @cached_property
    def letters(self) -> list[Record]:
        return self.published(DEAD_LETTERS)

    @cached_property
    def seen(self) -> Seen:
        orders, cancellations, returns = (once(self.published(each)) for each in (ORDERS, CANCELLATIONS, RETURNS))
        single = [
            asdict(call)
            for call in self.world.simulator.calls
            if call.operation not in ("token", "list_shipments", "label_file", "inventory")
            and not (call.operation == "returns" and call.path.partition("?")[0].endswith("/returns"))
        ]
        return Seen(
            orders,
            cancellations,
            returns,
            self.results,
            self.published(ALERTS),
            single,
            [asdict(effect) for effect in self.world.simulator.effects.of()],
        )

    @cached_property
    def postings(self) -> dict[tuple[str, str, str], list[tuple[float, int, int]]]:
        """Of (merchant, location, SKU) as they left: (when, sequence number, quantity)."""
        found = defaultdict(list)
        for call in self.world.network.departed:
            if call.operation == "inventory":
                for location_id, sku, body in _items(call.body):
                    if "quantity" in body:
                        told = (call.at_s, body["clientSequenceNumber"], body["quantity"])
                        found[call.merchant_id, location_id, sku].append(told)
        return dict(found)


def _items(body: str) -> Iterator[tuple[str, str, Record]]:
    for item in json.loads(body)["requests"]:
        query = dict(part.split("=", 1) for part in item["uri"].partition("?")[2].split("&"))
        yield query["locationId"], query["skuId"], item.get("body") or {}
