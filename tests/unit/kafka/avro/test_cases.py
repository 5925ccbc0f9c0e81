"""The failing inputs of tests/cases that a codec alone decides."""

from decimal import Decimal
from typing import Any

import pytest

from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import RegisteredSchema
from tests.kit.kafka.cases import CaseRecord, case_record
from tests.kit.kafka.registries import FakeRegistry


async def decoded(case: CaseRecord) -> dict[str, Any]:
    schemas = {} if case.schema_id is None else {case.schema_id: RegisteredSchema((case.schema,))}
    codec = AvroCodec(FakeRegistry(schemas))
    await codec.prepare(case.topic, [case.value])
    return codec.decode(case.topic, case.value)


async def fault_of(name: str) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        await decoded(case_record(name))
    return caught.value


async def test_decimal_scale_2() -> None:
    name, fields = (await decoded(case_record("decimal-scale-2")))["action"]
    assert name == "smartconnect.CreatePackages"
    (package,) = fields["packages"]
    assert package["length"] == {"value": Decimal(30), "unit": "CM"}
    assert package["height"]["value"] == Decimal(10)
    assert package["weight"] == {"value": Decimal("1.5"), "unit": "KG"}


async def test_decimal_plain_bytes() -> None:
    bad = await fault_of("decimal-plain-bytes")
    assert bad.reason == "INCOMPATIBLE_SCHEMA"
    assert "Length.value" in bad.message


async def test_action_no_union() -> None:
    assert (await decoded(case_record("action-no-union")))["action"] == ("smartconnect.Ship", {"package_ids": []})


async def test_time_as_date() -> None:
    bad = await fault_of("time-as-date")
    assert bad.reason == "INCOMPATIBLE_SCHEMA"
    assert "occurred_at" in bad.message
    assert "timestamp-millis" in bad.message


async def test_number_too_long() -> None:
    assert (await fault_of("number-too-long")).reason == "UNDECODABLE"


async def test_record_of_another_name() -> None:
    bad = await fault_of("record-of-another-name")
    assert bad.reason == "INCOMPATIBLE_SCHEMA"
    for told in ("KsqlDataSourceSchema", "InventoryUpdate", "VALUE_AVRO_SCHEMA_FULL_NAME"):
        assert told in bad.message
