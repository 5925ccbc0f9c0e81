"""TOML of a file that may be anything: for a few lines of it Python's parser takes minutes, or all of the stack."""

import re
import tomllib
from collections import deque
from typing import Any

LARGEST_TOML_BYTES = 16 * 1024 * 1024
MOST_TOML_ENTRIES = 20_000  # merchants, say
MOST_TOML_VALUES = 300_000
MOST_TOML_LINES = 500_000  # and commas
MOST_KEY_PARTS = 16  # with dots between them: the time that they take grows with their square

# Texts and comments, ended or not (so that each place is looked at once), or a chain of dotted names
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|(?P<chain>(?:[\w-]++|"(?:\\.|[^"\\\n])*+"?|\'[^\'\n]*+\'?)'
    r'(?:[ \t]*+\.[ \t]*+(?:[\w-]++|"(?:\\.|[^"\\\n])*+"?|\'[^\'\n]*+\'?))*+)'
    r"|#[^\n]*+",
    re.DOTALL,
)
_DOT = re.compile(r'"(?:\\.|[^"\\\n])*+"?|\'[^\'\n]*+\'?|(?P<dot>\.)')


def load_toml(content: bytes) -> dict[str, Any]:
    """Raises ValueError, which says why in words for its author: UnicodeDecodeError where it is not UTF-8."""
    if len(content) > LARGEST_TOML_BYTES:
        raise ValueError(f"it has more than {LARGEST_TOML_BYTES // 1024**2} MB")
    text = content.decode("utf-8-sig")  # some editors begin a file with a mark
    if text.count("\n") + text.count(",") > MOST_TOML_LINES:
        raise ValueError(f"it has more than {MOST_TOML_LINES:,} lines and entries")
    for token in _TOKEN.finditer(text):
        chain = token["chain"]
        if chain is not None and chain.count(".") >= MOST_KEY_PARTS and _dots(chain) >= MOST_KEY_PARTS:
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(f"it has a key of more than {MOST_KEY_PARTS} parts, in line {line}")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is not TOML: {error}") from None
    except RecursionError:
        raise ValueError("its arrays or tables lie too deep in each other") from None
    except (ValueError, OverflowError) as error:  # a number of thousands of digits, say
        raise ValueError(f"it holds what can't be read: {error}") from None
    _count(table)
    return table


def _count(table: dict[str, Any]) -> None:
    """Each may come to be a fault that is told: a thousand times its size."""
    left, waiting = MOST_TOML_VALUES, deque[Any]([table])
    while waiting:
        value = waiting.popleft()
        if not isinstance(value, dict | list):
            continue
        left -= len(value)
        if len(value) > MOST_TOML_ENTRIES or left < 0:
            most = f"{MOST_TOML_ENTRIES:,} entries in one list or table, or more than {MOST_TOML_VALUES:,} in all"
            raise ValueError(f"it has more than {most}")
        waiting.extend(value.values() if isinstance(value, dict) else value)


def _dots(chain: str) -> int:
    """Outside of quotes."""
    return sum(found["dot"] is not None for found in _DOT.finditer(chain))
