"""A record that must wait holds back what follows it under its key, and nothing else.

Its batch is acked when all of it is applied, so nothing is committed past a record that waits: after a crash it comes
again, and with it what was applied since, which changes nothing. What waits is in memory, within bounds.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from connector.kafka.engine.batch import Batch
from connector.kafka.engine.fetch.records import KafkaRecord

Applied: TypeAlias = Callable[[int, Sequence[KafkaRecord], Collection[Batch]], Awaitable[bool]]
"""(partition, records, the batches that they came in) -> whether they are applied: then they may be acked."""
WaitsFor: TypeAlias = "Callable[[int, KafkaRecord], asyncio.Future[None] | None]"
"""Of a record on a partition: what ends when it may be applied; None: it may be now."""

MAX_HELD_BYTES = 64_000_000  # of one topic; then no more of it is taken until some of it could be applied
RECORD_BYTES = 1_000  # what a record takes beside its key, value and headers
RELEASED_AT_ONCE = 1_000


@dataclass(eq=False, slots=True)
class _Taken:
    """A batch some of whose records are held."""

    batch: Batch
    held: int = 0


@dataclass(eq=False, slots=True)
class _Held:
    record: KafkaRecord
    taken: _Taken
    wait: "asyncio.Future[None] | None"  # of the first of its key only

    @property
    def size(self) -> int:
        headers = sum(len(name) + len(content or b"") for name, content in self.record.headers)
        return RECORD_BYTES + len(self.record.key or b"") + len(self.record.value or b"") + headers


class HeldRecords:
    """Between one topic's batches and what applies them, one call at a time. `app`: a BatchApp."""

    def __init__(self, app: Any, applied: Applied, waits_for: WaitsFor) -> None:
        self._app = app
        self._applied = applied
        self._waits_for = waits_for
        self._applying = asyncio.Lock()
        self._keys: dict[tuple[int, bytes | None], deque[_Held]] = {}
        self._bytes = 0
        self._released = asyncio.Event()

    async def take(self, batch: Batch) -> None:
        """Applies what may be applied now, of this batch and of those that the consumer has with it, and acks each if
        that is all of it."""
        await self._room(batch)
        async with self._applying:
            if not batch.live or batch.taken:
                return  # fetched before a seek, or too late: it comes again; or it was taken with one before it
            batches = self._app.consumer.together(batch)
            takens = [_Taken(each) for each in batches]
            ready = list(chain.from_iterable(map(self._ready, takens)))
            if ready and not await self._applied(batch.partition, ready, batches):
                return
        for taken in takens:
            if not taken.held:  # else it holds up the commit, and nothing else: a rebalance waits for what has begun
                taken.batch.ack(self._app.consumer)

    def _ready(self, taken: _Taken) -> list[KafkaRecord]:
        """What may be applied now; the rest of it is held."""
        batch, keys, waits_for, partition = taken.batch, self._keys, self._waits_for, taken.batch.partition
        ready = [
            record
            for record in batch.value
            if (not keys and waits_for(partition, record) is None) or not self._holds(record, taken)
        ]
        batch.taken, batch.value = True, ()  # an acked batch may have to wait for an earlier one: without its records
        return ready

    def _holds(self, record: KafkaRecord, taken: _Taken) -> bool:
        key = (taken.batch.partition, record.key)
        waiting = self._keys.get(key)
        wait = self._waits_for(taken.batch.partition, record) if waiting is None else None
        if waiting is None and wait is None:
            return False
        held = _Held(record, taken, wait)
        self._bytes += held.size
        taken.held += 1
        if waiting is None:
            self._keys[key] = deque([held])
            self._app.add_future(self._release(key))
        else:
            waiting.append(held)
        return True

    async def _release(self, key: tuple[int, bytes | None]) -> None:
        waiting = self._keys[key]
        while waiting:
            if waiting[0].wait is not None:
                await asyncio.wait([waiting[0].wait])
            async with self._applying:
                released = self._front(key[0], waiting)
                batches = {held.taken.batch for held in released}
                if released and await self._applied(key[0], [held.record for held in released], batches):
                    self._settle(released)
        del self._keys[key]

    def _front(self, partition: int, waiting: deque[_Held]) -> list[_Held]:
        """Takes off what may be applied now, and what somebody else applies by now."""
        released: list[_Held] = []
        while waiting and len(released) < RELEASED_AT_ONCE:
            held, live = waiting[0], waiting[0].taken.batch.live
            held.wait = self._waits_for(partition, held.record) if live else None
            if held.wait is not None:
                break
            if live:
                released.append(held)
            waiting.popleft()
            self._bytes -= held.size
        self._released.set()
        return released

    def _settle(self, released: Iterable[_Held]) -> None:
        for held in released:
            held.taken.held -= 1
            if not held.taken.held:
                held.taken.batch.ack(self._app.consumer)

    async def _room(self, batch: Batch) -> None:
        while self._bytes > MAX_HELD_BYTES and batch.live:
            for waiting in self._keys.values():
                while waiting and not waiting[0].taken.batch.live:
                    self._bytes -= waiting.popleft().size
            self._released.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._released.wait()
