"""Of the JSON in a record of a call, what the archive keeps: by the names that may stay."""

from collections.abc import Sequence
from typing import Any

import msgspec

_KEPT_IN_JSON = frozenset(
    {
        *("shipment_id", "shipment_ids", "original_shipment_id", "replacement_shipment_id", "replacement_shipment_ids"),
        *("target", "object_id", "subject", "return_id", "command_id", "commands", "status"),
    }
)


def trimmed_json(text: str | None) -> str | None:
    """Ids and states, where they stood; what is no JSON goes."""
    try:
        content = msgspec.json.decode(text or "null")
    except msgspec.MsgspecError:
        return None
    left = _trimmed(content, is_kept=False)
    return None if left is None else msgspec.json.encode(left).decode()


def _trimmed(content: Any, *, is_kept: bool) -> Any:
    """`is_kept`: it stands under a name that may stay. None: nothing is left."""
    match content:
        case dict():
            inner = {name: _trimmed(value, is_kept=name in _KEPT_IN_JSON) for name, value in content.items()}
            return {name: value for name, value in inner.items() if value is not None} or None
        case list():
            return _without_nothing([_trimmed(value, is_kept=is_kept) for value in content]) or None
        case str() if is_kept:
            return content
        case _:
            return None


def _without_nothing(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None]
