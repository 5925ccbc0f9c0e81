"""The edges of a worker: what of it is not real in a simulation, and what stands there instead. There is no other."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any, Protocol

from faust.types.settings.params import symbol_by_name

from connector.clock import now_ms
from connector.errors import ConnectorError
from connector.kafka.avro.codec import AvroCodec
from connector.worker import BoundedEnd, Worker
from tests.kit.simulation.amazon import Network, Wire
from tests.kit.simulation.engine import clocks
from tests.kit.simulation.engine.app import LogApp
from tests.kit.simulation.engine.clients import IdempotentProducer, Link, TransactionalProducer, WholeTopicConsumer
from tests.kit.simulation.engine.group import Group
from tests.kit.simulation.queue import Queue

SECONDS: Mapping[str, float] = {
    "connector.app.TICK_S": 3600.0,  # steps take no time here: the loop can't stand still
    "connector.kafka.set_back._LOOK_EVERY_S": 60.0,
    "connector.agents.merchants.owned.RELOAD_EVERY_S": 60.0,
    "connector.agents.merchants.waiting.COUNT_EVERY_S": 900.0,
    "connector.agents.records.alerts.LOOK_EVERY_S": 600.0,
    "connector.agents.records.resets.LOOK_EVERY_S": 600.0,
}
"""Beats that come every second or so and only look: slower, for a simulated day has 86,400 of them."""

DOCUMENTS = "file:///documents/"


class Documents:
    """One place, which all workers share."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self._written_ms: dict[str, int] = {}

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:  # noqa: ARG002
        self.held[DOCUMENTS + name] = content
        self._written_ms[name] = now_ms()
        return DOCUMENTS + name

    def read(self, uri: str) -> bytes:
        if uri not in self.held:
            raise FileNotFoundError(uri)
        return self.held[uri]

    def listed(self, prefix: str) -> list[tuple[str, int]]:
        return [(name, at_ms) for name, at_ms in self._written_ms.items() if name.startswith(prefix)]

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.held.pop(DOCUMENTS + name, None)
            self._written_ms.pop(name, None)


class Outside(Protocol):
    """What a worker meets. All share it but `link`."""

    link: Link
    group: Group
    network: Network
    queue: Queue
    documents: Documents


def _here() -> Any:
    """Of the process that runs now."""
    return clocks.running().outside


class _NoThread:
    def __init__(self, **_: Any) -> None: ...

    def start(self) -> None: ...

    def join(self) -> None: ...


class _NoEvent:
    def set(self) -> None: ...

    def is_set(self) -> bool:
        return True


class _NoLock(contextlib.nullcontext[None]):
    """There is one thread."""


class _NoTopicWatch:
    async def run(self) -> None:
        await asyncio.Event().wait()

    async def explain(self) -> None:
        return None


class _NoWeb:
    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        yield 0

    def url(self, port: int) -> str:
        return f"http://web.test:{port}"


class NoBound(BoundedEnd):
    """A kill comes from the seed alone."""

    def begin(self, reason: ConnectorError | None = None) -> None: ...


CODEC = AvroCodec()
"""Every start would compile the schemas anew."""

FAUSTS_CLASSES = cache(symbol_by_name)
"""Every start would look for them anew, by their names."""

NO_COLLECTION = SimpleNamespace(
    collect=lambda: 0,
    disable=lambda: None,
    freeze=lambda: None,
    enable=lambda: None,
    get_threshold=lambda: (700, 10, 10),
    set_threshold=lambda *_: None,
)
NO_THREADS = SimpleNamespace(Thread=_NoThread, Event=_NoEvent, Lock=_NoLock)
EDGES: Mapping[str, object] = {
    "connector.kafka.engine.open.BatchApp": lambda *args, **options: LogApp(
        *args, link=_here().link, group=_here().group, **options
    ),
    "connector.kafka.producer._Producer": lambda config: IdempotentProducer(_here().link, config),
    "connector.kafka.producer.threading": NO_THREADS,
    "connector.kafka.partition_writers.Producer": lambda config: TransactionalProducer(_here().link, config),
    "connector.web.wiring.GroupMembers": lambda *_: list,  # nobody looks for the other workers
    "connector.kafka.follower.Consumer": lambda config: WholeTopicConsumer(_here().link, config),
    "connector.smartconnect.client.open_http": lambda *_, **__: Wire(_here().network, clocks.running()),
    "connector.smartconnect.client.httpx": SimpleNamespace(create_ssl_context=lambda: None),
    "connector.documents.store.Directory": lambda _: _here().documents,
    "boto3.client": lambda *_, **__: _here().queue,
    "faust.types.settings.params.symbol_by_name": FAUSTS_CLASSES,
    "connector.app.AvroCodec": lambda *_: CODEC,
    "connector.worker.gc": NO_COLLECTION,
    "connector.event_loop.gc": NO_COLLECTION,
    "connector.sharing.connections_allowed": lambda: 1000,
    "connector.tables.rows.untrack": lambda _row: None,  # of a collector that does not run
    **SECONDS,
}


def install() -> None:
    """Once, after the connector is imported."""
    for where, instead in EDGES.items():
        replace_at(where, instead)


def replace_at(where: str, instead: object) -> None:
    """`where`: module.name or module.Class.name. Raises AttributeError where there is none."""
    owner, name = _owner(where)
    getattr(owner, name)
    setattr(owner, name, instead)


def original(where: str) -> Any:
    owner, name = _owner(where)
    return getattr(owner, name)


def _owner(where: str) -> tuple[Any, str]:
    path, _, name = where.rpartition(".")
    try:
        return importlib.import_module(path), name
    except ModuleNotFoundError:
        module, _, kind = path.rpartition(".")
        return getattr(importlib.import_module(module), kind), name


def unwatched(worker: Worker) -> Worker:
    """Nobody changes topics here, and nobody looks at its port."""
    clients = replace(worker.clients, topic_watch=_NoTopicWatch())  # type: ignore[arg-type]  # what Worker asks of it
    return replace(worker, clients=clients, web=_NoWeb())  # type: ignore[arg-type]  # as above
