"""What a value of Amazon's JSON is read as, or why it can't be: text for numbers, numbers for text, any time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.smartconnect.wire.times import moment_of, moment_of_epoch

LONGEST_TEXT = 10_000
MOST_DIGITS = 30  # before or after the point: 1E+999999999 would fill the memory as an integer
MOST_INTEGER_DIGITS = 14  # what the schemas' decimal(18, 4) holds
LARGEST_DECIMAL = Decimal("99999999999999.9999")  # likewise: a little more has a digit more once it is rounded


class Odd(Exception):
    """The value is not what it should be: its text says why."""


def as_long_text(value: Any) -> str:
    match value:
        case str():  # JSON may hold half of a surrogate pair, which UTF-8 (our topics, our tables) has not
            return value if value.isascii() else value.encode(errors="replace").decode()
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case _:
            raise Odd("is not text")


def as_text(value: Any) -> str:
    found = as_long_text(value)
    if len(found) > LONGEST_TEXT:
        raise Odd(f"is longer than {LONGEST_TEXT} characters")
    return found


def as_decimal(value: Any) -> Decimal | None:
    """None where it is blank."""
    written = as_text(value).strip()
    number = number_of(written)
    if written and number is None:
        raise Odd("is not a number")
    if number is not None and number.copy_abs() > LARGEST_DECIMAL:
        raise Odd("is too large a number")
    return number


def as_integer(value: Any, bits: int) -> int | None:
    """Signed. None where it is blank."""
    if type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):  # no bool
        return value
    written = as_text(value).strip()
    number = number_of(written)
    if number is None:
        if written:
            raise Odd("is not a number")
        return None
    if number != number.to_integral_value():
        raise Odd("is not a whole number")
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise Odd("is too large a number")
    return int(number)


def as_time_ms(value: Any) -> int | None:
    """None where it is blank."""
    written = as_text(value).strip()
    number = number_of(written)
    moment = moment_of(written) if number is None else moment_of_epoch(number)
    if written and moment is None:
        raise Odd("is not a time")
    return moment


def as_object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Odd("is not an object")
    return value


def as_list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise Odd("is not a list")
    return value


def number_of(written: str) -> Decimal | None:
    """None: it is none, or none that anybody could have meant."""
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None
