"""Which manners are on, and the chance that decides where each of them shows."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

SYNTAX = (
    "NAME[=SHARE][,match=TEXT]. SHARE: of the objects or calls that it may show in, 0 to 1, 1 where left out. "
    "match: only where the merchant, location, shipment, SKU, path, ... has this text. odd: all, each at its own share"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """`share`: among all others (`--manners odd`); 0: only when asked for by name, for it stops what it meets.

    `within_model`: Amazon's published model allows the answer.
    """

    name: str
    share: float
    meaning: str
    source: str
    within_model: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    share: float
    match: str = ""


class Manners:
    """The same seed and the same calls show the same manners, in whatever order the calls of others come.

    `shown` counts by name and by what it showed in.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._occasions: Counter[tuple[str, ...]] = Counter()
        self.active: dict[str, Setting] = {}
        self.shown: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def marks(self, manner: Manner, *key: str) -> bool:
        """Whether the manner belongs to what the key names: for good."""
        return self._shows(manner, key, key)

    def comes(self, manner: Manner, *key: str) -> tuple[str, ...] | None:
        """Whether the manner shows this time: each time that the key is asked for is an occasion of its own.

        The occasion, for whatever else is to be drawn in it.
        """
        if manner.name not in self.active:
            return None
        self._occasions[manner.name, *key] += 1
        occasion = (*key, str(self._occasions[manner.name, *key]))
        return occasion if self._shows(manner, key, occasion) else None

    def one_of(self, manner: Manner, options: Sequence[T], *key: str) -> T:
        """Which of several, for good."""
        return options[int(self.chance(manner, *key, "which") * len(options))]

    def chance(self, manner: Manner, *key: str) -> float:
        """In [0, 1), the same for the same seed, manner and key."""
        text = "\x1f".join((str(self._seed), manner.name, *key))
        return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=6).digest()) / 2**48

    def _shows(self, manner: Manner, key: Sequence[str], drawn_by: Sequence[str]) -> bool:
        setting = self.active.get(manner.name)
        if setting is None or setting.match not in "\x1f".join(key):
            return False
        if self.chance(manner, *drawn_by) >= setting.share:
            return False
        self.shown[manner.name, tuple(key)] += 1
        return True


def parse_setting(text: str) -> tuple[str, Setting]:
    """(name, setting) of SYNTAX. ValueError names the part that is wrong."""
    first, *rest = (part.strip() for part in text.split(","))
    name, equals, share_text = first.partition("=")
    match = ""
    for part in rest:
        if not part.startswith("match="):
            raise ValueError(f"manner {text!r}: {part!r} is not understood; the form is {SYNTAX}")
        match = part.removeprefix("match=")
    try:
        share = float(share_text) if equals else 1.0
    except ValueError as error:
        raise ValueError(f"manner {text!r}: {share_text!r} is no share; the form is {SYNTAX}") from error
    if not 0 <= share <= 1:
        raise ValueError(f"manner {text!r}: a share is from 0 to 1")
    return name, Setting(share, match)
