"""Input that was made to hurt, and what a decoder may make of it: an outcome, or what it declares, soon.

Short and the same each time; `CONNECTOR_CAMPAIGN=1` throws thousands, new ones each time.
"""

import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CAMPAIGN = os.environ.get("CONNECTOR_CAMPAIGN") == "1"
SOON_S = 1.0

thrown = settings(
    max_examples=5_000 if CAMPAIGN else 300,
    derandomize=not CAMPAIGN,
    database=None,
    deadline=None,  # `soon` counts the decoder's own time, whatever else runs here
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

LONG = 150_000
NUMBERS = ("1E+9999999999999999999", "-1e-9999999999999999", "1e999", "9" * 5_000, "-0", "0." + "1" * LONG, "NaN")
TEXTS = (
    *("", " ", "\0", "\x1b[2J", "a|b", "\ud800", "\u202e", "[red]x[/red]", "=1+1", "a" * LONG, "a@" * (LONG // 2)),
    *("+1" + "(" * LONG, "[" * LONG, " " * LONG + "x", "'" + "a" * LONG, '"' * LONG, "T24:00" * 10_000),
    *("a@a." * (LONG // 4), "\\" * LONG, "2026-02-30T25:61:61Z", "http://[::1", "//\\@x", "%" * 5_000),
)
FRAGMENTS = (
    *NUMBERS,
    *(json.dumps(text) for text in TEXTS),
    *("null", "true", "[]", "{}", "[null]", '"\\ud800"', "[" * 5_000, '{"a":' * 5_000, "[" + "[]," * 50_000 + "[]]"),
    *("{" + ",".join(f'"{number}":0' for number in range(10_000)) + "}", "[" * 60 + "]" * 60, "}", '"', ""),
)
"""What may stand where a value of JSON is expected."""


@contextmanager
def soon(within_s: float = SOON_S) -> Iterator[None]:
    """By the decoder's own time: the system's is the machine's (CPython 3.11 asks it for a page of its stack at each
    call, where a loop happens to run at the end of one)."""
    began = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
    yield
    assert resource.getrusage(resource.RUSAGE_THREAD).ru_utime - began < within_s


def spoilt_json(*good: Any) -> st.SearchStrategy[bytes]:
    """Of one of `good`, with fragments in place of some of its values, or with bytes of it changed."""
    return st.one_of(
        st.builds(_with_fragments, st.sampled_from(good), st.lists(_places(), min_size=1, max_size=3)),
        st.sampled_from([json.dumps(each).encode() for each in good]).flatmap(spoilt_bytes),
    )


def spoilt_bytes(good: bytes, fragments: tuple[bytes, ...] = ()) -> st.SearchStrategy[bytes]:
    """With some of its bytes cut out, repeated, or others in their place."""
    others = st.one_of(st.binary(max_size=8), st.sampled_from((*fragments, b"\0", b"\x1b", b"\xff", b"[" * 5_000)))
    places = st.tuples(st.integers(0, max(0, len(good) - 1)), st.integers(0, 20), others)
    return st.lists(places, min_size=1, max_size=4).map(lambda edits: _edited(good, edits))


def _places() -> st.SearchStrategy[tuple[int, str]]:
    return st.tuples(st.integers(0, 10_000), st.sampled_from(FRAGMENTS))


def _with_fragments(good: Any, places: list[tuple[int, str]]) -> bytes:
    text = json.dumps(good)
    for place, fragment in places:
        spots = list(_values(text))
        begin, end = spots[place % len(spots)]
        text = f"{text[:begin]}{fragment}{text[end:]}"
        if fragment not in ("null", "true", "[]", "{}"):
            break  # it may be no JSON any more
    return text.encode()


def _values(text: str) -> Iterator[tuple[int, int]]:
    """Where the values of a JSON text begin and end, the names of its objects too."""
    decoder = json.JSONDecoder()
    for at, character in enumerate(text):
        if at and text[at - 1] not in " [{":
            continue
        if character in '"[{-0123456789tfn':
            try:
                yield at, decoder.raw_decode(text, at)[1]
            except ValueError:
                continue


def _edited(good: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, other in edits:
        good = good[:at] + other + good[at + length :]
    return good


def outcome_of(decode: Callable[[], object], *declared: type[Exception], within_s: float = SOON_S) -> object:
    """What it gave, or what it raised of what it declares; soon."""
    with soon(within_s):
        try:
            return decode()
        except declared as raised:
            return raised
