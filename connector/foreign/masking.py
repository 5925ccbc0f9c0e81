"""A foreign text without what it may quote.

By what may stay, not by what must go: names, streets and tokens have no form that could be looked for. What stays are
the words that errors are made of, and short numbers; what stands beside something removed goes with it where it may be
a part of the same name or number.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from connector.foreign.vocabulary import VOCABULARY

REMOVED = "[removed]"
MOST_READ = 100_000  # characters of one text
LONGEST_MASKED = 500
_AROUND = "\"'`([{<>}]),.;:!?"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SYMBOLS = frozenset("_-./[]:,=#*%'\"(){}|&;<>+")
_MOST_DIGITS = 3  # an HTTP status; a house's number goes with its street
_KNOWN_CODE = re.compile(r"SC[01]000\d")  # of the External Fulfillment API


def masked(text: str) -> str:
    """At most LONGEST_MASKED characters of ASCII in one line."""
    if not text:
        return ""
    chunks = [_Chunk.of(chunk) for chunk in text[:MOST_READ].split()]
    _remove_long_numbers(chunks)
    _spread(chunks)
    chunks.reverse()
    _spread(chunks)
    chunks.reverse()
    shown: list[str] = []
    for chunk in chunks:
        if chunk.stays:
            shown.append(chunk.text)
        elif shown[-1:] != [REMOVED]:
            shown.append(REMOVED)
    return " ".join(shown)[:LONGEST_MASKED]


@dataclass(slots=True)
class _Chunk:
    """What stands between two blanks. `follows`: it goes with a neighbour, for it may be a part of its name or number.
    `digits`: how many it has."""

    text: str
    stays: bool
    follows: bool
    digits: int = 0

    @classmethod
    def of(cls, text: str) -> "_Chunk":
        inner = text.strip(_AROUND)
        if not text.isascii():
            return cls("", stays=False, follows=False)
        digits = sum(map(str.isdigit, inner))
        if _KNOWN_CODE.fullmatch(inner):
            return cls(text, stays=True, follows=False)
        stays = digits <= _MOST_DIGITS and _is_made_of_known_words(inner)
        return cls(text, stays=stays, follows=inner[:1].isupper() or not inner.isalpha(), digits=digits)


def _is_made_of_known_words(text: str) -> bool:
    for word in set(_WORDS.findall(text)):
        if word.casefold() not in VOCABULARY:
            return False
    rest = _WORDS.sub("", text)
    return all(letter in _SYMBOLS or letter.isdigit() for letter in rest)


def _remove_long_numbers(chunks: list[_Chunk]) -> None:
    """987 654 32 10 is one."""
    run: list[_Chunk] = []
    for chunk in [*chunks, _Chunk("", stays=True, follows=False)]:
        if chunk.digits:
            run.append(chunk)
            continue
        if sum(number.digits for number in run) > _MOST_DIGITS:
            for number in run:
                number.stays = False
        run = []


def _spread(chunks: list[_Chunk]) -> None:
    for before, chunk in pairwise(chunks):
        if not before.stays and chunk.follows and not (before.text.endswith(":") and chunk.text.isalpha()):
            chunk.stays = False
