"""The settings, a row per environment variable, from the models that read them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr

from connector.settings import KafkaSettings, Settings, variable, variables
from docs.tables.markdown import markdown_table

_NOT_OF_SECURITY = ("__BOOTSTRAP_SERVERS", "__PARTITIONS", "__REPLICATION_FACTOR", "__SESSION_TIMEOUT_S")


def settings_table() -> str:
    return markdown_table(("variable", "type", "default", "meaning"), _rows(Settings, ()))


def kafka_security_table() -> str:
    """Those of how to talk to Kafka, and as whom."""
    rows = [row for row in _rows(KafkaSettings, ("kafka",)) if not row[0].strip("`").endswith(_NOT_OF_SECURITY)]
    return markdown_table(("variable", "type", "default", "meaning"), rows)


def setting_names() -> frozenset[str]:
    """Every variable, as it is set."""
    return frozenset(variables(Settings))


def _rows(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, (*path, name))
        else:
            yield f"`{variable((*path, name))}`", _type(kind), _default(field.default), field.description or ""


def _type(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind) if choice)
    names = {str: "text", int: "whole number", float: "number", bool: "true, false", Path: "path", SecretStr: "secret"}
    return next(names[option] for option in (kind, *get_args(kind)) if option in names)


def _default(value: Any) -> str:
    if isinstance(value, SecretStr) or value in (None, ""):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
