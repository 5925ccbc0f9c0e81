"""The codec: both wire formats, evolved writers, and a clear reason for whatever can't be read (guarantee G7)."""

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import OddAnswer, RegisteredSchema, RegistryUnavailable
from connector.kafka.avro.schemas import SCHEMAS_DIR, single_object_header, text_of
from connector.kafka.topics import (
    ALERTS,
    API_CALLS,
    AUDIT,
    CONTROL,
    DEAD_LETTER_MARKS,
    DEAD_LETTERS,
    INTERNAL_COMMANDS,
    INVENTORY,
    LISTINGS,
    NOTIFICATIONS,
    ORDER_COMMANDS,
    TOPICS,
)
from tests.kit.kafka.avro.by_fastavro import written
from tests.kit.kafka.records import UPDATE
from tests.kit.kafka.registries import FakeRegistry

COMMAND = {"command_id": "c1", "merchant_id": "A1", "shipment_id": "S1", "issued_at": 1, "expires_at": None}


def changed(name: str, *added: dict[str, Any], removed: str = "") -> str:
    schema = json.loads(text_of(name))
    schema["fields"] = [field for field in schema["fields"] if field["name"] != removed] + list(added)
    return json.dumps(schema)


def framed(text: str, record: dict[str, Any], header: bytes) -> bytes:
    return written(text, record, header)


def why(codec: AvroCodec, data: bytes | None, topic: str = INVENTORY.name) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        codec.decode(topic, data)
    return caught.value


class TestWithoutRegistry:
    def test_single_object_encoding_as_the_specification_has_it(self) -> None:
        codec = AvroCodec()
        data = codec.encode(INVENTORY.name, UPDATE)
        fingerprint = single_object_header(text_of("inventory_update"))[2:]
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
        header = single_object_header(text_of("inventory_update"))
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

    @pytest.mark.parametrize("name", ["Confirm", "GenerateInvoice"])
    def test_actions_without_fields_are_told_apart(self, name: str) -> None:
        assert self.roundtrip((f"smartconnect.{name}", {})) == (f"smartconnect.{name}", {})

    def test_fields_left_out_get_their_defaults(self) -> None:
        assert self.roundtrip(("smartconnect.Ship", {})) == ("smartconnect.Ship", {"package_ids": []})
        assert self.roundtrip(("smartconnect.Refresh", {})) == ("smartconnect.Refresh", {"return_id": None})
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


ID = 100
HEADER = b"\x00" + ID.to_bytes(4)


def knowing(*texts: str) -> AvroCodec:
    return AvroCodec(FakeRegistry({ID: RegisteredSchema(texts)}))


class TestWithRegistry:
    async def test_the_confluent_wire_format_and_subject(self) -> None:
        registry = FakeRegistry()
        codec = AvroCodec(registry)
        await codec.start()
        data = codec.encode(INVENTORY.name, UPDATE)
        assert data[0] == 0
        assert registry.answers[int.from_bytes(data[1:5])] == RegisteredSchema((text_of("inventory_update"),))
        assert registry.subjects.keys() == {f"{topic.name}-value" for topic in TOPICS if not topic.internal}
        assert codec.decode(INVENTORY.name, data) == UPDATE

    async def test_single_object_encoding_is_read_too(self) -> None:
        codec = AvroCodec(FakeRegistry())
        await codec.start()
        assert codec.decode(INVENTORY.name, AvroCodec().encode(INVENTORY.name, UPDATE)) == UPDATE

    async def test_an_evolved_writer_schema_is_resolved(self) -> None:
        writer = changed("inventory_update", {"name": "counted_by", "type": "string"})
        registry = FakeRegistry({ID: RegisteredSchema((writer,))})
        codec = AvroCodec(registry)
        data = framed(writer, UPDATE | {"counted_by": "me"}, HEADER)
        await codec.prepare(INVENTORY.name, [data, data, None, b"", b"\x00", b"junk"])
        await codec.prepare(INVENTORY.name, [data])
        assert codec.decode(INVENTORY.name, data) == UPDATE
        assert registry.fetched == [ID]

    @pytest.mark.parametrize(
        "writer",
        [changed("inventory_update", removed="sku"), '"string"', "not JSON", '{"type": "record"}', ""],
    )
    async def test_a_writer_that_can_not_be_resolved_is_bad_input(self, writer: str) -> None:
        codec = knowing(writer)
        await codec.prepare(INVENTORY.name, [HEADER + bytes(40)])
        bad = why(codec, HEADER + bytes(40))
        assert bad.reason == "INCOMPATIBLE_SCHEMA"
        assert "schema 100 of the registry" in bad.message

    async def test_a_schema_that_is_not_avro_is_named(self) -> None:
        codec = AvroCodec(FakeRegistry({ID: RegisteredSchema(("{}",), "PROTOBUF")}))
        await codec.prepare(INVENTORY.name, [HEADER])
        assert "PROTOBUF" in why(codec, HEADER + bytes(40)).message

    async def test_what_the_registry_says_of_an_id_is_quoted(self) -> None:
        codec = AvroCodec(FakeRegistry({ID: OddAnswer("HTTP 403, error_code 40301: User is denied operation")}))
        await codec.prepare(INVENTORY.name, [HEADER, HEADER + b"more"])
        bad = why(codec, HEADER + bytes(40))
        assert bad.reason == "UNKNOWN_SCHEMA"
        assert "schema 100" in bad.message
        assert "40301" in bad.message

    async def test_a_registry_that_is_down_makes_no_record_bad(self) -> None:
        registry = FakeRegistry({ID: RegisteredSchema((text_of("inventory_update"),))})
        codec = AvroCodec(registry)
        data = framed(text_of("inventory_update"), UPDATE, HEADER)
        registry.down = True
        with pytest.raises(RegistryUnavailable):
            await codec.prepare(INVENTORY.name, [data])
        registry.down = False
        await codec.prepare(INVENTORY.name, [data])
        assert codec.decode(INVENTORY.name, data) == UPDATE

    async def test_writing_before_start_is_our_own_mistake(self) -> None:
        with pytest.raises(RuntimeError, match="start"):
            AvroCodec(FakeRegistry()).encode(INVENTORY.name, UPDATE)

    async def test_reading_before_the_registry_was_asked_is_our_own_mistake(self) -> None:
        with pytest.raises(RuntimeError, match="waits_for"):
            AvroCodec(FakeRegistry()).decode(INVENTORY.name, HEADER + bytes(40))


