"""What the domain says, in the shape of schemas/: fields have the same names there, times without their `_ms`."""

from dataclasses import Field, fields, is_dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from connector.domain.money import Money
from connector.domain.orders.facts.packages import Length, Weight

_SCALE = Decimal("0.0001")  # decimal(18, 4) in every schema


def to_record(value: Any) -> Any:
    """An event or result (a dataclass) as `AvroCodec.encode` takes it.

    Decimals but those of money and measures (tax rates, coordinates) become text: no one scale fits them. What is None
    is left to its field's default.
    """
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
            told = {field.name: getattr(value, field.name) for field in fields(value) if _is_told(field)}
            return {name.removesuffix("_ms"): to_record(inner) for name, inner in told.items() if inner is not None}
        case _:
            return value


def _is_told(field: Field[Any]) -> bool:
    return bool(field.metadata.get("published", True))


def _scaled(value: Decimal) -> Decimal:
    """Only rounded where Amazon gives more digits than the schema has: fastavro refuses those."""
    exponent = value.as_tuple().exponent
    return value.quantize(_SCALE, ROUND_HALF_EVEN) if isinstance(exponent, int) and exponent < -4 else value
