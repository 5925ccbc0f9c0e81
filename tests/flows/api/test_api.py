"""The control API of two workers on a real broker: any of them answers for both, and changes what the other has."""

from typing import Any

import httpx
import pytest

from connector.kafka.topics import AUDIT, CONTROL
from tests.kit.flows.commands import done, run
from tests.kit.flows.world import NewWorld, Seller, World, home
from tests.kit.kafka.broker import eventually
from tests.kit.kafka.server import free_port
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

TOKEN = "invented-token-of-workers"
MERCHANTS = [f"M{number}" for number in range(1, 7)]


class Api:
    """A worker's."""

    def __init__(self, worker: Process) -> None:
        self.url = f"{worker.web_url}/api/v1/"

    def get(self, path: str, status: int = 200) -> Any:
        """Once it is not in a rebalance: a worker whose address is news to the group joins it anew when it is ready."""
        answers: list[httpx.Response] = []

        def answered() -> bool:
            answers.append(httpx.get(self.url + path, timeout=60))
            return answers[-1].status_code != 503 or status == 503

        eventually(f"{path} is answered", answered, 60)
        assert answers[-1].status_code == status, answers[-1].text
        return answers[-1].json()

    def post(self, path: str, status: int = 200, token: str = TOKEN, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(self.url + path, json={"by": "ann", **body}, headers=headers, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()


def start(world: World, **env: str) -> Process:
    """With a port of its own: only such an address is worth to be told."""
    return world.start_worker(ready=True, **{"CONNECTOR_WEB__PORT": str(free_port()), **env})


def two_workers(world: World) -> tuple[Process, Process]:
    """Each has partitions."""
    first, second = [start(world, CONNECTOR_WEB__TOKEN=TOKEN) for _ in range(2)]
    apis = Api(first), Api(second)

    def shared() -> bool:
        """By the group, and by the workers alike: they hold what they are given when its tables are recovered, and
        what they give up until they hear of it."""
        return all(held_as_given(api.get("fleet"), api.get("merchants"), world) for api in apis)

    eventually("both workers have partitions, and know it of each other", shared, 60)
    return first, second


def held_as_given(fleet: Any, merchants: Any, world: World) -> bool:
    given = {partition: one["worker"] for one in fleet["workers"] for partition in one["partitions"]}
    return (
        len(fleet["workers"]) == 2
        and not fleet["partitions_unheld"]
        and all(one["answers"] and one["partitions"] for one in fleet["workers"])
        and {row["merchant_id"]: row["worker"] for row in merchants["merchants"]}
        == {seller.merchant_id: given[home(seller.merchant_id)] for seller in world.sellers}
    )


def owner_of(api: Api, merchant_id: str) -> str:
    return str(api.get(f"merchants/{merchant_id}")["worker"])


def test_any_worker_answers_for_all_and_a_killed_one_is_told(new_world: NewWorld) -> None:
    world = new_world([Seller(name) for name in MERCHANTS])
    workers = two_workers(world)
    for api in map(Api, workers):
        rows = api.get("merchants")["merchants"]
        assert [row["merchant_id"] for row in rows] == MERCHANTS
        assert {row["worker"] for row in rows} == {"worker-1", "worker-2"}
        assert {merchant["worker"] for merchant in api.get("status")["merchants"]} == {"worker-1", "worker-2"}
    told = done(world, "status", "--json").json
    assert {merchant["worker"] for merchant in told["merchants"]} == {"worker-1", "worker-2"}, "found through Kafka"
    assert (told["source"], told["silent_workers"], told["partitions_unheld"]) == ("workers", [], [])

    theirs = next(one for one in Api(workers[0]).get("fleet")["workers"] if one["worker"] == "worker-2")
    workers[1].kill()
    silent = next(one for one in Api(workers[0]).get("fleet")["workers"] if one["worker"] == "worker-2")
    assert not silent["answers"]
    assert (silent["partitions"], silent["url"]) == (theirs["partitions"], theirs["url"])
    lost = next(name for name in MERCHANTS if home(name) in theirs["partitions"])
    assert "worker-2" in Api(workers[0]).get(f"merchants/{lost}", 503)["detail"]
    ended = run(world, "status", "--json")
    assert (ended.code, ended.json["silent_workers"]) == (0, [theirs["url"]])
    assert {merchant["merchant_id"] for merchant in ended.json["merchants"]} == {*MERCHANTS}, "by the topics"
    eventually("the other takes over", lambda: owner_of_all(Api(workers[0])) == {"worker-1"}, 60)


def owner_of_all(api: Api) -> set[str]:
    return {str(row["worker"]) for row in api.get("merchants")["merchants"]}


def test_what_is_asked_of_one_worker_is_in_force_at_the_other_and_in_the_audit(new_world: NewWorld) -> None:
    world = new_world([Seller(name) for name in MERCHANTS])
    workers = two_workers(world)
    first, second = map(Api, workers)
    theirs = next(name for name in MERCHANTS if owner_of(first, name) == "worker-2")
    world.produce([world.update(theirs, "sku", 5, 1)])
    world.wait_quantities({(theirs, "sku"): 5})

    for token in ("", "wrong", TOKEN[:-1]):
        first.post(f"merchants/{theirs}/pause", 401, token)
        first.post(f"merchants/{theirs}/inventory/zero", 401, token, reason="r")
        first.post("reconciles", 401, token, merchant_id=theirs, subject="stock")
    dry = first.post(f"merchants/{theirs}/pause", dry_run=True)
    assert (dry["done"], dry["result"]["changed"]) == (True, True)
    assert world.published(AUDIT.name) == world.published(CONTROL.name) == [], "nothing was changed"

    first.post(f"merchants/{theirs}/pause", reason="stock count")
    eventually("the other worker has paused it", lambda: second.get(f"merchants/{theirs}")["paused"])
    assert second.get(f"merchants/{theirs}")["paused_because"] == "stock count"
    first.post(f"merchants/{theirs}/resume")
    first.post(f"merchants/{theirs}/inventory/zero", reason="a flood")
    world.wait_quantities({(theirs, "sku"): 0})
    second.post(f"merchants/{theirs}/inventory/restore")
    world.wait_quantities({(theirs, "sku"): 5})
    assert "M9" in first.post("merchants/M9/pause", 422)["detail"]
    done(world, "merchants", "pause", "M1", "--by", "bob", "--reason", "by hand")

    for api in (first, second):
        told = api.get("audit")
        assert [(one["action"], one["by"], one["merchant_id"], one["reason"], one["outcome"]) for one in told] == [
            ("merchants pause", "bob", "M1", "by hand", "DONE"),
            ("inventory restore", "ann", theirs, "", "DONE"),
            ("inventory zero", "ann", theirs, "a flood", "DONE"),
            ("merchants resume", "ann", theirs, "", "DONE"),
            ("merchants pause", "ann", theirs, "stock count", "DONE"),
        ]
        assert [one["worker"] for one in told] == ["", "worker-2", "worker-1", "worker-1", "worker-1"]
        assert told[1]["address"] == "127.0.0.1"
    for worker in workers:
        assert TOKEN not in worker.log.read_text()


def test_a_worker_that_comes_back_at_another_address_is_found_there(new_world: NewWorld) -> None:
    """It keeps its place in the group, and Kafka would go on telling the address that it had."""
    world = new_world([Seller("M1")], session_timeout_s=30)
    before = start(world, CONNECTOR_INSTANCE="same")
    before.kill()
    after = start(world, CONNECTOR_INSTANCE="same")
    assert after.web_url != before.web_url

    def found() -> bool:
        ended = run(world, "status", "--json")
        return ended.code == 0 and {one["worker"] for one in ended.json["merchants"]} == {"same"}

    eventually("it is found at its new address", found, 60)
    world.produce([world.update("M1", "sku", 5, 1)])
    world.wait_quantities({("M1", "sku"): 5})


def test_histories_and_reconciles_are_told_by_any_worker(new_world: NewWorld) -> None:
    world = new_world([Seller(name) for name in MERCHANTS])
    first, second = map(Api, two_workers(world))
    world.produce([world.update("M1", "sku", 5, 1)])
    world.wait_settled()
    history = second.get("history/sku/sku?merchant=M1")
    assert {entry["kind"] for entry in history} >= {"update", "call", "result"}
    begun = first.post("reconciles", 202, merchant_id="M1", subject="stock", rate=5)["reconcile_id"]
    ended = eventually("the reconcile has ended", lambda: _ended(second, begun), 60)
    assert (ended["state"], ended["worker"], ended["by"]) == ("DONE", "worker-1", "ann")
    assert first.get("dead-letters") == []
    assert first.get("shipments?show=pending") == []


def _ended(api: Api, reconcile_id: str) -> Any:
    told = api.get(f"reconciles/{reconcile_id}")
    return told if told["state"] != "RUNNING" else None
