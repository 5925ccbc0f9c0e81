"""A writer's schema that is not ours: resolved by its meaning, or refused naming the field."""

import json
from decimal import Decimal
from typing import Any

import pytest

from connector.kafka.avro.decoder.binary import Cursor, Undecodable
from connector.kafka.avro.decoder.resolution import resolve
from connector.kafka.avro.decoder.scalars import Mismatch, OutOfRange
from connector.kafka.avro.parsing import parse_type
from connector.kafka.avro.types import AvroType
from tests.kit.kafka.avro.writers import number

MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
OURS_DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}


def record(name: str, **fields: Any) -> dict[str, Any]:
    """A field whose type is a tuple has that default."""
    made = [
        {"name": each, "type": kind[0], "default": kind[1]} if isinstance(kind, tuple) else {"name": each, "type": kind}
        for each, kind in fields.items()
    ]
    return {"type": "record", "name": name, "fields": made}


def typed(schema: Any) -> AvroType:
    return parse_type([json.dumps(schema)])


def read(writer: Any, reader: Any, data: bytes) -> Any:
    """To the last byte."""
    cursor = Cursor(data, 0)
    value = resolve(typed(writer), typed(reader))(cursor)
    cursor.finish()
    return value


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {**OURS_DECIMAL, "precision": precision, "scale": scale}


