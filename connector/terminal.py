"""Text that came from outside, as it may be shown to people: what would drive a terminal is spelt out instead.

Control characters (an escape sequence begins with one), those that turn the direction of writing or can't be seen, and
what is no character at all. Joiners stay: Indian scripts are written with them.
"""

import re

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """On one line: a line break is spelt out as well."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def visible_lines(text: str) -> str:
    """Line breaks stay."""
    return "\n".join(visible(line) for line in text.split("\n"))


def visible_json(text: str) -> str:
    """JSON that means the same, of which a terminal understands nothing."""
    return "\n".join(_UNSAFE.sub(lambda found: _escaped(found[0]), line) for line in text.split("\n"))


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
