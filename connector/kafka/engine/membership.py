"""This worker's place in the consumer group: the lease, static membership, and what ends it for good.

It puts itself into aiokafka's GroupCoordinator, whose own way with these answers would be silence: an error that is no
one's to take, or a rejoin for ever.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    IllegalGenerationError,
    KafkaError,
    NoError,
    RebalanceInProgressError,
    TopicAuthorizationFailedError,
    UnknownMemberIdError,
)
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest

from connector.errors import ConnectorError
from connector.kafka.engine.lease import Lease

# To each of these the broker restarts the member's session timer; a heartbeat also while it asks for a rejoin.
_RENEWS = (HeartbeatRequest, JoinGroupRequest, SyncGroupRequest)
_CONFIRMED = (NoError.errno, RebalanceInProgressError.errno)
_FENCED_INSTANCE_ID = 82  # aiokafka 0.14 has no name for it
_ENDS = (UnknownMemberIdError.errno, IllegalGenerationError.errno, _FENCED_INSTANCE_ID)
_STATIC_JOIN = 5  # the version of JoinGroup that first carries an instance id: Kafka 2.3


class Fenced(ConnectorError):
    """Another worker has joined the group under this one's instance id."""


log = logging.getLogger(__name__)


class Membership:
    """`instance`: Kafka's group.instance.id, empty for none. With one, a worker that comes back within the session
    timeout gets its partitions at once, without a rebalance, and a stop keeps its place (`keep_place`).

    `on_end(reason)`, called in the consumer's thread: the group has no place for this worker, nor will have.
    """

    def __init__(self, group: str, instance: str, *, lease: Lease, on_end: Callable[[ConnectorError], None]) -> None:
        self.keep_place = True
        self._group = group
        self._instance = instance
        self._lease = lease
        self._on_end = on_end
        self._unknown = False

    def watch(self, coordinator: Any, should_stop: Callable[[], bool]) -> None:
        self._watch_requests(coordinator)
        self._tell_errors(coordinator)
        self._ask_as_who_it_was(coordinator)
        self._join_no_more_when_stopping(coordinator, should_stop)
        self._leave_when_asked(coordinator)

    def _watch_requests(self, coordinator: Any) -> None:
        """All of the coordinator's requests pass through this one method of its."""
        send = coordinator._send_req

        async def send_and_see(request: Any) -> Any:
            sent_at = self._lease.now()
            response = await send(request)
            self._see(coordinator, request, response, sent_at)
            return response

        coordinator._send_req = send_and_see

    def _see(self, coordinator: Any, request: Any, response: Any, sent_at: float) -> None:
        if isinstance(request, OffsetCommitRequest):
            codes = {code for _, partitions in response.topics for _, code in partitions}
            if codes.intersection(_ENDS):
                self._lease.end()
        if not isinstance(request, _RENEWS):
            return
        if isinstance(request, JoinGroupRequest):
            self._unknown = response.error_code == UnknownMemberIdError.errno
            if self._instance and response.API_VERSION < _STATIC_JOIN:
                log.warning(
                    "the broker is older than Kafka 2.3 and keeps no worker's place: a restart waits for the group"
                )
                self._instance, coordinator._group_instance_id = "", None
        if response.error_code in _CONFIRMED:
            self._lease.renew(sent_at)
        elif response.error_code in _ENDS:
            self._lease.end()
        if response.error_code == _FENCED_INSTANCE_ID:
            self._on_end(
                Fenced(
                    f"another worker runs under this one's name {self._instance!r} and has taken its partitions over: "
                    "give each worker a CONNECTOR_INSTANCE of its own (by default it is the host's name)"
                )
            )

    def _tell_errors(self, coordinator: Any) -> None:
        """What aiokafka keeps for a caller of getmany(), which Faust never is."""
        keep = coordinator._push_error_to_user

        def tell(error: KafkaError) -> Any:
            self._on_end(refusal(error, self._group))
            return keep(error)

        coordinator._push_error_to_user = tell

    def _ask_as_who_it_was(self, coordinator: Any) -> None:
        """A static member that is not known any more must join with its old id: the broker then tells a twin, which
        has its place (fenced), from a session that ended (unknown). Joining as a new one would throw out the twin,
        and be thrown out by it in turn, for ever.
        """
        forget = coordinator.reset_generation

        def reset() -> None:
            if not self._instance or self._unknown or coordinator._closing.done():
                forget()
                return
            coordinator.generation = OffsetCommitRequest.DEFAULT_GENERATION_ID
            coordinator.request_rejoin()
            if coordinator._heartbeat_task is not None:
                coordinator._heartbeat_task.cancel()  # it goes on as long as there is a member id

        coordinator.reset_generation = reset

    def _join_no_more_when_stopping(self, coordinator: Any, should_stop: Callable[[], bool]) -> None:
        join = coordinator._do_rejoin_group

        async def join_unless_stopping(subscription: Any) -> bool:
            if not should_stop():
                return bool(await join(subscription))
            await asyncio.wait([coordinator._closing])  # the stop comes to it, and leaves the group
            return False

        coordinator._do_rejoin_group = join_unless_stopping

    def _leave_when_asked(self, coordinator: Any) -> None:
        """aiokafka leaves the group at a close only as a dynamic member."""
        leave = coordinator._maybe_leave_group

        async def leave_unless_kept() -> None:
            if not self.keep_place:
                coordinator._group_instance_id = None
            await leave()

        coordinator._maybe_leave_group = leave_unless_kept


def refusal(error: KafkaError, group: str) -> ConnectorError:
    """One line for what Kafka refuses, with the remedy."""
    match error:
        case GroupAuthorizationFailedError():
            return ConnectorError(
                f"Kafka refuses the consumer group {group}: allow the worker's user the operation READ on group {group}"
            )
        case TopicAuthorizationFailedError():
            topics = ", ".join(sorted(_topics(error)))
            return ConnectorError(
                f"Kafka refuses the topic {topics}: allow the worker's user the operations READ and WRITE on it"
            )
        case _:
            return ConnectorError(f"Kafka can't be used by group {group}: {type(error).__name__}")


def _topics(error: TopicAuthorizationFailedError) -> set[str]:
    """aiokafka gives a name in one place and a set of names in another."""
    (named,) = error.args
    return {named} if isinstance(named, str) else set(named)
