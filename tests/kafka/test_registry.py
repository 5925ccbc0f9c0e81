"""The codec against a real Confluent-compatible registry, driven by confluent-kafka's own serializer too."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.schema_registry import ConfigCompatibilityLevel, Schema, SchemaRegistryClient, ServerConfig
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import RegistryRefused, RegistryUnavailable, SchemaRegistry
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import INVENTORY, TOPICS
from tests.kit.kafka.registry import RegistryUnavailableHere, running_registry
from tests.kit.kafka.sample_records import UPDATE

pytestmark = pytest.mark.kafka
WHERE = SerializationContext(INVENTORY.name, MessageField.VALUE)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    try:
        with running_registry() as url:
            yield url
    except RegistryUnavailableHere as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def client(url: str) -> SchemaRegistryClient:
    return SchemaRegistryClient({"url": url})


def evolved() -> str:
    schema = json.loads(text_of(INVENTORY.schema))
    schema["fields"].append({"name": "counted_by", "type": "string", "default": ""})
    return json.dumps(schema)


async def test_all_schemas_are_registered_once_under_their_subjects(url: str, client: SchemaRegistryClient) -> None:
    for _ in range(2):
        await AvroCodec(SchemaRegistry(url)).start()
    assert {f"{topic.name}-value" for topic in TOPICS} <= set(client.get_subjects())
    assert {len(client.get_versions(f"{topic.name}-value")) for topic in TOPICS} == {1}


async def test_what_a_foreign_serializer_wrote_is_read(url: str, client: SchemaRegistryClient) -> None:
    codec = AvroCodec(SchemaRegistry(url))
    await codec.start()
    data = AvroSerializer(client, text_of(INVENTORY.schema))(UPDATE, WHERE)
    await codec.prepare(INVENTORY.name, [data])
    assert codec.decode(INVENTORY.name, data) == UPDATE


async def test_what_we_write_a_foreign_deserializer_reads(url: str, client: SchemaRegistryClient) -> None:
    codec = AvroCodec(SchemaRegistry(url))
    await codec.start()
    read: Any = AvroDeserializer(client)(codec.encode(INVENTORY.name, UPDATE), WHERE)
    assert read["occurred_at"].timestamp() * 1000 == UPDATE["occurred_at"]
    assert read | {"occurred_at": 0} == UPDATE | {"occurred_at": 0}


async def test_a_producers_newer_schema_is_fetched_and_resolved(url: str, client: SchemaRegistryClient) -> None:
    codec = AvroCodec(SchemaRegistry(url))
    await codec.start()
    data = AvroSerializer(client, evolved())(UPDATE | {"counted_by": "me"}, WHERE)
    with pytest.raises(RuntimeError, match="prepare"):
        codec.decode(INVENTORY.name, data)
    await codec.prepare(INVENTORY.name, [data])
    assert codec.decode(INVENTORY.name, data) == UPDATE


async def test_a_schema_that_refers_to_another_subject(url: str, client: SchemaRegistryClient) -> None:
    schema = json.loads(text_of(INVENTORY.schema))
    place = {"type": "record", "name": "Place", "namespace": "smartconnect", "fields": [{"name": "x", "type": "int"}]}
    client.register_schema("place", Schema(json.dumps(place), "AVRO"))
    schema["fields"].append({"name": "place", "type": "smartconnect.Place"})
    reference = {"name": "smartconnect.Place", "subject": "place", "version": 1}
    body = {"schema": json.dumps(schema), "schemaType": "AVRO", "references": [reference]}
    schema_id = client.register_schema("other", Schema.from_dict(body))
    plain = AvroCodec().encode(INVENTORY.name, UPDATE)[10:]
    data = b"\x00" + schema_id.to_bytes(4) + plain + b"\x02"  # x = 1
    codec = AvroCodec(SchemaRegistry(url))
    await codec.prepare(INVENTORY.name, [data])
    assert codec.decode(INVENTORY.name, data) == UPDATE


async def test_an_id_that_nobody_registered_is_bad_input(url: str) -> None:
    codec, data = AvroCodec(SchemaRegistry(url)), b"\x00\x7f\x00\x00\x00rest"
    await codec.prepare(INVENTORY.name, [data])
    with pytest.raises(BadRecord) as caught:
        codec.decode(INVENTORY.name, data)
    assert caught.value.reason == "UNKNOWN_SCHEMA"


async def test_without_leave_to_register_an_unknown_schema_is_told(url: str) -> None:
    with pytest.raises(RegistryRefused, match="AUTO_REGISTER"):
        await SchemaRegistry(url, may_register=False).id_of("never-value", text_of(INVENTORY.schema))


async def test_without_leave_to_register_a_known_schema_is_found(url: str) -> None:
    await AvroCodec(SchemaRegistry(url)).start()
    await AvroCodec(SchemaRegistry(url, may_register=False)).start()


async def test_an_incompatible_subject_is_told(url: str, client: SchemaRegistryClient) -> None:
    client.register_schema("taken-value", Schema('"string"', "AVRO"))
    client.set_config("taken-value", ServerConfig(compatibility=ConfigCompatibilityLevel.BACKWARD))
    with pytest.raises(RegistryRefused, match="taken-value"):
        await SchemaRegistry(url).id_of("taken-value", text_of(INVENTORY.schema))


async def test_a_registry_that_does_not_answer_is_unavailable_and_shows_no_password() -> None:
    registry = SchemaRegistry("http://127.0.0.1:9", username="user", password="s3cret")
    for asked in (registry.fetch(1), registry.id_of("a-value", '"string"')):
        with pytest.raises(RegistryUnavailable) as caught:
            await asked
        assert "s3cret" not in str(caught.value)
