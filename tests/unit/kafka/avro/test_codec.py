"""The codec: both wire formats, evolved writers, and a clear reason for whatever can't be read (guarantee G7)."""

import json
import shutil
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import schemaless_writer

from connector.kafka.avro.codec import UNKNOWN_FOR_S, AvroCodec, BadRecord
from connector.kafka.avro.registry import RegistryUnavailable
from connector.kafka.avro.schemas import SCHEMAS_DIR, parse, text_of
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS, TOPICS
from tests.kit.kafka.sample_records import UPDATE

COMMAND = {"command_id": "c1", "merchant_id": "A1", "shipment_id": "S1", "issued_at": 1, "expires_at": None}


class FakeRegistry:
    def __init__(self, *texts: str) -> None:
        self.texts = dict(enumerate(texts, start=100))
        self.fetched: list[int] = []
        self.subjects: list[str] = []
        self.down = False

    async def fetch(self, schema_id: int) -> list[str] | None:
        if self.down:
            raise RegistryUnavailable("down")
        self.fetched.append(schema_id)
        return [self.texts[schema_id]] if schema_id in self.texts else None

    async def id_of(self, subject: str, schema: str) -> int:
        self.subjects.append(subject)
        self.texts[len(self.texts) + 1] = schema
        return len(self.texts)


def changed(name: str, *added: dict[str, Any], removed: str = "") -> str:
    schema = json.loads(text_of(name))
    schema["fields"] = [field for field in schema["fields"] if field["name"] != removed] + list(added)
    return json.dumps(schema)


def framed(text: str, record: dict[str, Any], header: bytes) -> bytes:
    out = BytesIO(header)
    out.seek(len(header))
    schemaless_writer(out, parse([text]).schema, record)
    return out.getvalue()


def why(codec: AvroCodec, data: bytes | None, topic: str = INVENTORY.name) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        codec.decode(topic, data)
    return caught.value


