"""What a registry answers has an end, and its size is told by itself: it is not unpacked."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import pytest

from connector.kafka.avro.parsing import MAX_SCHEMA_TEXT
from connector.kafka.avro.registry import OddAnswer, RegisteredSchema, RegistryUnavailable, client
from connector.kafka.avro.registry.client import LARGEST_SCHEMA_ANSWER_BYTES, TIMEOUT_S, SchemaRegistry
from tests.kit.kafka.registry_server import JSON, RegistryServer, serving

BLANKS = b" " * (LARGEST_SCHEMA_ANSWER_BYTES + 1)


@pytest.fixture
def server() -> RegistryServer:
    server = RegistryServer()
    server.register('"string"')
    return server


@pytest.fixture
async def registry(server: RegistryServer) -> AsyncIterator[SchemaRegistry]:
    with serving(server) as url:
        registry = SchemaRegistry(url)
        yield registry
        await registry.aclose()


async def test_a_usual_one_is_read(registry: SchemaRegistry) -> None:
    assert await registry.fetch(1) == RegisteredSchema(('"string"',))


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_one_that_is_too_large_settles_nothing(
    server: RegistryServer, registry: SchemaRegistry, status: int
) -> None:
    server.fault = (status, JSON, BLANKS)
    assert await registry.fetch(1) == OddAnswer("an answer that is not the registry's (ValueError)")
    with pytest.raises(RegistryUnavailable, match="ValueError"):
        await registry.id_of("subject", '"string"')


async def test_one_that_is_packed_is_not_unpacked(server: RegistryServer, registry: SchemaRegistry) -> None:
    good = json.dumps({"schema": '"string"'}).encode()
    server.fault = (200, JSON | {"content-encoding": "gzip"}, gzip.compress(good))
    assert await registry.fetch(1) == OddAnswer("an answer that is not the registry's (ValueError)")


async def test_one_that_does_not_end_is_none(registry: SchemaRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LONGEST_ANSWER_S", -1)
    with pytest.raises(RegistryUnavailable):
        await registry.fetch(1)


async def test_texts_that_it_refers_to_are_bounded_together(server: RegistryServer, registry: SchemaRegistry) -> None:
    text = json.dumps("a" * (MAX_SCHEMA_TEXT + 1))
    references = [{"name": "a", "subject": "a", "version": 1}]
    told = {"schema": text, "subject": "a", "version": 1, "id": 1, "references": references}
    server.fault = (200, JSON, json.dumps(told).encode())
    assert isinstance(await registry.fetch(1), OddAnswer)


async def test_a_question_that_nobody_answers_does_not_hold_up_the_end() -> None:
    asked = asyncio.Event()

    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await forever.wait()
        writer.close()

    forever = asyncio.Event()
    server = await asyncio.start_server(never, "127.0.0.1")
    registry = SchemaRegistry(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    question = asyncio.create_task(registry.fetch(1))
    await asyncio.wait_for(asked.wait(), 10)
    question.cancel()
    async with asyncio.timeout(TIMEOUT_S / 2):
        await asyncio.wait([question])
        await registry.aclose()
    assert question.cancelled()
    forever.set()
    server.close()
