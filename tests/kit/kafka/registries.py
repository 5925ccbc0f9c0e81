"""Registries that say what a test wants: within the test, and over HTTP."""

import asyncio
from collections.abc import Mapping

from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import NoSuchSchema, RegisteredSchema, RegistryAnswer, RegistryUnavailable
from connector.kafka.topics import Topic

MISSING = NoSuchSchema("HTTP 404, error_code 40403: Schema not found")


class FakeRegistry:
    """`answers` by id; `down`: it does not answer at all."""

    def __init__(self, answers: Mapping[int, RegistryAnswer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.fetched: list[int] = []
        self.subjects: dict[str, int] = {}
        self.down = False

    async def fetch(self, schema_id: int) -> RegistryAnswer:
        if self.down:
            raise RegistryUnavailable("down")
        self.fetched.append(schema_id)
        return self.answers.get(schema_id, MISSING)

    async def id_of(self, subject: str, schema: str) -> int:
        schema_id = self.subjects.setdefault(subject, 1000 + len(self.subjects))
        self.answers[schema_id] = RegisteredSchema((schema,))
        return schema_id

    async def aclose(self) -> None:
        self.down = True


class RegisteredWriters:
    """A codec to which any number of writers' schemas are known, each under an id of its own."""

    def __init__(self) -> None:
        self._registry = FakeRegistry()
        self.codec = AvroCodec(self._registry)

    def header_of(self, topic: Topic, *texts: str) -> bytes:
        """What a value of this schema begins with."""
        schema_id = len(self._registry.answers) + 1
        self._registry.answers[schema_id] = RegisteredSchema(texts)
        header = b"\x00" + schema_id.to_bytes(4)
        asyncio.run(self.codec.prepare(topic.name, [header]))
        return header
