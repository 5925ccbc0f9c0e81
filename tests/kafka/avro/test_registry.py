"""The codec against a real Confluent-compatible registry, driven by confluent-kafka's own serializer too."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from confluent_kafka.schema_registry import ConfigCompatibilityLevel, Schema, SchemaRegistryClient, ServerConfig
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import (
    NoSuchSchema,
    OddAnswer,
    RefusedSchema,
    RegisteredSchema,
    RegistryRefused,
    RegistryUnavailable,
    open_registry,
)
from connector.kafka.avro.registry.client import SchemaRegistry
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import INVENTORY, TOPICS
from connector.settings import SchemaRegistrySettings
from tests.kit.kafka.records import UPDATE
from tests.kit.kafka.registry import RegistryUnavailableHere, running_registry
from tests.kit.kafka.registry_server import RegistryServer, serving
from tests.kit.missing import skip_unless_ci

pytestmark = pytest.mark.kafka
Connect = Callable[..., SchemaRegistry]
WHERE = SerializationContext(INVENTORY.name, MessageField.VALUE)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    try:
        with running_registry() as url:
            yield url
    except RegistryUnavailableHere as reason:
        skip_unless_ci(reason)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[SchemaRegistryClient]:
    # It waits for ever by default: Apicurio once did not answer the first question, and a repeated one is answered
    with SchemaRegistryClient({"url": url, "timeout": 20}) as client:
        yield client


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """To a registry; closed at the end."""
    async with AsyncExitStack() as stack:

        def open_one(url: str, **how: Any) -> SchemaRegistry:
            registry = open_registry(SchemaRegistrySettings.model_validate({"url": url, **how}))
            assert registry is not None
            stack.push_async_callback(registry.aclose)
            return registry

        yield open_one


def evolved() -> str:
    schema = json.loads(text_of(INVENTORY.schema))
    schema["fields"].append({"name": "counted_by", "type": "string", "default": ""})
    return json.dumps(schema)


async def test_all_schemas_are_registered_once_under_their_subjects(
    connect: Connect, url: str, client: SchemaRegistryClient
) -> None:
    for _ in range(2):
        await AvroCodec(connect(url)).start()
    public = {f"{topic.name}-value" for topic in TOPICS if not topic.internal}
    assert set(client.get_subjects()) == public
    assert {len(client.get_versions(subject)) for subject in public} == {1}


async def test_what_a_foreign_serializer_wrote_is_read(
    connect: Connect, url: str, client: SchemaRegistryClient
) -> None:
    codec = AvroCodec(connect(url))
    await codec.start()
    data = AvroSerializer(client, text_of(INVENTORY.schema))(UPDATE, WHERE)
    await codec.prepare(INVENTORY.name, [data])
    assert codec.decode(INVENTORY.name, data) == UPDATE


async def test_what_we_write_a_foreign_deserializer_reads(
    connect: Connect, url: str, client: SchemaRegistryClient
) -> None:
    codec = AvroCodec(connect(url))
    await codec.start()
    read: Any = AvroDeserializer(client)(codec.encode(INVENTORY.name, UPDATE), WHERE)
    assert read["occurred_at"].timestamp() * 1000 == UPDATE["occurred_at"]
    assert read | {"occurred_at": 0} == UPDATE | {"occurred_at": 0}


async def test_a_producers_newer_schema_is_fetched_and_resolved(
    connect: Connect, url: str, client: SchemaRegistryClient
) -> None:
    codec = AvroCodec(connect(url))
    await codec.start()
    data = AvroSerializer(client, evolved())(UPDATE | {"counted_by": "me"}, WHERE)
    with pytest.raises(RuntimeError, match="waits_for"):
        codec.decode(INVENTORY.name, data)
    await codec.prepare(INVENTORY.name, [data])
    assert codec.decode(INVENTORY.name, data) == UPDATE


async def test_a_schema_that_refers_to_another_subject(
    connect: Connect, url: str, client: SchemaRegistryClient
) -> None:
    schema = json.loads(text_of(INVENTORY.schema))
    place = {"type": "record", "name": "Place", "namespace": "smartconnect", "fields": [{"name": "x", "type": "int"}]}
    client.register_schema("place", Schema(json.dumps(place), "AVRO"))
    schema["fields"].append({"name": "place", "type": "smartconnect.Place"})
    reference = {"name": "smartconnect.Place", "subject": "place", "version": 1}
    body = {"schema": json.dumps(schema), "schemaType": "AVRO", "references": [reference]}
    schema_id = client.register_schema("other", Schema.from_dict(body))
    plain = AvroCodec().encode(INVENTORY.name, UPDATE)[10:]
    data = b"\x00" + schema_id.to_bytes(4) + plain + b"\x02"  # x = 1
    codec = AvroCodec(connect(url))
    await codec.prepare(INVENTORY.name, [data])
    assert codec.decode(INVENTORY.name, data) == UPDATE


async def test_an_id_that_nobody_registered_is_bad_input(connect: Connect, url: str) -> None:
    codec, data = AvroCodec(connect(url)), b"\x00\x7f\x00\x00\x00rest"
    await codec.prepare(INVENTORY.name, [data])
    with pytest.raises(BadRecord) as caught:
        codec.decode(INVENTORY.name, data)
    assert caught.value.reason == "UNKNOWN_SCHEMA"
    assert "40403" in caught.value.message


@pytest.mark.parametrize("schema_id", [0, 2**31, 2**32 - 1])
async def test_ids_that_no_registry_could_have_are_answered_too(connect: Connect, url: str, schema_id: int) -> None:
    answer = await connect(url).fetch(schema_id)
    assert isinstance(answer, NoSuchSchema | RefusedSchema | OddAnswer)


async def test_a_schema_of_another_kind_is_told(connect: Connect, url: str, client: SchemaRegistryClient) -> None:
    schema_id = client.register_schema(
        "json-value", Schema('{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}', "JSON")
    )
    codec, data = AvroCodec(connect(url)), b"\x00" + schema_id.to_bytes(4) + b"{}"
    await codec.prepare(INVENTORY.name, [data])
    with pytest.raises(BadRecord, match=r"INCOMPATIBLE_SCHEMA: .*JSON"):
        codec.decode(INVENTORY.name, data)


async def test_without_leave_to_register_an_unknown_schema_is_told(connect: Connect, url: str) -> None:
    with pytest.raises(RegistryRefused, match="AUTO_REGISTER"):
        await connect(url, auto_register=False).id_of("never-value", text_of(INVENTORY.schema))


async def test_without_leave_to_register_a_known_schema_is_found(connect: Connect, url: str) -> None:
    await AvroCodec(connect(url)).start()
    await AvroCodec(connect(url, auto_register=False)).start()


async def test_an_incompatible_subject_is_told(connect: Connect, url: str, client: SchemaRegistryClient) -> None:
    client.register_schema("taken-value", Schema('"string"', "AVRO"))
    client.set_config("taken-value", ServerConfig(compatibility=ConfigCompatibilityLevel.BACKWARD))
    with pytest.raises(RegistryRefused, match="taken-value"):
        await connect(url).id_of("taken-value", text_of(INVENTORY.schema))


async def test_a_registry_that_does_not_answer_is_unavailable_and_shows_no_password(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    registry = connect("http://127.0.0.1:9", username="user", password="s3cret")
    for asked in (registry.fetch(1), registry.id_of("a-value", '"string"')):
        with pytest.raises(RegistryUnavailable) as caught:
            await asked
        assert "s3cret" not in str(caught.value)
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (404, b'{"error_code": 40403, "message": "Schema 7 not found"}', NoSuchSchema),
        (404, b'{"error_code": 40401, "message": "Subject not found"}', RefusedSchema),
        (404, b"default backend - 404", OddAnswer),
        (404, b'{"message": "no Route matched"}', OddAnswer),
        (404, b'{"error_code": "40403"}', OddAnswer),
        (403, b'{"error_code": 40301, "message": "User is denied operation"}', RefusedSchema),
        (401, b"", OddAnswer),
        (400, b"Bad Request", OddAnswer),
        (500, b'{"error_code": 50001, "message": "store"}', OddAnswer),
        (302, b"", OddAnswer),
        (200, b"<html>log in</html>", OddAnswer),
        (200, b"[]", OddAnswer),
        (200, b"", OddAnswer),
        (200, b'{"schema": 7}', OddAnswer),
        (200, b'{"schema": "\\"string\\""}', RegisteredSchema),
    ],
    ids=repr,
)
async def test_what_is_the_registrys_word_and_what_is_not(
    connect: Connect, status: int, body: bytes, answer: type[Any]
) -> None:
    server = RegistryServer()
    server.fault = (status, {}, body)
    with serving(server) as url:
        told = await connect(url).fetch(7)
    assert isinstance(told, answer), told
    assert len(server.asked) == 1, "the client asks once; who asks again, and when, is decided elsewhere"
    if status != 200:
        assert str(status) in told.told


async def test_the_password_is_used(connect: Connect) -> None:
    server = RegistryServer()
    server.fault = (200, {}, b'{"schema": "\\"string\\""}')
    with serving(server) as url:
        await connect(url, username="user", password="s@cret").fetch(7)
    assert base64.b64decode(server.authorizations[0].removeprefix("Basic ")) == b"user:s@cret"


async def test_references_in_a_circle_end(connect: Connect) -> None:
    """Of any registry: the real ones refuse them."""
    server = RegistryServer()
    circle = {"schema": '"string"', "references": [{"name": "A", "subject": "a", "version": 1}]}
    server.fault = (200, {}, json.dumps(circle).encode())
    with serving(server) as url:
        assert isinstance(await connect(url).fetch(7), RegisteredSchema)
    assert len(server.asked) == 2
