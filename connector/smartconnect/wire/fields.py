"""Lenient readers of Amazon's JSON: unknown fields ignored, numbers or text for numbers, blanks instead of T in times.

A fact that is there but can't be read raises Unreadable, naming the field and never its value (G10).
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
Json = dict[str, Any]

EPOCH_SECONDS_END = 100_000_000_000  # the year 5138 in seconds, March 1973 in milliseconds
MOST_DIGITS = 30  # before or after the point: 1E+999999999 would fill the memory as an integer
MOST_INTEGER_DIGITS = 14  # what the schemas' decimal(18, 4) holds
LONG_END = 2**63  # of an Avro long


class Unreadable(ValueError):
    """The message names the field."""


def from_json(read: Callable[[Json], T]) -> Callable[[httpx.Response], T]:
    def decode(response: httpx.Response) -> T:
        try:
            # Not orjson: it reads 28.10 as a float, and a price must stay what Amazon wrote
            body = json.loads(response.content, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise Unreadable("the body is not JSON") from error
        if not isinstance(body, dict):
            raise Unreadable("the body is not an object")
        if body.get("errors"):
            raise Unreadable("the status says success, the body lists errors")
        # Some gateways wrap an answer in {"payload": ...}, as older SP-APIs do
        return read(body["payload"] if isinstance(body.get("payload"), dict) else body)

    return decode


def nothing(response: httpx.Response) -> None:
    """204, or 200 with any JSON object. A body that can't be read may be a gateway's: then nothing is known."""
    if response.content.strip():
        from_json(lambda _: None)(response)


def text(source: Json, name: str) -> str:
    """Empty where absent."""
    value = source.get(name)
    match value:
        case None:
            return ""
        case str():  # JSON may hold half of a surrogate pair, which UTF-8 (our topics, our tables) has not
            return value if value.isascii() else value.encode(errors="replace").decode()
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case _:
            raise Unreadable(f"{name} is not text")


def required(source: Json, name: str) -> str:
    value = text(source, name)
    if not value.strip():
        raise Unreadable(f"{name} is missing")
    return value


def decimal(source: Json, name: str) -> Decimal | None:
    number = _numeric(source, name)
    if number is not None and number.adjusted() >= MOST_INTEGER_DIGITS:
        raise Unreadable(f"{name} is too large a number")
    return number


def integer(source: Json, name: str) -> int | None:
    number = _numeric(source, name)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Unreadable(f"{name} is not a whole number")
    if abs(number) >= LONG_END:
        raise Unreadable(f"{name} is too large a number")
    return int(number)


def required_time_ms(source: Json, name: str) -> int:
    moment = time_ms(source, name)
    if moment is None:
        raise Unreadable(f"{name} is missing")
    return moment


def time_ms(source: Json, name: str) -> int | None:
    """Epoch milliseconds from ISO 8601 (UTC where no zone is given), or epoch seconds or milliseconds."""
    value = text(source, name).strip()
    if not value:
        return None
    number = _number(value)
    if number is not None:
        if abs(number) >= LONG_END:
            raise Unreadable(f"{name} is not a time")
        return int(number if abs(number) >= EPOCH_SECONDS_END else number * 1000)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Unreadable(f"{name} is not a time") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def iso_time(moment_ms: int | None) -> str:
    """Empty for None, as query parameters are left out."""
    if moment_ms is None:
        return ""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def child(source: Json, name: str) -> Json:
    """Empty where absent."""
    value = source.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object")
    return value


def optional(source: Json, name: str, read: Callable[[Json], T]) -> T | None:
    value = child(source, name)
    return read(value) if value else None


def each(source: Json, name: str, read: Callable[[Json], T]) -> tuple[T, ...]:
    items = _list(source, name)
    if not all(isinstance(item, dict) for item in items):
        raise Unreadable(f"{name} is not a list of objects")
    return tuple(read(item) for item in items)


def texts(source: Json, name: str) -> tuple[str, ...]:
    return tuple(text({name: item}, name) for item in _list(source, name))


def _numeric(source: Json, name: str) -> Decimal | None:
    value = text(source, name).strip()
    if not value:
        return None
    number = _number(value)
    if number is None:
        raise Unreadable(f"{name} is not a number")
    return number


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None


def _list(source: Json, name: str) -> list[Any]:
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(f"{name} is not a list")
    return value
