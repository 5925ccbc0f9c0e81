"""What the domain says, in the shape of schemas/: fields have the same names there, times without their `_ms`."""

from dataclasses import fields, is_dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

from connector.domain.money import Money
from connector.domain.orders.facts.packages import Length, Weight

_SCALE = Decimal("0.0001")  # decimal(18, 4) in every schema
_AS_THEY_ARE = frozenset({str, int, bool, float, bytes})


def to_record(value: Any) -> Any:
    """An event or result (a dataclass) as `AvroCodec.encode` takes it.

    Decimals but those of money and measures (tax rates, coordinates) become text: no one scale fits them. What is None
    is left to its field's default.
    """
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case Money(amount, currency):
            return {"amount": _scaled(amount), "currency": currency}
        case Length(measured, unit) | Weight(measured, unit):
            return {"value": _scaled(measured), "unit": unit}
        case Decimal():
            return format(value, "f")
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


def _scaled(value: Decimal) -> Decimal:
    """Only rounded where Amazon gives more digits than the schema has: fastavro refuses those."""
    exponent = value.as_tuple().exponent
    return value.quantize(_SCALE, ROUND_HALF_EVEN) if isinstance(exponent, int) and exponent < -4 else value
