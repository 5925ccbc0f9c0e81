"""Twenty merchants, five of them in trouble of a kind each: it stays theirs, and it is told once."""

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest

from connector.kafka.topics import ALERTS, INVENTORY
from tests.kit.amazon import simulator
from tests.kit.flows.inventory import LIMIT, bursts, check_limits, inventory_calls, rate_of
from tests.kit.flows.marketplace import create, seller, start
from tests.kit.flows.orders import outcomes, results, send, sequence
from tests.kit.flows.world import BASE_MS, NewWorld, World
from tests.kit.kafka.broker import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.campaign]

WELL = [f"W{number:02}" for number in range(1, 16)]
FORBIDDEN, HUNG, CONTESTED, AHEAD, LARGE = TROUBLED = ("FORBIDDEN", "HUNG", "CONTESTED", "AHEAD", "LARGE")
SKUS = 120
CONTESTED_SKUS = 400
POST_EVERY_S = 0.1


@contextmanager
def rival(world: World, merchant_id: str, skus: Sequence[str]) -> Iterator[None]:
    """Another integrator that posts each of these SKUs again and again, always under a higher sequence number."""
    ended = threading.Event()

    def post() -> None:
        form = {"grant_type": "refresh_token", "refresh_token": f"token-{merchant_id}", "client_id": "c"}
        token = httpx.post(f"{world.url}/auth/o2/token", data=form).raise_for_status().json()["access_token"]
        with httpx.Client(headers={"x-amz-access-token": token}, timeout=30) as http:
            for turn in itertools.count(1):
                for start in range(0, len(skus), 10):
                    batch = skus[start : start + 10]
                    updates = [simulator.update(sku, 77, turn * 1_000, channel="FBA") for sku in batch]
                    if ended.wait(POST_EVERY_S):
                        return
                    http.post(world.url + simulator.INVENTORIES, json={"requests": updates})

    posting = threading.Thread(target=post)
    posting.start()
    try:
        yield
    finally:
        ended.set()
        posting.join()


def test_the_troubles_of_five_slow_none_of_fifteen(new_world: NewWorld) -> None:
    world = new_world([seller(merchant_id, poll_interval_s=5) for merchant_id in (*WELL, *TROUBLED)])
    world.tell("PATCH", f"merchants/{CONTESTED}", {"limits": {"inventory": "1000/0"}})
    world.tell("PATCH", f"merchants/{HUNG}", {"slow_s": 600})
    ours, others = create(world, FORBIDDEN, count=2)
    world.fault(f"403,match={ours}")
    contested = [f"contested-{number}" for number in range(CONTESTED_SKUS)]
    worker = start(world)

    with rival(world, CONTESTED, contested):
        (updates,) = bursts(world, [*WELL, HUNG], skus=SKUS, values=1)
        world.produce([world.update(CONTESTED, sku, 5, 1) for sku in contested])
        world.produce(updates)
        send(world, [*sequence(FORBIDDEN, ours, "Confirm"), *sequence(FORBIDDEN, others, "Confirm")])
        ahead = {
            **json_update(AHEAD, "sku-1"),
            "occurred_at": (BASE_MS + 86_400_000 * 3650) * 1_000,
        }
        large = {**json_update(LARGE, "sku-1"), "update_id": "u" * 1_000_000}
        for merchant_id, record in ((AHEAD, ahead), (LARGE, large)):
            world.broker.produce(
                INVENTORY.name,
                [(merchant_id, world.codec.encode(INVENTORY.name, record))] * 3,
                partitioner="murmur2_random",
                message_max_bytes=2_000_000,
            )
        world.produce([world.update(merchant_id, "sku-2", 7, 2) for merchant_id in (AHEAD, LARGE)])

        world.wait_settled(*WELL)
        for merchant_id in WELL:
            assert rate_of(inventory_calls(world, merchant_id)) >= 0.95 * LIMIT, merchant_id
        world.wait_settled(AHEAD, LARGE)
        eventually(
            "the other shipment's command is done", lambda: outcomes(results(world)) == {f"{others}-Confirm": "DONE"}
        )

        standing = eventually("an alert of each trouble", lambda: alerts_of_all(world), 120)
    assert {merchant_id: len(kinds) for merchant_id, kinds in standing.items()} == dict.fromkeys(TROUBLED, 1), standing
    assert worker.running
    listed = json.loads(httpx.get(f"{worker.web_url}/status", timeout=10).text)
    told = {merchant["merchant_id"]: merchant["alerts"] for merchant in listed["merchants"]}
    assert {merchant_id for merchant_id, alerts in told.items() if alerts} == set(TROUBLED), told
    assert {len(told[merchant_id]) for merchant_id in TROUBLED} == {1}, told
    check_limits(world)


def test_fresh_stock_does_not_wait_for_what_a_rival_posts_too(new_world: NewWorld) -> None:
    world = new_world([seller(CONTESTED, poll_interval_s=5)])
    world.tell("PATCH", f"merchants/{CONTESTED}", {"limits": {"inventory": "1000/0"}})
    contested = [f"contested-{number}" for number in range(CONTESTED_SKUS)]
    start(world)
    with rival(world, CONTESTED, contested):
        world.produce([world.update(CONTESTED, sku, 5, 1) for sku in contested])
        world.produce([world.update(CONTESTED, f"fresh-{number}", 5, 1) for number in range(20)])
        fresh = {(CONTESTED, f"fresh-{number}"): 5 for number in range(20)}
        eventually("fresh SKUs are at Amazon", lambda: fresh.items() <= world.quantities().items(), 150)


def json_update(merchant_id: str, sku: str) -> dict[str, object]:
    return {
        "update_id": f"u-{merchant_id}-{sku}",
        "merchant_id": merchant_id,
        "location_id": "EXSB",
        "sku": sku,
        "quantity": 3,
        "occurred_at": BASE_MS,
    }


def alerts_of_all(world: World) -> dict[str, list[str]] | None:
    """What stands of each merchant, once every troubled one has an alert."""
    standing: dict[str, dict[str, str]] = {}
    for alert in world.published(ALERTS.name):
        standing.setdefault(alert["merchant_id"], {})[alert["alert_id"]] = alert["kind"]
    return {m: list(kinds.values()) for m, kinds in standing.items()} if set(TROUBLED) <= standing.keys() else None
