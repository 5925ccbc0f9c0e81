"""The schemas and their released versions (schemas/history): old and new producers and consumers may be mixed."""

import copy
import json
from collections.abc import Iterator
from itertools import pairwise, permutations
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse

from connector.kafka.avro.schemas import SCHEMAS_DIR, released, text_of
from connector.kafka.topics import TOPICS

NAMES = sorted(file.stem for file in SCHEMAS_DIR.glob("*.avsc"))


def incompatibilities(reader: str, writer: str) -> list[str]:
    found = ReaderWriterCompatibilityChecker().get_compatibility(parse(reader), parse(writer))
    return [] if found.compatibility is SchemaCompatibilityType.compatible else sorted(found.messages)


def defaults(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path of a field, whether it has a default)."""
    if isinstance(schema, list):
        for branch in schema:
            yield from defaults(branch, path)
    elif isinstance(schema, dict):
        for field in schema.get("fields", []):
            inner = f"{path}/{schema['name']}.{field['name']}"
            yield inner, "default" in field
            yield from defaults(field["type"], inner)
        for key in ("type", "items", "values"):
            if isinstance(schema.get(key), dict | list):
                yield from defaults(schema[key], path)


def lost_defaults(older: str, newer: str) -> list[str]:
    now = dict(defaults(json.loads(newer)))
    return [path for path, given in defaults(json.loads(older)) if given and not now.get(path, True)]


def test_there_is_one_schema_for_each_topic() -> None:
    assert sorted(topic.schema for topic in TOPICS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_in_force_is_the_last_released_version(name: str) -> None:
    """A changed schema is a new version: copy it to schemas/history/NAME.vN.avsc."""
    assert json.loads(released(name)[-1]) == json.loads(text_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_version_reads_every_other(name: str) -> None:
    """BACKWARD and FORWARD, transitively."""
    for reader, writer in permutations(released(name), 2):
        assert incompatibilities(reader, writer) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_default_once_given_stays(name: str) -> None:
    """Producers leave such fields out, and the registry's next change may build on it."""
    for older, newer in pairwise([*released(name), text_of(name)]):
        assert lost_defaults(older, newer) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_record_names_its_merchant_in_the_namespace(name: str) -> None:
    schema = json.loads(text_of(name))
    assert schema["namespace"] == "smartconnect"
    assert next(field["type"] for field in schema["fields"] if field["name"] == "merchant_id") == "string"


@pytest.mark.parametrize("name", NAMES)
def test_times_are_milliseconds_and_decimals_have_four_digits(name: str) -> None:
    text = text_of(name)
    assert text.count('"timestamp-') == text.count('"type": "long", "logicalType": "timestamp-millis"')
    assert text.count('"decimal"') == text.count('"logicalType": "decimal", "precision": 18, "scale": 4')


class TestTheChecks:
    """That they see what they are there for."""

    def test_a_new_field_without_a_default(self) -> None:
        changed = _with_field({"name": "colour", "type": "string"})
        assert incompatibilities(changed, text_of("inventory_update"))
        assert not incompatibilities(text_of("inventory_update"), changed)

    def test_a_new_field_with_a_default(self) -> None:
        changed = _with_field({"name": "colour", "type": "string", "default": ""})
        assert not incompatibilities(changed, text_of("inventory_update"))
        assert not incompatibilities(text_of("inventory_update"), changed)

    def test_a_removed_field_that_old_readers_need(self) -> None:
        schema = json.loads(text_of("inventory_update"))
        schema["fields"] = [field for field in schema["fields"] if field["name"] != "sku"]
        assert incompatibilities(text_of("inventory_update"), json.dumps(schema))

    def test_a_changed_type(self) -> None:
        schema = json.loads(text_of("inventory_update"))
        next(field for field in schema["fields"] if field["name"] == "quantity")["type"] = "string"
        assert incompatibilities(json.dumps(schema), text_of("inventory_update"))

    @pytest.mark.parametrize("name", ["order_event", "order_command", "api_call"])
    def test_a_removed_default_at_any_depth(self, name: str) -> None:
        schema = json.loads(text_of(name))
        given = [path for path, default in defaults(schema) if default]
        for number, path in enumerate(given):
            changed = copy.deepcopy(schema)
            _drop_default(changed, number)
            assert lost_defaults(json.dumps(schema), json.dumps(changed)) == [path]


def _with_field(field: dict[str, Any]) -> str:
    schema = json.loads(text_of("inventory_update"))
    schema["fields"].append(field)
    return json.dumps(schema)


def _drop_default(schema: Any, number: int) -> int:
    """Takes away the field default with that number, in the order of `defaults`; the number left to skip, or -1."""
    if isinstance(schema, list):
        for branch in schema:
            number = number if number < 0 else _drop_default(branch, number)
    elif isinstance(schema, dict):
        for field in schema.get("fields", []):
            if number == 0 and "default" in field:
                del field["default"]
                return -1
            number -= number >= 0 and "default" in field
            number = number if number < 0 else _drop_default(field["type"], number)
        for key in ("type", "items", "values"):
            if isinstance(schema.get(key), dict | list):
                number = number if number < 0 else _drop_default(schema[key], number)
    return number
