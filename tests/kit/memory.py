"""A table and topics in memory, for agents without a broker."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.agents.outbox import Outbox
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord, ProduceFailed
from connector.kafka.topics import Topic
from connector.merchants import Merchants

V = TypeVar("V")


class MemoryTable(Generic[V]):
    """Of one partition; its changelog never fails."""

    def __init__(
        self, held: Mapping[str, V] | None = None, final_at_ms: Callable[[V], int | None] = lambda _: None
    ) -> None:
        self.held: dict[str, V] = dict(held or {})
        self._final_at_ms = final_at_ms
        self._changing = dict[object, Container[str]]()
        self._lock = asyncio.Lock()

    def get(self, partition: int, key: str) -> V | None:  # noqa: ARG002 - it has one partition
        return self.held.get(key)

    def of_merchant(self, partition: int, merchant_id: str) -> Mapping[str, V]:  # noqa: ARG002 - as above
        return {key: row for key, row in self.held.items() if key.partition("|")[0] == merchant_id}

    def unsettled(self, partition: int) -> Mapping[str, list[str]]:  # noqa: ARG002 - as above
        """All: what is unsettled is for whoever asks to say."""
        found = defaultdict[str, list[str]](list)
        for key in self.held:
            found[key.partition("|")[0]].append(key)
        return found

    def rows(self, partition: int) -> Mapping[str, V]:  # noqa: ARG002 - as above
        return self.held

    def lock(self, partition: int) -> asyncio.Lock:  # noqa: ARG002 - as above
        return self._lock

    def is_changing(self, partition: int, key: str) -> bool:  # noqa: ARG002 - as above
        return any(key in keys for keys in self._changing.values())

    @contextmanager
    def changing(self, partition: int, keys: Container[str]) -> Iterator[None]:  # noqa: ARG002 - as above
        this = object()
        self._changing[this] = keys
        yield
        del self._changing[this]

    async def write(self, partition: int, rows: Mapping[str, V | None]) -> None:  # noqa: ARG002 - as above
        self.held = {key: row for key, row in {**self.held, **rows}.items() if row is not None}

    def expired(self, partition: int, before_ms: int, keys: Iterable[str]) -> Iterator[str]:  # noqa: ARG002 - as above
        for key in keys:
            final_at_ms = self._final_at_ms(self.held[key]) if key in self.held else None
            if final_at_ms is not None and final_at_ms < before_ms:
                yield key


class MemoryTopics:
    """`sent`: all that was written. `on_sent` hears of each batch. `is_away`: the broker takes nothing."""

    def __init__(self, on_sent: Callable[[Sequence[OutRecord]], None] = lambda _: None) -> None:
        self.codec = AvroCodec()
        self.sent: list[OutRecord] = []
        self.is_away = False
        self.send_s = 0.0
        self._on_sent = on_sent
        self._news = asyncio.Event()

    def outbox(self) -> Outbox:
        return Outbox(self.codec, self, Naming(Listings(), KnownMerchants(lambda: Merchants({}))))

    async def send(self, records: Sequence[OutRecord]) -> None:
        if self.is_away:
            raise ProduceFailed("the broker is away")
        await asyncio.sleep(self.send_s)
        self.sent.extend(records)
        self._news.set()
        self._on_sent(records)

    async def send_unleased(self, records: Sequence[OutRecord]) -> None:
        await self.send(records)

    def on(self, topic: Topic) -> list[dict[str, Any]]:
        return self.decoded(topic, self.sent)

    def decoded(self, topic: Topic, records: Sequence[OutRecord]) -> list[dict[str, Any]]:
        return [self.codec.decode(out.topic, out.value) for out in records if out.topic == topic.name]

    async def wait_for(self, topic: Topic, count: int, within_s: float = 20) -> list[dict[str, Any]]:
        async with asyncio.timeout(within_s):
            while len(found := self.on(topic)) < count:
                self._news.clear()
                await self._news.wait()
        return found
