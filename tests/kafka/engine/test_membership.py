"""Static membership: a worker that comes back has its partitions at once, and nobody else hears of it."""

import signal
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from tests.kit.flows.world import NewWorld, Seller
from tests.kit.kafka.batch_apps import becomes, running_probe
from tests.kit.kafka.broker import Broker, eventually
from tests.kit.kafka.streams import Streams
from tests.kit.processes import ends_with

pytestmark = pytest.mark.kafka

SESSION_TIMEOUT_S = 40
BACK_WITHIN_S = 25  # on a machine where a start takes ten times what it should; without, it is the session timeout


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_comes_back_has_its_partitions_at_once(streams: Streams, how: int) -> None:
    first = streams.worker(instance="one", session_timeout_s=SESSION_TIMEOUT_S)
    other = streams.worker(instance="two", session_timeout_s=SESSION_TIMEOUT_S)
    owned = first.wait_ready(2)
    other.wait_ready(2)
    streams.produce(4, range(1, 51))
    streams.wait_committed(200)
    revoked = other.revocations()
    first.signal(how)
    first.kill()
    back = streams.worker(instance="one", session_timeout_s=SESSION_TIMEOUT_S)
    assert back.wait_ready(2, BACK_WITHIN_S) == owned
    streams.produce(4, range(51, 101))
    streams.wait_committed(400)
    streams.assert_none_lost(4, 100)
    assert other.revocations() == revoked


@pytest.mark.parametrize(("instance", "keep_place", "left"), [("one", True, 1), ("one", False, 0), ("", True, 0)])
async def test_who_has_a_place_after_a_stop(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, instance: str, keep_place: bool, left: int
) -> None:
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, instance=instance) as probe:
        await becomes("it owns all", lambda: len(probe.owned) == 4)
        probe.app.membership.keep_place = keep_place
    admin = AdminClient({**broker.config, "log_level": 0})
    assert len(admin.describe_consumer_groups([app_id])[app_id].result(10).members) == left


def test_a_twin_takes_over_and_the_older_one_ends(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    older = world.start_worker(CONNECTOR_INSTANCE="one")
    world.produce([world.update("M1", "s1", 1, 1)])
    eventually("it works", lambda: world.quantities() == {("M1", "s1"): 1})
    world.start_worker(CONNECTOR_INSTANCE="one")
    ends_with(older, "CONNECTOR_INSTANCE", "'one'")
    world.produce([world.update("M1", "s1", 2, 2)])
    eventually("the younger one works", lambda: world.quantities() == {("M1", "s1"): 2})


def test_a_killed_worker_calls_amazon_again_without_waiting_for_the_group(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=SESSION_TIMEOUT_S)
    worker = world.start_worker(CONNECTOR_INSTANCE="one")
    world.produce([world.update("M1", f"s{n}", 1, 1) for n in range(1000)])
    eventually("calls are made", lambda: len(world.ask("calls", operation="inventory")) > 10)
    worker.kill()
    made = len(world.ask("calls", operation="inventory"))
    world.start_worker(ready=False, CONNECTOR_INSTANCE="one")
    eventually("it calls again", lambda: len(world.ask("calls", operation="inventory")) > made, BACK_WITHIN_S)


def test_a_worker_that_is_stopped_leaves_its_place_to_the_others(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=SESSION_TIMEOUT_S)
    leaving = world.start_worker(CONNECTOR_INSTANCE="one")
    heir = world.start_worker(CONNECTOR_INSTANCE="two")
    assert leaving.stop() == 0
    heir.wait_for(r"partitions owned.*\[0, 1, 2, 3\]", BACK_WITHIN_S)


def test_a_worker_that_is_stopped_alone_keeps_its_place(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=SESSION_TIMEOUT_S)
    assert world.start_worker(CONNECTOR_INSTANCE="one").stop() == 0
    world.start_worker(ready=False, CONNECTOR_INSTANCE="one").wait_for("partitions owned", BACK_WITHIN_S)