class TestInternalTopics:
    """What the connector tells itself needs no registry, and survives one that lost or renumbered its schemas."""

    LETTER = {  # noqa: RUF012 - read only
        "topic": "oms.inventory",
        "partition": 3,
        "offset": 4,
        "reason": "INVALID",
        "message": "m",
        "failed_at": 5,
    }

    def test_which_they_are(self) -> None:
        internal = {topic.name for topic in TOPICS if topic.internal}
        operators = {CONTROL.name, LISTINGS.name, DEAD_LETTER_MARKS.name, AUDIT.name}
        assert internal == {API_CALLS.name, INTERNAL_COMMANDS.name, DEAD_LETTERS.name, ALERTS.name, *operators}

    async def test_they_are_in_single_object_encoding_whatever_registry_there_is(self) -> None:
        codec = AvroCodec(FakeRegistry())
        data = codec.encode(DEAD_LETTERS.name, self.LETTER)
        assert data == AvroCodec().encode(DEAD_LETTERS.name, self.LETTER)
        assert data[:2] == b"\xc3\x01"
        assert codec.waits_for(DEAD_LETTERS.name, data) is None

    async def test_confluents_format_is_read_while_the_registry_knows_the_id(self) -> None:
        codec = knowing(text_of("merchant_control"))
        pause = {"merchant_id": "M1", "paused": True, "by": "me", "at": 1, "reason": "", "zeroed_stock": []}
        data = framed(text_of("merchant_control"), pause, HEADER)
        await codec.prepare(CONTROL.name, [data])
        assert codec.decode(CONTROL.name, data) == pause

    @pytest.mark.parametrize("answer", [None, '{"type": "enum", "name": "E0", "symbols": ["A"]}'])
    async def test_our_own_outcomes_are_read_though_the_registry_lost_their_id(self, answer: str | None) -> None:
        registry = FakeRegistry({} if answer is None else {ID: RegisteredSchema((answer,))})
        codec = AvroCodec(registry)
        data = HEADER + AvroCodec().encode(DEAD_LETTERS.name, self.LETTER)[10:]
        assert codec.waits_for(DEAD_LETTERS.name, data) is None
        assert codec.decode(DEAD_LETTERS.name, data)["offset"] == 4
        assert registry.fetched == [], "nobody is asked"
        await codec.prepare(DEAD_LETTERS.name, [data + b"x"])
        assert why(codec, data + b"x", DEAD_LETTERS.name).reason in ("UNKNOWN_SCHEMA", "INCOMPATIBLE_SCHEMA")
        assert codec.decode(DEAD_LETTERS.name, data)["offset"] == 4

    async def test_a_newer_version_of_ours_is_asked_for(self) -> None:
        """Another worker has it already."""
        writer = changed("notification", {"name": "colour", "type": "string", "default": ""})
        told = {"notification_id": "n", "merchant_id": "M1", "notification_type": "T", "received_at": 1, "raw": "{}"}
        data = framed(writer, told | {"colour": "blue"}, HEADER)
        codec = knowing(writer)
        await codec.learn(NOTIFICATIONS.name, [data])
        assert codec.decode(NOTIFICATIONS.name, data)["raw"] == "{}"

    async def test_what_an_operator_said_is_never_guessed(self) -> None:
        codec = AvroCodec(FakeRegistry())
        data = framed(text_of("merchant_control"), {"merchant_id": "M1", "paused": True, "at": 1}, HEADER)
        await codec.prepare(CONTROL.name, [data])
        assert why(codec, data, CONTROL.name).reason == "UNKNOWN_SCHEMA"


def test_text_that_utf8_has_not_is_written_readable() -> None:
    """Amazon's JSON may hold half of a surrogate pair."""
    codec = AvroCodec()
    data = codec.encode(INVENTORY.name, UPDATE | {"sku": "a\ud800b"})
    assert codec.decode(INVENTORY.name, data)["sku"] == "a\\ud800b"
