"""Inventory in a World: an OMS's busy day, and what must hold of its sequence numbers and of the pace (G2, G3)."""

import itertools
import random
from collections import defaultdict, deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.topics import API_CALLS
from tests.kit.amazon import simulator
from tests.kit.flows.world import LOCATION, World

SELLERS = ("M1", "M2", "M3")
LIMIT = 6
"""Calls per second of a merchant, where a Seller says nothing else."""


def bursts(world: World, sellers: Sequence[str], skus: int, values: int, seed: int = 1) -> list[list[InventoryUpdate]]:
    """`values` rounds of one update per SKU, quantities 0 to 49, numbered in the order of their times."""
    chance = random.Random(seed)
    numbers = itertools.count(1)
    return [
        [
            world.update(seller, f"sku-{sku}", chance.randrange(50), next(numbers))
            for sku in range(skus)
            for seller in sellers
        ]
        for _ in range(values)
    ]


def post_elsewhere(
    world: World, merchant_id: str, sku: str, quantity: int, sequence: int, location: str = LOCATION
) -> None:
    """Another integrator posts inventory, with the merchant's own access."""
    form = {"grant_type": "refresh_token", "refresh_token": f"token-{merchant_id}", "client_id": "c"}
    token = httpx.post(f"{world.url}/auth/o2/token", data=form).raise_for_status().json()["access_token"]
    body = {"requests": [simulator.update(sku, quantity, sequence, location, channel="FBA")]}
    headers = {"x-amz-access-token": token}
    httpx.post(world.url + simulator.INVENTORIES, json=body, headers=headers).raise_for_status()


def inventory_calls(world: World, merchant_id: str = "") -> list[dict[str, Any]]:
    """Of all merchants, where none is named."""
    merchant = {"merchant": merchant_id} if merchant_id else {}
    return world.calls(operation="inventory", **merchant)


def values_sent(world: World, merchant_id: str) -> int:
    """How many distinct values Amazon has of the merchant: its SKUs' sequence numbers together."""
    return sum(item["sequence"] for (owner, _), item in world.stock().items() if owner == merchant_id)


def rate_of(calls: Sequence[dict[str, Any]]) -> float:
    """Calls per second, from the first to the last."""
    span_s: float = calls[-1]["at"] - calls[0]["at"]
    return (len(calls) - 1) / span_s


def check_no_sequence_reused(world: World) -> None:
    assert world.ask("state")["reused_sequences"] == []


def check_sequences(world: World) -> None:
    """G2: from 1, one per distinct value sent, never reused for another quantity, never backwards."""
    faults = list(sequence_faults(world))
    assert not faults, faults
    for key, item in world.stock().items():
        applied = [entry["sequence"] for entry in item["history"]]
        assert sorted(set(applied)) == list(range(1, max(applied) + 1)), (key, applied)


def sequence_faults(world: World, others: Container[str] = ()) -> Iterator[str]:
    """Numbers that carried two quantities, or went backwards. `others`: SKUs that somebody else posts, too."""
    for reused in world.ask("state")["reused_sequences"]:
        if reused["sku"] not in others:
            yield f"{reused['merchant_id']} {reused['sku']}: {reused['sequence']} was {reused['quantities']}"
    for (merchant_id, sku), item in world.stock().items():
        applied = [entry["sequence"] for entry in item["history"]]
        if sku not in others and applied != sorted(applied):
            yield f"{merchant_id} {sku}: backwards, {applied}"


def check_limits(world: World, limit: int = LIMIT) -> None:
    """G3: never above the limit in any second, by the times of sending; and nothing that Amazon had to throttle."""
    for merchant_id, merchant in world.ask("state")["merchants"].items():
        calls = merchant["calls"].get("inventory", {"throttled": 0})
        assert calls["throttled"] == 0, _before_the_first_429(world, merchant_id)
    breaches = list(limit_breaches(world, {"inventory": limit}))
    assert not breaches, breaches


def limit_breaches(world: World, limits: Mapping[str, int]) -> Iterator[str]:
    """`limits`: operation -> calls that may be sent within any second, by the workers' clocks."""
    sent: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for call in world.published(API_CALLS.name):
        if call["operation"] in limits and call["sent"]:
            sent[call["merchant_id"], call["operation"]].append(call["started_at"])
    for (merchant_id, operation), times in sent.items():
        most = most_within_a_second(times)
        if most > limits[operation]:
            yield f"{merchant_id} {operation}: {most} calls in a second, {limits[operation]} are allowed"


def most_within_a_second(times_ms: Iterable[int]) -> int:
    most, window = 0, deque[int]()
    for at in sorted(times_ms):
        window.append(at)
        while window[0] <= at - 1000:
            window.popleft()
        most = max(most, len(window))
    return most


def _before_the_first_429(world: World, merchant_id: str) -> list[str]:
    calls = inventory_calls(world, merchant_id)
    first = next(number for number, call in enumerate(calls) if call["throttled"])
    at = calls[first]["at"]
    return [f"{call['at'] - at:+.3f} s: {call['status']}" for call in calls[max(0, first - 9) : first + 2]]
