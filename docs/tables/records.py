"""What is in the records of each topic, for people: from the AsyncAPI document, which has it for programs."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.kafka.topics import DAY_MS
from docs.tables.asyncapi import asyncapi
from docs.tables.markdown import markdown_table


def record_tables() -> str:
    document = asyncapi()
    reads = [operation["channel"]["$ref"] for operation in document["operations"].values() if _receives(operation)]
    messages = document["components"]["messages"]
    parts: list[str] = []
    for name, channel in document["channels"].items():
        (message,) = channel["messages"]
        is_read = f"#/channels/{name}" in reads
        parts += [f"## {name}", _facts(channel, messages[message], is_read)]
        parts += [_type_table(type_) for type_ in _types(messages[message]["payload"]["schema"])]
    return "\n\n".join(parts)


def _receives(operation: Mapping[str, Any]) -> bool:
    return bool(operation["action"] == "receive")


def _facts(channel: Mapping[str, Any], message: Mapping[str, Any], is_read: bool) -> str:
    kafka = message["bindings"]["kafka"]
    config = channel["bindings"]["kafka"]["topicConfiguration"]
    facts = {
        "written by": channel["x-written-by"],
        "read by": "the workers" if is_read else "whoever wants to",
        "key": kafka["key"]["description"],
        "kept": _kept(config),
        "encoding": "single-object" if channel["x-internal"] else "Confluent's where there is a registry",
        "buyers' data": "yes" if channel["x-buyers-data"] else "",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items() if fact)


def _kept(config: Mapping[str, Any]) -> str:
    if config["cleanup.policy"] == ["compact"]:
        return "the latest of each key"
    return f"{config['retention.ms'] // DAY_MS} days" if "retention.ms" in config else "as the broker is set"


def _types(schema: Any) -> Iterator[Mapping[str, Any]]:
    """The records in it, itself first, in the order in which they are named; each is defined once."""
    match schema:
        case {"type": "record", "fields": list(fields)}:
            yield schema
            for field in fields:
                yield from _types(field["type"])
        case list():
            for branch in schema:
                yield from _types(branch)
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            yield from _types(inner)
        case _:
            return


def _type_table(record: Mapping[str, Any]) -> str:
    told = f"**{record['name']}**" + (f": {record['doc']}" if "doc" in record else "")
    if not record["fields"]:
        return f"{told} (no fields)"
    rows = ((f"`{field['name']}`", _named(field["type"]), field.get("doc", "")) for field in record["fields"])
    return f"{told}\n\n{markdown_table(('field', 'type', 'meaning'), rows)}"


def _named(kind: Any) -> str:
    match kind:
        case list():
            return " or ".join(_named(branch) for branch in kind)
        case {"type": "array", "items": items}:
            return f"list of {_named(items)}"
        case {"type": "enum", "symbols": list(symbols)}:
            return ", ".join(f"`{symbol}`" for symbol in symbols)
        case {"logicalType": "timestamp-millis"}:
            return "time (ms)"
        case {"logicalType": "decimal", "precision": precision, "scale": scale}:
            return f"decimal({precision},{scale})"
        case {"type": "map", "values": values}:
            return f"map of {_named(values)}"
        case {"name": name}:
            return str(name)
        case {"type": name}:
            return _named(name)
        case _:
            return str(kind)
