"""The topics, a row each, from their definitions and the docs of their schemas."""

import json

from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import DAY_MS, TOPICS, Topic
from docs.tables.markdown import markdown_table


def topics_table() -> str:
    rows = ((f"`{topic.name}`", f"`{topic.schema}`", _kept(topic), _doc(topic.schema)) for topic in TOPICS)
    return markdown_table(("topic", "schema", "kept", "a record says"), rows)


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the latest of each key"
    return "as the broker is set" if topic.retention_ms is None else f"{topic.retention_ms // DAY_MS} days"


def _doc(schema: str) -> str:
    return str(json.loads(text_of(schema))["doc"])
