"""The forms in which one fact may be written: each name tells what is odd about it.

Times: ISO 8601 and RFC 3339 (5.6: lower case and leap seconds are allowed), and the blank and the epochs of Amazon's
own samples. Decimals: text in Amazon's model, numbers in its samples. Base64: RFC 4648, 4 and 5, and RFC 2397.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from tests.kit.amazon.model.facts import Field, Kind
from tests.kit.amazon.model.tree import Number, Said

INSTANT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HALF_A_PAIR = "\ud800"


def _iso(pattern: str, *, hours: float = 0, digits: int = 0, seconds: int = 1) -> Callable[[datetime], Said]:
    """A strftime pattern in a zone; "#" stands for `digits` of a fraction. `seconds`: the smallest unit told."""
    zone = timezone(timedelta(hours=hours))

    def write(instant: datetime) -> Said:
        unit = timedelta(seconds=seconds) if not digits else timedelta(microseconds=10 ** max(0, 6 - digits))
        local = instant.astimezone(zone)
        told = local - (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) % unit
        fraction = f"{told.microsecond:06}000"[:digits]
        return Said(told.strftime(pattern).replace("#", fraction), (told - EPOCH) // timedelta(milliseconds=1))

    return write


def _epoch(per_second: int, write: Callable[[int], object]) -> Callable[[datetime], Said]:
    def made(instant: datetime) -> Said:
        count = int((instant - EPOCH) / timedelta(seconds=1) * per_second)
        return Said(write(count), count * 1000 // per_second)

    return made


def _fixed(text: str, instant: datetime) -> Callable[[datetime], Said]:
    return lambda _: Said(text, int(instant.timestamp() * 1000))


SECONDS = "%Y-%m-%dT%H:%M:%S"
TIMES: Mapping[str, Callable[[datetime], Said]] = {
    "milliseconds, Z": _iso(f"{SECONDS}.#Z", digits=3),
    "seconds, Z": _iso(f"{SECONDS}Z"),
    "minutes, Z": _iso("%Y-%m-%dT%H:%MZ", seconds=60),
    "one digit of a second": _iso(f"{SECONDS}.#Z", digits=1),
    "microseconds": _iso(f"{SECONDS}.#Z", digits=6),
    "nanoseconds": _iso(f"{SECONDS}.#Z", digits=9),
    "a comma before the fraction": _iso(f"{SECONDS},#Z", digits=3),
    "offset +05:30": _iso(f"{SECONDS}+05:30", hours=5.5),
    "offset -08:00 and a fraction": _iso(f"{SECONDS}.#-08:00", hours=-8, digits=3),
    "offset +0530": _iso(f"{SECONDS}+0530", hours=5.5),
    "offset +05": _iso(f"{SECONDS}+05", hours=5),
    "no zone": _iso(SECONDS),
    "a blank for the T": _iso("%Y-%m-%d %H:%M:%SZ"),
    "a blank for the T, no zone": _iso("%Y-%m-%d %H:%M:%S"),
    "lower case": _iso("%Y-%m-%dt%H:%M:%Sz"),
    "basic": _iso("%Y%m%dT%H%M%SZ"),
    "a date alone": _iso("%Y-%m-%d", seconds=86_400),
    "a week's day": _iso("%G-W%V-%uT%H:%M:%SZ"),
    "a year's day": _iso("%Y-%jT%H:%M:%SZ"),
    "blanks around": _iso(f" {SECONDS}Z "),
    "a leap second": _fixed("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    "the day's end as 24:00": _fixed("2026-01-02T24:00:00Z", datetime(2026, 1, 3, tzinfo=UTC)),
    "epoch seconds": _epoch(1, lambda count: count),
    "epoch seconds as text": _epoch(1, str),
    "epoch seconds with a fraction": _epoch(1000, lambda count: Number(f"{count // 1000}.{count % 1000:03}")),
    "epoch milliseconds": _epoch(1000, lambda count: count),
    "epoch milliseconds as text": _epoch(1000, str),
}

DECIMALS: Mapping[str, Callable[[Decimal], Said]] = {
    "text": lambda value: Said(format(value, "f"), value),
    "a number": lambda value: Said(Number(format(value, "f")), value),
    "a number with an exponent": lambda value: Said(Number(f"{value:e}"), value),
    "text with an exponent": lambda value: Said(f"{value:E}", value),
    "text with a sign": lambda value: Said(f"{value:+f}", value),
    "blanks around": lambda value: Said(f" {value:f} ", value),
    "an integer": lambda value: Said(int(value), Decimal(int(value))),
    "an integer as text": lambda value: Said(str(int(value)), Decimal(int(value))),
    "below zero": lambda value: Said(format(-abs(value), "f"), -abs(value)),
    "zero": lambda _: Said("0.00", Decimal(0)),
    "many digits": lambda value: Said(f"{value:f}3333333333333333", Decimal(f"{value:f}3333333333333333")),
    "very small": lambda _: Said("0.000000012", Decimal("0.000000012")),
    "very large": lambda _: Said("12345678901234.56", Decimal("12345678901234.56")),
}

INTEGERS: Mapping[str, Callable[[int], Said]] = {
    "a number": lambda value: Said(value, value),
    "text": lambda value: Said(str(value), value),
    "a number with a point": lambda value: Said(Number(f"{value}.0"), value),
    "text with a point": lambda value: Said(f"{value}.00", value),
    "blanks around": lambda value: Said(f" {value} ", value),
    "the largest of 32 bits": lambda _: Said(2**31 - 1, 2**31 - 1),
}

# JSON may hold half of a surrogate pair, which UTF-8 has not: what can be kept of it is a question mark
TEXTS: Mapping[str, Said] = {
    "plain": Said("Example 1", "Example 1"),
    "Devanagari": Said("भारतीय डाक", "भारतीय डाक"),
    "Polish": Said("Zażółć gęślą jaźń", "Zażółć gęślą jaźń"),
    "Japanese": Said("東京都千代田区", "東京都千代田区"),
    "Arabic": Said("شارع المثال", "شارع المثال"),
    "beyond the first plane": Said("gift 🎁", "gift 🎁"),
    "half of a surrogate pair": Said(f"gift {HALF_A_PAIR}", "gift ?"),
    "combining letters": Said("e\u0301", "e\u0301"),
    "line ends and tabs": Said("one\r\ntwo\tthree", "one\r\ntwo\tthree"),
    "a NUL": Said("one\0two", "one\0two"),
    "quotes and slashes": Said('5" \\ / %2F &amp; <b>', '5" \\ / %2F &amp; <b>'),
    "digits alone": Said("0012", "0012"),
    "very long": Said("x" * 2000, "x" * 2000),
}
UNKNOWN_VALUE = "SOMETHING_NEW"

PDF = b"%PDF-1.7 an invented document \xfb\xff\xfe"
BASE64: Mapping[str, Callable[[bytes], Said]] = {
    "plain": lambda content: Said(base64.b64encode(content).decode(), content),
    "without padding": lambda content: Said(base64.b64encode(content).decode().rstrip("="), content),
    "with line ends": lambda content: Said(base64.encodebytes(content).decode(), content),
    "url-safe": lambda content: Said(base64.urlsafe_b64encode(content).decode(), content),
    "a data URI": lambda content: Said("data:application/pdf;base64," + base64.b64encode(content).decode(), content),
}


def forms_of(field: Field) -> Mapping[str, Said]:
    """Every form of one example of the field, by name. Texts keep to the model's lengths."""
    kind: Kind = field.kind
    match kind:
        case "time":
            return {name: write(INSTANT) for name, write in TIMES.items()}
        case "decimal":
            return {name: write(Decimal("12.50")) for name, write in DECIMALS.items()}
        case "integer":
            return {name: write(max(field.least, 3)) for name, write in INTEGERS.items()}
        case "base64":
            return {name: write(PDF) for name, write in BASE64.items()}
        case "text" if field.values:
            known = {value: Said(value, value) for value in field.values}
            return known | {"unknown": Said(UNKNOWN_VALUE, UNKNOWN_VALUE)}
        case "text":
            most = field.most or 10_000
            fits = {name: said for name, said in TEXTS.items() if field.least <= len(said.written) <= most}
            return fits or {"plain": Said("IN"[:most], "IN"[:most])}
        case "object" | "list":
            return {}
