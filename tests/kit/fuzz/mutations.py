"""Thousands of inputs of a corpus: the same ones of the same corpus and number, however often they are made."""

import json
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from tests.kit.fuzz.judge import LONGEST

ODD_BYTES = (0, 1, 0x0A, 0x0D, 0x1B, 0x22, 0x27, 0x2C, 0x5B, 0x5C, 0x5D, 0x7B, 0x7C, 0x7D, 0x7F, 0x80, 0xC3, 0xED, 0xFF)
ODD = (
    *(b"", b"null", b"-0", b"1E+9999999999999999999", b"1e999", b"NaN", b"9" * 400, b"0." + b"1" * 400, b"true", b'""'),
    *(
        b"[]",
        b"{}",
        b"[null]",
        b"[" * 300,
        b'{"a":' * 300,
        b'"\\ud800"',
        b'"\\u0000"',
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x92\xa9",
    ),
    *(b"\xed\xa0\x80", b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\x0f", b"\x01", b"\r\n", b"=1+1"),
    *(
        b"2026-02-30T25:61:61Z",
        b"0001-01-01T00:00:00+23:59",
        b"9999-12-31T23:59:59-23:59",
        b"1_000",
        b"0x1",
        b"1970-01-01",
    ),
    *(
        b"http://[::1",
        b"//\\@x",
        b"%00",
        b"../../",
        b"<!DOCTYPE x [",
        b"&a;",
        b'"""',
        b"'''",
        b"[[a]]",
        b"a.b.c=1",
        b"sep=;",
    ),
)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[A-Za-z_]{2,}|[\[\]{}:,<>=/]')


def mutated(corpus: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    chance = Random(seed)
    for _ in range(count):
        data = bytes(chance.choice(corpus))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
            data = chance.choice(_WAYS)(data, corpus, chance)
        yield data[:LONGEST]


def _flip(data: bytes, _: Sequence[bytes], chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes([chance.choice(ODD_BYTES)]) + data[at + 1 :]


def _cut(data: bytes, _: Sequence[bytes], chance: Random) -> bytes:
    begin = chance.randrange(len(data) + 1)
    return data[:begin] + data[begin + chance.choice((1, 2, 8, 64, 10_000)) :]


def _repeat(data: bytes, _: Sequence[bytes], chance: Random) -> bytes:
    begin = chance.randrange(len(data) + 1)
    part = data[begin : begin + chance.choice((1, 4, 40))]
    return data[:begin] + part * chance.choice((2, 3, 100)) + data[begin:]


def _put(data: bytes, _: Sequence[bytes], chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(ODD) + data[at:]


def _replace(data: bytes, _: Sequence[bytes], chance: Random) -> bytes:
    """A whole value, name or mark of the text."""
    found = [each.span() for each in _TOKEN.finditer(data[:20_000])]
    if not found:
        return _put(data, _, chance)
    begin, end = chance.choice(found)
    return data[:begin] + chance.choice(ODD) + data[end:]


def _cross(data: bytes, corpus: Sequence[bytes], chance: Random) -> bytes:
    other = chance.choice(corpus)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _members(data: bytes, _: Sequence[bytes], chance: Random) -> bytes:
    """JSON without one of its members, or with one in another's place."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _replace(data, _, chance)
    holders = [each for each in _holders(value) if each]
    if holders:
        holder = chance.choice(holders)
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if chance.random() < 0.5:
            del holder[key]
        else:
            holder[key] = chance.choice((None, [], {}, "", 0, -1, 1.5, True, "x" * 300, [[]], {"": None}))
    return json.dumps(value).encode()


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _holders(each)


_WAYS = (_flip, _cut, _repeat, _put, _replace, _replace, _cross, _members)
