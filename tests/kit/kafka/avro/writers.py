"""Writers' schemas that are not ours, values of them, and whether what was decoded is what our schema says."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Schema = Any  # as JSON has it

LOGICAL = (
    *("date", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos"),
    *("local-timestamp-millis", "local-timestamp-micros", "uuid", "duration", "decimal", "big-decimal", "made-up"),
)
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def fits(schema: Schema, value: Any, named: dict[str, Schema] | None = None) -> bool:
    """Exactly: types, ranges, symbols, no field more or less. `named` collects the types that have names."""
    named = {} if named is None else named
    match schema:
        case list():
            records = [branch for branch in schema if _resolved(branch, named).get("type") == "record"]
            for branch in schema:
                inner = value
                if len(records) > 1 and branch in records:
                    _define(branch, named)
                    if not (isinstance(value, tuple) and value[0] == f"smartconnect.{branch['name']}"):
                        continue
                    inner = value[1]
                if fits(branch, inner, named):
                    return True
            return False
        case str():
            if schema in named:
                return fits(named[schema], value, named)
            return _primitive(schema, value)
    _define(schema, named)
    match schema["type"]:
        case "record":
            wanted = {field["name"]: field["type"] for field in schema["fields"]}
            same = isinstance(value, dict) and value.keys() == wanted.keys()
            return same and all(fits(kind, value[name], named) for name, kind in wanted.items())
        case "enum":
            return isinstance(value, str) and value in schema["symbols"]
        case "array":
            return isinstance(value, list) and all(fits(schema["items"], item, named) for item in value)
        case "bytes" if schema.get("logicalType") == "decimal":
            return _is_decimal(value, schema["precision"], schema["scale"])
        case str() as name if name in PRIMITIVES:
            return _primitive(name, value)
        case inner:
            return fits(inner, value, named)


def _resolved(schema: Schema, named: dict[str, Schema]) -> dict[str, Any]:
    found = named.get(schema, {}) if isinstance(schema, str) else schema
    return found if isinstance(found, dict) else {}


def _define(schema: Schema, named: dict[str, Schema]) -> None:
    if "name" in schema and schema.get("type") in ("record", "enum", "fixed"):
        named[schema["name"]] = schema


def _is_decimal(value: Any, precision: int, scale: int) -> bool:
    if not isinstance(value, Decimal):
        return False
    exponent = value.as_tuple().exponent
    return exponent == -scale and len(value.as_tuple().digits) <= precision


def _primitive(name: str, value: Any) -> bool:
    match name:
        case "null":
            return value is None
        case "boolean":
            return type(value) is bool
        case "int" | "long":
            bits = 31 if name == "int" else 63
            return type(value) is int and -(2**bits) <= value < 2**bits
        case "float" | "double":
            return type(value) is float
        case "bytes":
            return type(value) is bytes
        case _:
            return type(value) is str and _is_text(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@st.composite
def writers(draw: st.DrawFn, ours: str) -> Schema:
    """Our schema with one to four things changed, anywhere in it."""
    schema = json.loads(ours)
    for _ in range(draw(st.integers(1, 4))):
        change = _CHANGES[draw(st.sampled_from(sorted(_CHANGES)))]
        places = [place for place in _places(schema) if (place[1] == "fields") == (change is _fields)]
        if places:
            change(draw, *draw(st.sampled_from(places)))
    return schema


def _places(schema: Schema) -> Any:
    """(container, key) of every type in it, and of every list of fields."""
    match schema:
        case list():
            for index, branch in enumerate(schema):
                yield schema, index
                yield from _places(branch)
        case dict():
            for key in ("type", "items", "values"):
                if key in schema:
                    yield schema, key
                    yield from _places(schema[key])
            for field in schema.get("fields", ()):
                yield schema, "fields"
                yield from _places(field)


def _any_type(draw: st.DrawFn) -> Schema:
    name = f"X{draw(st.integers(0, 10**6))}"
    kinds = [
        draw(st.sampled_from(PRIMITIVES)),
        {"type": draw(st.sampled_from(PRIMITIVES)), "logicalType": draw(st.sampled_from(LOGICAL))},
        {
            "type": "bytes",
            "logicalType": "decimal",
            "precision": draw(st.integers(-1, 40)),
            "scale": draw(st.integers(0, 10)),
        },
        {"type": "fixed", "name": name, "size": draw(st.integers(0, 20))},
        {"type": "enum", "name": name, "symbols": ["A", "B"]},
        {"type": "array", "items": draw(st.sampled_from(PRIMITIVES))},
        {"type": "map", "values": draw(st.sampled_from(PRIMITIVES))},
        {"type": "record", "name": name, "fields": []},
        {"type": "record", "name": name, "fields": [{"name": "next", "type": ["null", name]}]},
        {"type": "record", "name": name, "fields": [{"name": "self", "type": name}]},
        {"type": "array", "items": {"type": "record", "name": name, "fields": [{"name": "x", "type": "null"}]}},
        ["null", draw(st.sampled_from(PRIMITIVES[1:]))],
        "Nowhere",
    ]
    return draw(st.sampled_from(kinds))


def _replace(draw: st.DrawFn, holder: Any, key: Any) -> None:
    holder[key] = _any_type(draw)


def _logical(draw: st.DrawFn, holder: Any, key: Any) -> None:
    kind = holder[key]
    if isinstance(kind, str) and kind in PRIMITIVES:
        holder[key] = {"type": kind, "logicalType": draw(st.sampled_from(LOGICAL)), "precision": 10, "scale": 2}
    elif isinstance(kind, dict) and "logicalType" in kind:
        if draw(st.booleans()):
            del kind["logicalType"]
        else:
            kind |= {"logicalType": draw(st.sampled_from(LOGICAL)), "scale": draw(st.integers(0, 9))}


def _union(draw: st.DrawFn, holder: Any, key: Any) -> None:
    kind = holder[key]
    if isinstance(kind, list) and kind:
        holder[key] = draw(st.sampled_from([kind[-1], kind[:1], [*kind, _any_type(draw)], kind[::-1], []]))
    else:
        holder[key] = draw(st.sampled_from([["null", kind], [kind, "null"], [kind], [kind, "int", "string"]]))


def _fields(draw: st.DrawFn, holder: Any, key: Any) -> None:
    fields = holder[key]
    if not fields:
        return
    at = draw(st.integers(0, len(fields) - 1))
    match draw(st.integers(0, 4)):
        case 0:
            del fields[at]
        case 1:
            fields[at]["name"] = "renamed"
        case 2:
            fields.insert(at, {"name": f"added{at}", "type": _any_type(draw)})
        case 3:
            fields.append(fields.pop(at))
        case _:
            fields[at].pop("default", None)


def _names(draw: st.DrawFn, holder: Any, key: Any) -> None:
    kind = holder[key]
    if isinstance(kind, dict) and "name" in kind:
        kind["name"] = draw(st.sampled_from([kind["name"] + "Renamed", f"elsewhere.{kind['name']}"]))


def _symbols(draw: st.DrawFn, holder: Any, key: Any) -> None:
    kind = holder[key]
    if isinstance(kind, dict) and "symbols" in kind:
        kind["symbols"] = draw(st.permutations([*kind["symbols"], "ADDED"]))


_CHANGES = {
    "replace": _replace,
    "logical": _logical,
    "union": _union,
    "fields": _fields,
    "names": _names,
    "symbols": _symbols,
}


def number(value: int) -> bytes:
    """An int or a long."""
    zigzag, out = (value << 1) ^ (value >> 63), bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])


@st.composite
def encoded(draw: st.DrawFn, schema: Schema) -> bytes:
    """The bytes of some value of a schema, good or nearly so: recursion ends by chance, odd numbers come often."""
    named: dict[str, Schema] = {}

    def some(kind: Schema, depth: int) -> bytes:
        if depth > 12:
            return b""
        match kind:
            case list():
                if not kind:
                    return b"\x00"
                index = draw(st.integers(0, len(kind) - 1))
                return number(index) + some(kind[index], depth + 1)
            case str():
                return some(named[kind], depth + 1) if kind in named else _bytes_of(draw, kind)
        _define(kind, named)
        match kind["type"]:
            case "record":
                return b"".join(some(field["type"], depth + 1) for field in kind["fields"])
            case "enum":
                return number(draw(st.integers(-1, len(kind["symbols"]))))
            case "fixed":
                return draw(st.binary(min_size=kind["size"], max_size=kind["size"]))
            case "array" | "map" as shape:
                count = draw(st.sampled_from([0, 0, 1, 2, 2**40, -1]))
                key = number(1) + b"k" if shape == "map" else b""
                items = b"".join(
                    key + some(kind.get("items", kind.get("values")), depth + 1) for _ in range(min(abs(count), 2))
                )
                size = number(len(items)) if count < 0 else b""
                return number(count) + size + items + (number(0) if count else b"")
            case inner:
                return some(inner, depth + 1)

    return some(schema, 0)


def _bytes_of(draw: st.DrawFn, kind: str) -> bytes:
    match kind:
        case "null":
            return b""
        case "boolean":
            return draw(st.sampled_from([b"\x00", b"\x01", b"\x02"]))
        case "int" | "long":
            odd = st.sampled_from([0, 1, -1, 2**31, -(2**31), 2**63 - 1, 1_772_445_599_000])
            return number(draw(st.one_of(odd, st.integers(-(2**63), 2**63 - 1))))
        case "float":
            return draw(st.binary(min_size=4, max_size=4))
        case "double":
            return draw(st.binary(min_size=8, max_size=8))
        case "bytes":
            data = draw(st.binary(max_size=10))
            return number(len(data)) + data
        case "string":
            text = draw(st.text(max_size=5)).encode()
            return number(len(text)) + text
        case _:
            return b""


def plain(schema: Schema) -> Schema:
    """Without logical types and docs."""
    match schema:
        case list():
            return [plain(branch) for branch in schema]
        case dict():
            beside = {"logicalType", "precision", "scale", "doc"}
            return {name: plain(inner) for name, inner in schema.items() if name not in beside}
        case _:
            return schema
