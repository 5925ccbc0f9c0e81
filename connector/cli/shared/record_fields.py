"""What a record names, whatever its schema."""

from collections.abc import Set
from typing import Any


def has_field(value: Any, fields: Set[str], wanted: Set[str]) -> bool:
    """Anywhere in the record, one of these fields has one of these contents, or a list that holds one."""
    match value:
        case dict():
            return any(
                (name in fields and _holds(inner, wanted)) or has_field(inner, fields, wanted)
                for name, inner in value.items()
            )
        case list() | tuple():
            return any(has_field(inner, fields, wanted) for inner in value)
        case _:
            return False


def _holds(content: Any, wanted: Set[str]) -> bool:
    if isinstance(content, list):
        return any(isinstance(one, str) and one in wanted for one in content)
    return isinstance(content, str) and content in wanted