class TestWithoutRegistry:
    def test_single_object_encoding_as_the_specification_has_it(self) -> None:
        codec = AvroCodec()
        data = codec.encode(INVENTORY.name, UPDATE)
        fingerprint = parse([text_of("inventory_update")]).single_object_header[2:]
        assert data[:10] == b"\xc3\x01" + fingerprint
        assert codec.decode(INVENTORY.name, data) == UPDATE

    @pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
    def test_every_topic_has_its_codec(self, topic: Any) -> None:
        assert why(AvroCodec(), b"", topic.name).reason == "UNDECODABLE"

    @pytest.mark.parametrize(
        ("data", "reason", "told"),
        [
            (None, "UNDECODABLE", "no value"),
            (b"", "UNDECODABLE", "no value"),
            (b'{"sku": 1}', "UNDECODABLE", "neither"),
            (b"\xc3\x02" + bytes(20), "UNDECODABLE", "neither"),
            (b"\xc3\x01\x00", "UNDECODABLE", "cut off"),
            (b"\x00\x00\x00", "UNDECODABLE", "cut off"),
            (b"\xc3\x01" + bytes(8) + b"rest", "UNKNOWN_SCHEMA", "0000000000000000"),
            (b"\x00\x00\x00\x00\x07rest", "UNKNOWN_SCHEMA", "CONNECTOR_SCHEMA_REGISTRY__URL"),
        ],
    )
    def test_what_is_no_record_of_ours(self, data: bytes | None, reason: str, told: str) -> None:
        bad = why(AvroCodec(), data)
        assert bad.reason == reason
        assert told in bad.message

    def test_every_truncation_is_told(self) -> None:
        codec = AvroCodec()
        data = codec.encode(INVENTORY.name, UPDATE)
        assert {why(codec, data[:length]).reason for length in range(len(data))} == {"UNDECODABLE"}

    def test_leftover_bytes_are_told(self) -> None:
        codec = AvroCodec()
        assert "1 bytes are left over" in why(codec, codec.encode(INVENTORY.name, UPDATE) + b"x").message

    def test_the_data_is_never_in_the_message(self) -> None:
        codec = AvroCodec()
        data = codec.encode(INVENTORY.name, UPDATE | {"sku": "PRIVATE"})
        for broken in (data[:-3], data + b"PRIVATE", b"PRIVATE"):
            assert "PRIVATE" not in str(why(codec, broken))

    def test_a_length_that_asks_for_all_memory_is_bad_input(self) -> None:
        header = parse([text_of("inventory_update")]).single_object_header
        assert why(AvroCodec(), header + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f").reason == "UNDECODABLE"

    def test_an_earlier_version_is_read_and_its_missing_fields_get_their_defaults(self, tmp_path: Path) -> None:
        schemas = tmp_path / "schemas"
        shutil.copytree(SCHEMAS_DIR, schemas)
        added = {"name": "colour", "type": "string", "default": "grey"}
        (schemas / "inventory_update.avsc").write_text(changed("inventory_update", added))
        old = AvroCodec().encode(INVENTORY.name, UPDATE)
        assert AvroCodec(schemas_dir=schemas).decode(INVENTORY.name, old) == UPDATE | {"colour": "grey"}

    def test_our_own_mistake_is_an_exception(self) -> None:
        codec = AvroCodec()
        for wrong in (UPDATE | {"quantity": "many"}, {"sku": "only"}, UPDATE | {"merchant_id": None}):
            with pytest.raises((ValueError, TypeError)):
                codec.encode(INVENTORY.name, wrong)


class TestUnionsAndDecimals:
    def roundtrip(self, action: tuple[str, dict[str, Any]]) -> Any:
        codec = AvroCodec()
        data = codec.encode(ORDER_COMMANDS.name, COMMAND | {"action": action})
        return codec.decode(ORDER_COMMANDS.name, data)["action"]

    @pytest.mark.parametrize("name", ["Confirm", "GenerateInvoice", "Refresh"])
    def test_actions_without_fields_are_told_apart(self, name: str) -> None:
        assert self.roundtrip((f"smartconnect.{name}", {})) == (f"smartconnect.{name}", {})

    def test_fields_left_out_get_their_defaults(self) -> None:
        assert self.roundtrip(("smartconnect.Ship", {})) == ("smartconnect.Ship", {"package_ids": []})
        assert self.roundtrip(("smartconnect.Pack", {}))[1] == {
            "packages": [],
            "shipping_option_id": None,
            "courier": None,
        }

    def test_decimals_are_exact(self) -> None:
        length = {"value": Decimal("30.1001"), "unit": "CM"}
        package = {"package_id": "P1", "length": length, "weight": {"value": Decimal("0.5"), "unit": "KG"}}
        name, fields = self.roundtrip(("smartconnect.CreatePackages", {"packages": [package]}))
        assert name == "smartconnect.CreatePackages"
        assert fields["packages"][0]["length"] == length
        assert fields["packages"][0]["weight"]["value"] == Decimal("0.5")
        assert fields["packages"][0]["width"] is None


class TestWithRegistry:
    async def test_the_confluent_wire_format_and_subject(self) -> None:
        registry = FakeRegistry()
        codec = AvroCodec(registry)
        await codec.start()
        data = codec.encode(INVENTORY.name, UPDATE)
        assert data[0] == 0
        assert registry.texts[int.from_bytes(data[1:5])] == text_of("inventory_update")
        assert sorted(registry.subjects) == sorted(f"{topic.name}-value" for topic in TOPICS)
        assert codec.decode(INVENTORY.name, data) == UPDATE

    async def test_single_object_encoding_is_read_too(self) -> None:
        codec = AvroCodec(FakeRegistry())
        await codec.start()
        assert codec.decode(INVENTORY.name, AvroCodec().encode(INVENTORY.name, UPDATE)) == UPDATE

    async def test_an_evolved_writer_schema_is_resolved(self) -> None:
        writer = changed("inventory_update", {"name": "counted_by", "type": "string"})
        registry = FakeRegistry(writer)
        codec = AvroCodec(registry)
        data = framed(writer, UPDATE | {"counted_by": "me"}, b"\x00\x00\x00\x00\x64")
        await codec.prepare(INVENTORY.name, [data, data, None, b"", b"\x00", b"junk"])
        await codec.prepare(INVENTORY.name, [data])
        assert codec.decode(INVENTORY.name, data) == UPDATE
        assert registry.fetched == [100]

    @pytest.mark.parametrize(
        "writer",
        [changed("inventory_update", removed="sku"), '"string"', "not JSON", '{"type": "record"}'],
    )
    async def test_a_writer_that_can_not_be_resolved_is_bad_input(self, writer: str) -> None:
        codec = AvroCodec(FakeRegistry(writer))
        data = b"\x00\x00\x00\x00\x64" + bytes(40)
        await codec.prepare(INVENTORY.name, [data])
        assert why(codec, data).reason in ("UNDECODABLE", "INCOMPATIBLE_SCHEMA")

    async def test_times_in_other_units_are_refused_not_misread(self) -> None:
        codec = AvroCodec(FakeRegistry(text_of("inventory_update").replace("timestamp-millis", "timestamp-micros")))
        data = b"\x00\x00\x00\x00\x64" + bytes(40)
        await codec.prepare(INVENTORY.name, [data])
        assert "timestamp-millis" in why(codec, data).message

    async def test_an_unknown_id_is_asked_for_again_after_a_while(self) -> None:
        registry, now = FakeRegistry(), 0.0
        codec = AvroCodec(registry, clock=lambda: now)
        data = framed(text_of("inventory_update"), UPDATE, b"\x00\x00\x00\x00\x64")
        for _ in range(3):
            await codec.prepare(INVENTORY.name, [data])
            assert "no schema 100" in why(codec, data).message
        assert registry.fetched == [100]
        registry.texts[100] = text_of("inventory_update")
        now = UNKNOWN_FOR_S
        await codec.prepare(INVENTORY.name, [data])
        assert codec.decode(INVENTORY.name, data) == UPDATE

    async def test_a_registry_that_is_down_makes_no_record_bad(self) -> None:
        registry = FakeRegistry(text_of("inventory_update"))
        codec = AvroCodec(registry)
        data = framed(text_of("inventory_update"), UPDATE, b"\x00\x00\x00\x00\x64")
        registry.down = True
        with pytest.raises(RegistryUnavailable):
            await codec.prepare(INVENTORY.name, [data])
        registry.down = False
        await codec.prepare(INVENTORY.name, [data])
        assert codec.decode(INVENTORY.name, data) == UPDATE

    async def test_writing_before_start_is_our_own_mistake(self) -> None:
        with pytest.raises(RuntimeError, match="start"):
            AvroCodec(FakeRegistry()).encode(INVENTORY.name, UPDATE)
