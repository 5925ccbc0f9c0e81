"""Codes and request ids: what is taken over from a foreign error, where it looks like what it is."""

import re

LONGEST_CODE = 64
LONGEST_REQUEST_ID = 100

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*|\d{1,4}")
_MANY_DIGITS = re.compile(r"\d{6}")  # SC00002 has five; a phone number or a postcode has more
_REQUEST_ID = re.compile(r"[A-Za-z0-9_=/+.:-]+")
_DOMAIN = re.compile(r"\.[a-z]")


def code_of(text: object, known: frozenset[str] = frozenset()) -> str:
    """The code that the text is: one word, as programs write them, or a phrase whose words squeezed together are one of
    `known`. Empty for any other text."""
    code = str(text).strip() if isinstance(text, str | int) and not isinstance(text, bool) else ""
    if not code.isascii() or len(code) > LONGEST_CODE:
        return ""
    if squeezed(code) in known:
        return code
    return code if _CODE.fullmatch(code) and not _MANY_DIGITS.search(code) and not _DOMAIN.search(code) else ""


def squeezed(code: str) -> str:
    return code.replace(" ", "").replace("_", "").casefold()


def request_id_of(text: str) -> str:
    """Empty where it is none."""
    return text if _REQUEST_ID.fullmatch(text) and len(text) <= LONGEST_REQUEST_ID else ""
