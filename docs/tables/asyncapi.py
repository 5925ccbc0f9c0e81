"""The AsyncAPI document of all topics, from their definitions, the schemas, and what a worker reads."""

import asyncio
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from connector.agents.dead_letters import FIRST_OFFSET, FIRST_PARTITION
from connector.cli.records.dead_letters import RETRIED_FROM
from connector.cli.records.replay import REPLAYED_FROM
from connector.kafka.avro.schemas import text_of
from connector.kafka.cloudevents import CLOUDEVENTS_OF
from connector.kafka.topic_admin import WantedTopic, wanted_topics
from connector.kafka.topics import COMMAND_RESULTS, INVENTORY, INVENTORY_RESULTS, ORDER_COMMANDS, TOPICS, Topic
from connector.settings import KafkaSettings
from docs.tables.worker import wired_worker

ROOT = Path(__file__).parents[2]
BINDING = "0.5.0"  # of Kafka
AVRO = (
    "application/vnd.apache.avro;version=1.9.0"  # the newest that AsyncAPI's own parser takes; 1.11 added nothing here
)
REPLICAS = 3  # in production

WRITERS = {"oms": "the OMS", "connector": "the workers", "operator": "the operators' commands"}
ANSWERED_ON = {INVENTORY: (INVENTORY_RESULTS, "update_id"), ORDER_COMMANDS: (COMMAND_RESULTS, "command_id")}
HEADERS = {
    FIRST_PARTITION: "where it came first, of a record that was sent on to its merchant's home partition",
    FIRST_OFFSET: "likewise",
    REPLAYED_FROM: "topic/partition/offset, of a record that `connector replay` wrote again",
    RETRIED_FROM: "the dead letter's place, of a record that `connector dead-letters retry` wrote again",
}
CLOUDEVENTS = {
    "ce_specversion": "1.0",
    "ce_id": "the event's event_id",
    "ce_source": "/<CONNECTOR_APP_ID>/merchants/<merchant_id>",
    "ce_type": "the schema's full name and, where the event has one, its type: smartconnect.OrderEvent.SHIPPED",
    "ce_subject": "the shipment_id, of a return the return_id",
    "ce_time": "occurred_at, in RFC 3339",
    "content-type": "application/avro",
}
DESCRIPTION = """\
What the connector reads from Kafka and writes to it, as seen from the connector: it receives what the OMS writes, and
sends what the OMS reads. Made from the code by `make tables`.

All topics have the same number of partitions, and a record belongs to the partition murmur2(merchant_id) modulo that
number. Values are Avro: in Confluent's wire format where there is a registry (subject <topic>-value), else, and always
on the connector's internal topics, in Avro's single-object encoding. Readers here take both.
"""


def asyncapi_text() -> str:
    return yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)


def asyncapi() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "asyncapi": "3.0.0",  # what tools read; 3.1 added nothing that is used here
        "id": "urn:smartconnect:connector",
        "info": {
            "title": "SmartConnect connector",
            "version": project["version"],
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "avro/binary",
        "servers": {"kafka": _server()},
        "channels": dict(_channels()),
        "operations": dict(_operations()),
        "components": {
            "messages": {message_name(topic): _message(topic) for topic in TOPICS},
            "messageTraits": {
                "sentAgain": {"headers": _headers(HEADERS)},
                "cloudEvent": {
                    "summary": "With CONNECTOR_KAFKA__CLOUDEVENTS=true alone.",
                    "headers": _headers(CLOUDEVENTS),
                },
            },
        },
    }


def message_name(topic: Topic) -> str:
    """The schema's own name, such as OrderEvent."""
    return str(_schema(topic)["name"])


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrapServers}",
        "protocol": "kafka",
        "description": "TLS, passwords and tokens: docs/reference/kafka-security.md.",
        "variables": {"bootstrapServers": {"default": "localhost:29092", "description": "CONNECTOR_KAFKA__*"}},
        "bindings": {
            "kafka": {
                "schemaRegistryUrl": "http://localhost:8081/apis/ccompat/v7",
                "schemaRegistryVendor": "confluent",
                "bindingVersion": BINDING,
            }
        },
    }


def _channels() -> Iterator[tuple[str, dict[str, Any]]]:
    """As `connector topics create` makes them by the default settings, in production."""
    wanted = {topic.name: topic for topic in wanted_topics("connector", KafkaSettings().partitions, REPLICAS)}
    yield from ((topic.name, _channel(topic, wanted[topic.name])) for topic in TOPICS)


def _channel(topic: Topic, wanted: WantedTopic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "title": topic.name,
        "summary": _schema(topic)["doc"],
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {message_name(topic): {"$ref": f"#/components/messages/{message_name(topic)}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": wanted.partitions,
                "replicas": wanted.replication_factor,
                "topicConfiguration": {name: _typed(name, value) for name, value in wanted.config.items()},
                "bindingVersion": BINDING,
            }
        },
        "x-written-by": WRITERS[topic.written_by],
        "x-internal": topic.internal,
        "x-buyers-data": topic.buyers_data,
    }


def _typed(name: str, value: str) -> Any:
    """As the Kafka binding has it."""
    return [value] if name == "cleanup.policy" else int(value)


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    read = asyncio.run(_topics_read())
    for topic in TOPICS:
        name = message_name(topic)
        if topic.name in read:
            yield f"receive{name}", _operation("receive", topic, "A worker reads it.") | _reply(topic)
        if topic.written_by != "oms":
            yield f"send{name}", _operation("send", topic, f"Written by {WRITERS[topic.written_by]}.")


async def _topics_read() -> frozenset[str]:
    async with wired_worker() as worker:
        by_agents = {name for agent in worker.app.agents.values() for name in agent.channel.topics}
        return frozenset(by_agents | {follower._topic for follower in worker.clients.followers})


def _operation(action: str, topic: Topic, summary: str) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/{topic.name}/messages/{message_name(topic)}"}]
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": summary,
        "messages": messages,
    }


def _reply(topic: Topic) -> dict[str, Any]:
    if topic not in ANSWERED_ON:
        return {}
    answers, _ = ANSWERED_ON[topic]
    messages = [{"$ref": f"#/channels/{answers.name}/messages/{message_name(answers)}"}]
    return {"reply": {"channel": {"$ref": f"#/channels/{answers.name}"}, "messages": messages}}


def _message(topic: Topic) -> dict[str, Any]:
    return {
        "name": message_name(topic),
        "title": message_name(topic),
        "summary": _schema(topic)["doc"],
        "payload": {"schemaFormat": AVRO, "schema": _schema(topic)},
        **_correlation(topic),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": topic.key},
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "single-object" if topic.internal else "confluent",
                **({} if topic.internal else {"schemaLookupStrategy": "TopicNameStrategy"}),
                "bindingVersion": BINDING,
            }
        },
        "traits": [{"$ref": f"#/components/messageTraits/{trait}"} for trait in _traits(topic)],
    }


def _correlation(topic: Topic) -> dict[str, Any]:
    for asked, (answered, field) in ANSWERED_ON.items():
        if topic in (asked, answered):
            return {"correlationId": {"location": f"$message.payload#/{field}"}}
    return {}


def _traits(topic: Topic) -> tuple[str, ...]:
    return ("sentAgain", "cloudEvent") if topic.name in CLOUDEVENTS_OF else ("sentAgain",)


def _headers(meanings: Mapping[str, str]) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": meaning} for name, meaning in meanings.items()}
    return {"type": "object", "properties": properties}


def _schema(topic: Topic) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads(text_of(topic.schema))
    return schema
