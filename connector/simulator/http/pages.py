"""Pages of a list, with opaque tokens."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from connector.simulator.http.answers import ApiError

MAX_PAGE = 100


def page(
    found: Sequence[tuple[float, str, Any]],
    query: Mapping[str, str],
    token_name: str,
    *,
    default_size: int,
    empty_first: bool = False,
) -> tuple[list[Any], str]:
    """(bodies, next token or ""). `found`: (time, id, body), in any order; a page goes on after the last (time, id).

    `empty_first`: the first page is empty and has a token, as the API allows.
    """
    size = _size(query, default_size)
    filters = sorted((name, value) for name, value in query.items() if name not in (token_name, "maxResults"))
    after = _position(query[token_name], filters, token_name) if query.get(token_name) else None
    if empty_first and after is None:
        return [], _token(filters, 0.0, "")
    rest = sorted((row for row in found if after is None or (row[0], row[1]) > after), key=lambda row: row[:2])
    shown = rest[:size]
    return [row[2] for row in shown], _token(filters, *shown[-1][:2]) if len(rest) > size else ""


def _size(query: Mapping[str, str], default_size: int) -> int:
    text = query.get("maxResults", str(default_size))
    if not text.isdigit() or not 1 <= int(text) <= MAX_PAGE:
        raise ApiError(400, f"maxResults must be from 1 to {MAX_PAGE}.")
    return int(text)


def _token(filters: list[tuple[str, str]], time: float, identity: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([filters, time, identity]).encode()).decode()


def _position(token: str, filters: list[tuple[str, str]], token_name: str) -> tuple[float, str]:
    """Where the page before ended. A token is good only for the filters that it was given for."""
    try:
        kept, time, identity = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise ApiError(400, f"{token_name} is invalid.") from error
    if [tuple(pair) for pair in kept] != filters:
        raise ApiError(400, f"{token_name} belongs to other filters.")
    return float(time), str(identity)
