"""What the domain says (dataclasses), as records: fields have the same names in schemas/, times without their `_ms`."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec


def domain_record(value: Any) -> dict[str, Any]:
    """An event, result or action as `AvroCodec.encode` takes it: all of its fields by the domain's names, in one pass
    of C. Decimals stay what they are, tuples too."""
    return msgspec.to_builtins(value, builtin_types=(bytes, Decimal))  # type: ignore[no-any-return]  # of a dataclass


def to_record(value: Any) -> Any:
    """The same as it is read again: by the schema's names, without what is not published or None."""
    match value:
        case tuple():
            return [to_record(item) for item in value]
        case _ if is_dataclass(value):
            told = ((name, getattr(value, field)) for field, name in _told(type(value)))  # type: ignore[arg-type]  # mypy takes no class of a dataclass for hashable
            return {name: to_record(inner) for name, inner in told if inner is not None}
        case _:
            return value


@cache
def _told(kind: type[Any]) -> tuple[tuple[str, str], ...]:
    """The fields that are told, each with its name in the schema."""
    told = (field.name for field in fields(kind) if field.metadata.get("published", True))
    return tuple((name, name.removesuffix("_ms")) for name in told)
