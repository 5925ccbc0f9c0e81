"""The body of an answer, as JSON, whatever it may be."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from connector.smartconnect.messages import MOST_JSON_VALUES, Response, is_parsable
from connector.smartconnect.wire.fields import required
from connector.smartconnect.wire.source import Source, Unreadable
from connector.smartconnect.wire.values import number_of

T = TypeVar("T")

FEW_DIGITS = 18  # an int of so many is within all reason


def from_json(read: Callable[[Source], T]) -> Callable[[Response], T]:
    return lambda response: read(json_object(response))


def json_object(response: Response) -> Source:
    """The object that the body is. Raises Unreadable."""
    body = load(response.content)
    if not isinstance(body, dict):
        raise Unreadable("the body is not an object")
    if body.get("errors"):
        raise Unreadable("the status says success, the body lists errors")
    # Some gateways wrap an answer in {"payload": ...}, as older SP-APIs do
    return Source(body["payload"] if isinstance(body.get("payload"), dict) else body)


def with_id(object_id: str, read: Callable[[Source], T]) -> Callable[[Source], T]:
    """Reads the object that was asked for: an answer for another one is Unreadable."""

    def read_it(source: Source) -> T:
        if required(source, "id") != object_id:
            raise Unreadable("id is another object's")
        return read(source)

    return read_it


def nothing(response: Response) -> None:
    """204, or 200 with any JSON object. A body that can't be read may be a gateway's: then nothing is known."""
    if response.content.strip():
        from_json(lambda _: None)(response)


def load(content: str | bytes) -> Any:
    """Raises Unreadable. A number that is beyond all reason stays the text that it is written in."""
    if not is_parsable(content):
        raise Unreadable(f"the body has more than {MOST_JSON_VALUES} values")
    # Not orjson: it reads 28.10 as a float, and a price must stay what Amazon wrote
    try:
        text = content if isinstance(content, str) else content.decode(json.detect_encoding(content), "surrogatepass")
        return _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not JSON") from error


def _integer(written: str) -> Decimal | int | str:
    return int(written) if len(written) <= FEW_DIGITS else _number(written)


def _number(written: str) -> Decimal | int | str:
    """1E+9999999999999999999 is more than Decimal takes, a million digits more than int does."""
    number = number_of(written)
    if number is None:
        return written
    return int(written) if written.lstrip("-").isdigit() else number


_JSON = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=str)
