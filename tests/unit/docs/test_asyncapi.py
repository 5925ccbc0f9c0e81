"""The AsyncAPI document is valid, complete, and says what the code does."""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from avro.schema import parse
from jsonschema import Draft7Validator

from connector.domain.listings import listing_key
from connector.kafka.cloudevents import cloudevents_headers
from connector.kafka.topics import COMMAND_RESULTS, INVENTORY_RESULTS, LISTINGS, TOPICS
from docs.tables import ASYNCAPI
from docs.tables.asyncapi import asyncapi_text, message_name
from tests.kit.examples import ROOT

SPECIFICATION = ROOT / "tests/kit/asyncapi-3.0.0.json"  # AsyncAPI's own, under asyncapi.LICENSE
TEXT = ASYNCAPI.read_text()
DOCUMENT: dict[str, Any] = yaml.safe_load(TEXT)
MESSAGES: dict[str, dict[str, Any]] = DOCUMENT["components"]["messages"]


def test_it_is_as_the_code_is() -> None:
    """To mend it: make tables."""
    assert asyncapi_text() == TEXT


def test_it_is_valid_by_the_asyncapi_specification() -> None:
    schema = json.loads(SPECIFICATION.read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(DOCUMENT)] == []


def references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for inner in part.values():
                yield from references(inner)
        case list():
            for inner in part:
                yield from references(inner)


def at(reference: str) -> Any:
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    assert all(at(reference) for reference in found)


def test_every_topic_is_there_with_an_avro_schema_that_another_library_reads() -> None:
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]
    for message in MESSAGES.values():
        schema = message["payload"]["schema"]
        assert parse(json.dumps(schema)).fullname == f"smartconnect.{message['name']}"


def test_every_key_is_a_field_of_the_record_or_said_in_words() -> None:
    keys = {name: message["bindings"]["kafka"]["key"]["description"] for name, message in MESSAGES.items()}
    in_words = {"DeadLetter", "DeadLetterMark", "Listing"}
    for name, key in keys.items():
        fields = {field["name"] for field in MESSAGES[name]["payload"]["schema"]["fields"]}
        assert (key in fields) == (name not in in_words), name
    assert listing_key("merchant_id", "marketplace", "client_sku_id") == LISTINGS.key


def test_what_the_oms_writes_is_answered_and_what_it_reads_is_sent() -> None:
    operations = DOCUMENT["operations"]
    answers = {
        name: operation["reply"]["channel"]["$ref"] for name, operation in operations.items() if "reply" in operation
    }
    assert answers == {
        "receiveInventoryUpdate": f"#/channels/{INVENTORY_RESULTS.name}",
        "receiveOrderCommand": f"#/channels/{COMMAND_RESULTS.name}",
    }
    assert {name.removeprefix("send") for name in operations if name.startswith("send")} == {
        *MESSAGES.keys() - {"InventoryUpdate", "OrderCommand"}
    }
    followed = {"MerchantControl", "Listing", "Alert"}
    taken = {"InventoryUpdate", "OrderCommand", "Notification", "ApiCall", "InternalCommand"}
    assert {name.removeprefix("receive") for name in operations if name.startswith("receive")} == followed | taken


def test_the_headers_of_cloudevents_are_those_that_events_get() -> None:
    ids = {"event_id": "e", "merchant_id": "M1", "shipment_id": "S", "return_id": "R"}
    event = ids | {"type": "T", "occurred_at_ms": 0}
    told = DOCUMENT["components"]["messageTraits"]["cloudEvent"]["headers"]["properties"]
    for topic in TOPICS:
        got = [name for name, _ in cloudevents_headers("connector")(topic, event)]
        traits = [reference for reference in references(MESSAGES[message_name(topic)]) if "cloudEvent" in reference]
        assert got == (list(told) if traits else [])
