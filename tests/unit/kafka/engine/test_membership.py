"""What the group coordinator's answers do to the lease and to the worker, on a coordinator made for it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest

from connector.errors import ConnectorError
from connector.kafka.engine.lease import Lease
from connector.kafka.engine.membership import Membership

NO_ERROR, ILLEGAL_GENERATION, UNKNOWN_MEMBER, REBALANCE, FENCED = 0, 22, 25, 27, 82

HEARTBEAT = HeartbeatRequest("g", 1, "me")
JOIN = JoinGroupRequest("g", 1, 1, "me", "i", "consumer", [])
SYNC = SyncGroupRequest("g", 1, "me", "i", [])
COMMIT = OffsetCommitRequest("g", 1, "me", -1, [])


class Coordinator:
    """aiokafka's, as far as the membership knows it."""

    def __init__(self) -> None:
        self.member_id, self.generation, self._group_instance_id = "me", 7, "i"
        self._closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heartbeat_task: asyncio.Task[None] | None = None
        self.answer: Any = None
        self.joined = self.left = self.rejoins = 0
        self.pushed: list[KafkaError] = []

    async def _send_req(self, _: Any) -> Any:
        return self.answer

    def _push_error_to_user(self, error: KafkaError) -> None:
        self.pushed.append(error)

    def reset_generation(self) -> None:
        self.member_id, self.generation = "", -1

    def request_rejoin(self) -> None:
        self.rejoins += 1

    async def _do_rejoin_group(self, _: Any) -> bool:
        self.joined += 1
        return True

    async def _maybe_leave_group(self) -> None:
        self.left += self._group_instance_id is None


class World:
    def __init__(self, instance: str = "i") -> None:
        self.now = 100.0
        self.reasons: list[ConnectorError] = []
        self.stopping = False
        self.lease = Lease(lambda: self.now)
        self.membership = Membership("g", instance, lease=self.lease, on_end=self.reasons.append)
        self.coordinator: Any = Coordinator()
        self.membership.watch(self.coordinator, lambda: self.stopping)

    async def send(self, request: Any, error_code: int, version: int = 5) -> None:
        topics = [("t", [(0, error_code)])]
        self.coordinator.answer = SimpleNamespace(error_code=error_code, API_VERSION=version, topics=topics)
        await self.coordinator._send_req(request)


@pytest.fixture
async def world() -> World:
    return World()


@pytest.mark.parametrize("request_", [HEARTBEAT, JOIN, SYNC])
async def test_a_confirmed_request_renews_the_lease_from_its_sending(world: World, request_: Any) -> None:
    async def answer_late(_: Any) -> Any:
        world.now += 2
        return SimpleNamespace(error_code=NO_ERROR, API_VERSION=5)

    coordinator: Any = Coordinator()
    coordinator._send_req = answer_late
    world.membership.watch(coordinator, lambda: False)
    await coordinator._send_req(request_)
    assert world.lease.age_s() == 2


async def test_a_heartbeat_that_asks_for_a_rejoin_renews_it_too(world: World) -> None:
    await world.send(HEARTBEAT, REBALANCE)
    assert world.lease.age_s() == 0


@pytest.mark.parametrize("request_", [HEARTBEAT, SYNC, COMMIT])
@pytest.mark.parametrize("error_code", [UNKNOWN_MEMBER, ILLEGAL_GENERATION, FENCED])
async def test_it_ends_at_once_when_the_group_knows_this_worker_no_more(
    world: World, request_: Any, error_code: int
) -> None:
    await world.send(HEARTBEAT, NO_ERROR)
    assert world.lease.age_s() == 0
    await world.send(request_, error_code)
    assert world.lease.age_s() == float("inf")


async def test_a_commit_that_succeeds_says_nothing_of_the_lease(world: World) -> None:
    await world.send(COMMIT, NO_ERROR)
    assert world.lease.age_s() == float("inf")


async def test_what_was_sent_before_the_end_renews_nothing(world: World) -> None:
    sent_at = world.lease.now()
    world.now += 1
    world.lease.end()
    world.lease.renew(sent_at)
    assert world.lease.age_s() == float("inf")
    world.now += 1
    world.lease.renew(world.lease.now())
    assert world.lease.age_s() == 0


async def test_a_twin_ends_the_worker_in_one_line_that_names_the_setting(world: World) -> None:
    await world.send(JOIN, FENCED)
    (reason,) = world.reasons
    assert "CONNECTOR_INSTANCE" in str(reason)
    assert "'i'" in str(reason)
    assert "\n" not in str(reason)


async def test_a_static_member_asks_with_its_old_id_first(world: World) -> None:
    """Asking without one, it would throw out a twin that has its place, and be thrown out by it in turn."""
    world.coordinator.reset_generation()
    assert (world.coordinator.member_id, world.coordinator.generation) == ("me", -1)
    assert world.coordinator.rejoins == 1
    await world.send(JOIN, UNKNOWN_MEMBER)
    world.coordinator.reset_generation()  # as aiokafka does then
    assert world.coordinator.member_id == ""
    await world.send(JOIN, NO_ERROR)
    world.coordinator.member_id = "me again"
    world.coordinator.reset_generation()
    assert world.coordinator.member_id == "me again"


async def test_its_heartbeats_end_meanwhile(world: World) -> None:
    async def beat() -> None:
        await asyncio.sleep(1000)

    world.coordinator._heartbeat_task = asyncio.create_task(beat())
    world.coordinator.reset_generation()
    await asyncio.wait([world.coordinator._heartbeat_task], timeout=5)
    assert world.coordinator._heartbeat_task.cancelled()


async def test_a_dynamic_member_forgets_its_id_at_once() -> None:
    world = World(instance="")
    world.coordinator.reset_generation()
    assert world.coordinator.member_id == ""


async def test_a_broker_without_static_membership_makes_it_a_dynamic_member(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.send(JOIN, NO_ERROR, version=2)
    assert "Kafka 2.3" in caplog.text
    world.coordinator.reset_generation()
    assert world.coordinator.member_id == ""
    await world.coordinator._maybe_leave_group()
    assert world.coordinator.left == 1


@pytest.mark.parametrize("keep_place", [True, False])
async def test_a_static_member_leaves_the_group_only_when_asked_to(world: World, keep_place: bool) -> None:
    world.membership.keep_place = keep_place
    await world.coordinator._maybe_leave_group()
    assert world.coordinator.left == (0 if keep_place else 1)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (GroupAuthorizationFailedError("g"), ("READ", "group g")),
        (TopicAuthorizationFailedError("t"), ("READ", "topic t")),
        (TopicAuthorizationFailedError({"t", "s"}), ("READ", "topic s, t")),
        (KafkaError("what the broker quotes"), ("group g", "KafkaError")),
    ],
)
async def test_what_aiokafka_would_keep_to_itself_ends_the_worker(
    world: World, error: KafkaError, wanted: tuple[str, ...]
) -> None:
    world.coordinator._push_error_to_user(error)
    assert world.coordinator.pushed == [error]
    (reason,) = world.reasons
    assert all(word in str(reason) for word in wanted)


async def test_no_join_while_the_worker_stops(world: World) -> None:
    assert await world.coordinator._do_rejoin_group(None)
    world.stopping = True
    joining = asyncio.create_task(world.coordinator._do_rejoin_group(None))
    await asyncio.wait({joining}, timeout=0.05)
    assert not joining.done()
    world.coordinator._closing.set_result(None)
    assert await joining is False
    assert world.coordinator.joined == 1
