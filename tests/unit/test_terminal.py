"""What strangers wrote never drives a terminal, and JSON stays JSON that means the same."""

import json
import unicodedata

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.terminal import visible, visible_json, visible_lines

ESCAPE = "\x1b]0;title\x07"
BIDI = "\u202egnp.exe"
BIDI_CONTROLS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
TEXTS = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é भारतीय डाक 🙂", "plain é भारतीय डाक 🙂"),
        ("क्\u200dष", "क्\u200dष"),
        (ESCAPE, r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\tc\rd\x7f", r"a\nb\tc\rd\x7f"),
        (BIDI, r"\u202egnp.exe"),
        ("\u2066\u200f\ufeff\udcff\U000e0041", r"\u2066\u200f\ufeff\udcff\U000e0041"),
    ],
)
def test_what_could_drive_a_terminal_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(codec=None)))
def test_nothing_that_controls_is_left(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert all(unicodedata.bidirectional(character) not in BIDI_CONTROLS for character in shown)
    assert shown.isascii() or shown.encode()


def test_lines_stay_where_they_are_ours() -> None:
    assert visible_lines(f"one\ntwo {ESCAPE}") == "one\ntwo \\x1b]0;title\\x07"


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_json_means_the_same(value: object) -> None:
    shown = visible_json(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
    assert json.loads(shown) == value
    assert visible_lines(shown) == shown
