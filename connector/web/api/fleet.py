"""The other workers, found through Kafka's consumer group and asked by HTTP, each for its own part of an answer.

What they are asked for is a read, which needs no token: so none leaves this worker, whatever address a member of the
group tells. A request for a part names the worker that is meant, and is passed on by nobody.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
from confluent_kafka import KafkaException

from connector.foreign.kafka import kafka_fault
from connector.kafka.members import GroupMember
from connector.web.api.told import WorkerPart, read_worker_part

OF_WORKER = "Connector-Of-Worker"
"""The header that asks one worker for its own part alone."""

MEMBERS_FOR_S = 1.0
CONNECTED_WITHIN_S = 2.0
PART_WITHIN_S = 10.0
MOST_AT_ONCE = 32
"""Requests to other workers under way."""
MOST_PART_BYTES = 64 * 1024 * 1024
"""Of one worker's part: 10,000 merchants with all of their lanes are 20 MB."""

_MISDIRECTED = 421
_OTHER = "another worker answers there: give each a CONNECTOR_WEB__ADVERTISED_URL that leads to it alone"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Silent:
    """A worker that gave no part, and why."""

    member: GroupMember
    why: str


@dataclass(frozen=True, slots=True)
class Answers:
    """`parts`: this worker's first. `members`: by name, those that Kafka knows, this one too where it does."""

    parts: tuple[WorkerPart, ...]
    silent: tuple[Silent, ...]
    members: dict[str, GroupMember]


class Fleet:
    """`find_members` asks Kafka; it blocks, and may raise KafkaException."""

    def __init__(self, worker: str, find_members: Callable[[], Sequence[GroupMember]]) -> None:
        self.worker = worker
        self._find_members = find_members
        self._members: tuple[GroupMember, ...] = ()
        self._members_until = 0.0
        self._finding = asyncio.Lock()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def members(self) -> tuple[GroupMember, ...]:
        """By name. The last that were known, where Kafka does not answer."""
        async with self._finding:
            if time.monotonic() >= self._members_until:
                try:
                    self._members = tuple(await asyncio.to_thread(self._find_members))
                except KafkaException as error:
                    log.info("the group's members are not known now: %s", kafka_fault(error.args[0]))
                self._members_until = time.monotonic() + MEMBERS_FOR_S
            return self._members

    async def ask(self, path: str, own: bytes, partition: int | None = None) -> Answers:
        """Of all workers, or the one that has the partition. `own`: this worker's part. Takes no longer than
        PART_WITHIN_S and a look at Kafka."""
        members = await self.members()
        others = [one for one in members if one.worker != self.worker and partition in (None, *one.partitions)]
        timeouts = aiohttp.ClientTimeout(total=None, connect=CONNECTED_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeouts) as session:
            answers = await asyncio.gather(*(self._part(session, member, path) for member in others))
        return Answers(
            parts=(read_worker_part(own), *(answer for answer in answers if isinstance(answer, WorkerPart))),
            silent=tuple(answer for answer in answers if isinstance(answer, Silent)),
            members={member.worker: member for member in members},
        )

    async def _part(self, session: aiohttp.ClientSession, member: GroupMember, path: str) -> WorkerPart | Silent:
        if not member.url:
            return Silent(member, "it runs an older version, which tells Kafka no web address")
        try:
            async with asyncio.timeout(PART_WITHIN_S), self._places:
                body = await _body(session, member, path)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Silent(member, f"it does not answer ({type(error).__name__})")
        if isinstance(body, int):
            return Silent(member, _OTHER if body == _MISDIRECTED else f"it answers with HTTP status {body}")
        try:
            return await asyncio.to_thread(read_worker_part, body)
        except ValueError:
            return Silent(member, "what answers there is no worker of this version")


async def _body(session: aiohttp.ClientSession, member: GroupMember, path: str) -> bytes | int:
    """The HTTP status where it is not 200."""
    url, headers = f"{member.url}{path}", {OF_WORKER: member.worker, "Accept-Encoding": "identity"}
    async with session.get(url, headers=headers, allow_redirects=False) as response:
        if response.status != 200:
            return response.status
        pieces, size = [], 0
        async for piece in response.content.iter_any():
            size += len(piece)
            if size > MOST_PART_BYTES:
                raise ValueError("its answer is too large")
            pieces.append(piece)
    return b"".join(pieces)