def unscaled(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return number(size) + value.to_bytes(size, "big", signed=True)


class TestDecimals:
    @pytest.mark.parametrize(
        ("writer", "value", "meant"),
        [
            (decimal(10, 2), 3000, "30.0000"),
            (decimal(10, 0), 30, "30.0000"),
            (decimal(18, 4), -1, "-0.0001"),
            (decimal(30, 8), 3000000000, "30.0000"),
            (decimal(38, 6), 10**19, "10000000000000.0000"),
        ],
    )
    def test_by_the_writers_scale(self, writer: Any, value: int, meant: str) -> None:
        found = read(writer, OURS_DECIMAL, unscaled(value))
        assert (found, str(found)) == (Decimal(meant), meant)

    def test_of_a_fixed_size(self) -> None:
        writer = {**decimal(9, 2), "type": "fixed", "name": "F", "size": 4}
        assert read(writer, OURS_DECIMAL, (150).to_bytes(4)) == Decimal("1.5")

    @pytest.mark.parametrize(
        ("writer", "value"),
        [
            (decimal(30, 5), 1),  # 0.00001
            (decimal(30, 0), 10**14),  # 18 digits and 4 of them behind the point
            (decimal(4, 2), 10**4),  # more than the writer's own
            (decimal(500, 0), 10**400),
            (decimal(18, 4), 2**8_000_000),  # a megabyte
        ],
        ids=["small", "large", "own", "500", "megabyte"],
    )
    def test_more_digits_than_fit_are_told(self, writer: Any, value: int) -> None:
        with pytest.raises(OutOfRange, match=r"Length\.value: it has more digits"):
            read(record("Length", value=writer), record("Length", value=OURS_DECIMAL), unscaled(value))

    @pytest.mark.parametrize(
        "writer",
        [
            "bytes",
            {"type": "bytes", "logicalType": "decimal"},
            {**OURS_DECIMAL, "scale": 19},
            {**OURS_DECIMAL, "logicalType": "big-decimal"},
            "string",
            "double",
            "int",
        ],
        ids=json.dumps,
    )
    def test_what_has_no_scale_is_no_decimal(self, writer: Any) -> None:
        path = r"Command\.length > Length\.value: .*decimal\(18,4\)"
        with pytest.raises(Mismatch, match=path):
            read(
                record("Command", length=record("Length", value=writer)),
                record("Command", length=["null", record("Length", value=OURS_DECIMAL)]),
                bytes(40),
            )

    def test_no_bytes_are_no_decimal(self) -> None:
        with pytest.raises(Undecodable):
            read(OURS_DECIMAL, OURS_DECIMAL, b"\x00")


class TestTimes:
    @pytest.mark.parametrize("writer", [MILLIS, "long", {"type": "long"}, [MILLIS], {"type": MILLIS}])
    def test_milliseconds_and_plain_longs(self, writer: Any) -> None:
        """Most producers write plain longs."""
        prefix = b"\x00" if isinstance(writer, list) else b""
        assert read(writer, MILLIS, prefix + number(1_772_445_599_000)) == 1_772_445_599_000

    @pytest.mark.parametrize(
        "writer",
        [
            {"type": "int", "logicalType": "date"},
            {"type": "int", "logicalType": "time-millis"},
            *({"type": "long", "logicalType": f"time{rest}"} for rest in ("-micros", "stamp-micros", "stamp-nanos")),
            {"type": "long", "logicalType": "local-timestamp-millis"},
            {"type": "long", "logicalType": "made-up"},
            {"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"},
            {"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"},
            {"type": "string", "logicalType": "uuid"},
            "int",
            "string",
            "double",
        ],
        ids=json.dumps,
    )
    def test_any_other_unit_is_refused_naming_ours(self, writer: Any) -> None:
        with pytest.raises(Mismatch, match=r"Update\.occurred_at: .*timestamp-millis"):
            read(record("Update", occurred_at=writer), record("Update", occurred_at=MILLIS), bytes(40))

    def test_debeziums_milliseconds_are_ours(self) -> None:
        writer = {"type": "long", "connect.name": "io.debezium.time.Timestamp"}
        assert read(writer, MILLIS, number(5)) == 5

    @pytest.mark.parametrize(
        ("writer", "reader"), [({"type": "int", "logicalType": "date"}, "int"), (MILLIS, "long"), (MILLIS, "double")]
    )
    def test_a_time_is_no_quantity(self, writer: Any, reader: str) -> None:
        with pytest.raises(Mismatch):
            read(writer, reader, bytes(8))

    def test_unknown_logical_types_and_uuids_are_what_they_are_written_as(self) -> None:
        assert read({"type": "int", "logicalType": "percent"}, "int", number(7)) == 7
        assert read({"type": "string", "logicalType": "uuid"}, "string", number(1) + b"u") == "u"


class TestUnions:
    ACTIONS = [record("Confirm"), record("Ship", package_ids=({"type": "array", "items": "string"}, []))]  # noqa: RUF012

    def test_a_single_record_where_ours_is_a_union(self) -> None:
        assert read(record("Ship", package_ids={"type": "array", "items": "string"}), self.ACTIONS, b"\x00") == (
            "Ship",
            {"package_ids": []},
        )

    def test_a_wider_union_matters_only_where_its_odd_branch_is_met(self) -> None:
        writer = [record("Vanish"), *self.ACTIONS]
        assert read(writer, self.ACTIONS, number(1)) == ("Confirm", {})
        with pytest.raises(Mismatch, match="Vanish"):
            read(writer, self.ACTIONS, number(0))

    def test_a_narrower_one_and_another_order(self) -> None:
        assert read([self.ACTIONS[1], self.ACTIONS[0]], self.ACTIONS, number(1)) == ("Confirm", {})

    def test_null_where_ours_is_never_null(self) -> None:
        writer, reader = record("R", sku=["null", "string"]), record("R", sku="string")
        assert read(writer, reader, number(1) + number(1) + b"s") == {"sku": "s"}
        with pytest.raises(Mismatch, match=r"R\.sku: it is null"):
            read(writer, reader, number(0))

    def test_the_branch_of_the_same_type_comes_before_one_to_be_promoted_to(self) -> None:
        assert read("int", ["double", "int"], number(3)) == 3
        assert isinstance(read("int", ["string", "double"], number(3)), float)

    @pytest.mark.parametrize("data", [number(-1), number(2)])
    def test_an_index_beyond_it(self, data: bytes) -> None:
        with pytest.raises(Undecodable):
            read(["null", "int"], ["null", "int"], data)


class TestRecords:
    def test_of_another_name(self) -> None:
        with pytest.raises(Mismatch) as caught:
            read(record("io.ksql.Ksql", x="int"), record("smartconnect.Update", x="int"), number(1))
        for told in ("io.ksql.Ksql", "smartconnect.Update", "VALUE_AVRO_SCHEMA_FULL_NAME", "SetSchemaMetadata"):
            assert told in str(caught.value)

    def test_of_another_namespace(self) -> None:
        assert read(record("oms.Update", x="int"), record("smartconnect.Update", x="int"), number(1)) == {"x": 1}

    def test_fields_more_less_and_in_another_order(self) -> None:
        writer = record("R", more=record("M", deep=["null", "string"]), b="string", a="int")
        reader = record("R", a="int", b="string", c=({"type": "array", "items": "int"}, [1]), d=(["null", "int"], None))
        data = number(1) + number(1) + b"x" + number(1) + b"b" + number(5)
        first, second = read(writer, reader, data), read(writer, reader, data)
        assert first == second == {"a": 5, "b": "b", "c": [1], "d": None}
        assert first["c"] is not second["c"]

    def test_a_field_without_a_default_that_is_missing(self) -> None:
        with pytest.raises(Mismatch, match=r"R\.b: .*no such field"):
            read(record("R", a="int"), record("R", a="int", b="string"), number(1))

    def test_an_alias_of_ours(self) -> None:
        reader = {
            "type": "record",
            "name": "R",
            "aliases": ["Old"],
            "fields": [{"name": "n", "aliases": ["o"], "type": "int"}],
        }
        assert read(record("Old", o="int"), reader, number(4)) == {"n": 4}

    def test_promotions(self) -> None:
        writer, reader = (
            record("R", a="int", b="long", c="bytes", d="string"),
            record("R", a="long", b="double", c="string", d="bytes"),
        )
        data = number(1) + number(2) + number(1) + b"c" + number(1) + b"d"
        assert read(writer, reader, data) == {"a": 1, "b": 2.0, "c": "c", "d": b"d"}
        with pytest.raises(Mismatch, match=r"R\.a"):
            read(record("R", a="long"), record("R", a="int"), number(1))


class TestEnums:
    UNITS = {"type": "enum", "name": "Unit", "symbols": ["CM", "M"]}  # noqa: RUF012 - read only

    def test_by_symbol_not_by_number(self) -> None:
        assert read({**self.UNITS, "symbols": ["MM", "M", "CM"]}, self.UNITS, number(2)) == "CM"

    def test_a_symbol_that_ours_has_not(self) -> None:
        writer, reader = record("L", unit={**self.UNITS, "symbols": ["MM"]}), record("L", unit=self.UNITS)
        with pytest.raises(Mismatch, match=r"L\.unit: 'MM' is none of ours \(CM, M\)"):
            read(writer, reader, number(0))
        assert read(writer, record("L", unit={**self.UNITS, "default": "M"}), number(0)) == {"unit": "M"}

    @pytest.mark.parametrize("data", [number(-1), number(2)])
    def test_an_index_beyond_it(self, data: bytes) -> None:
        with pytest.raises(Undecodable):
            read(self.UNITS, self.UNITS, data)
