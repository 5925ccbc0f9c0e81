"""What a decoder may make of an input: an outcome, or what it declares; soon, and in little memory."""

import json
import resource
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

from tests.kit.fuzz.decoders import DECODERS, Decoder

SOON_S = 1.0
"""Of the thread's own computing, whatever else runs on the machine."""
MOST_BYTES = 200 * 1024 * 1024
CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus.json"
"""By decoder: inputs in base64."""
LONGEST = 60_000
"""Of an input that is kept or made: longer ones are a matter of the bounds, which have tests of their own."""


class TooSlow(Exception):
    pass


class TooLarge(Exception):
    pass


def judge(decoder: Decoder, data: bytes, soon_s: float = SOON_S) -> None:
    """Raises what the decoder raised and does not declare, TooSlow, or TooLarge."""
    before = resource.getrusage(resource.RUSAGE_THREAD)
    try:
        decoder.decode(data)
    except decoder.declared:
        pass
    finally:
        after = resource.getrusage(resource.RUSAGE_THREAD)
        if after.ru_utime - before.ru_utime > soon_s:
            raise TooSlow(f"{after.ru_utime - before.ru_utime:.1f} s")
        grown = (after.ru_maxrss - before.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
        if grown > MOST_BYTES:
            raise TooLarge(f"{grown // 1024**2} MB")


def kept() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(CORPUS.read_text())
    return found


def corpus(name: str) -> Iterator[bytes]:
    """Good input, then what was kept: inputs that found a fault, or a way through the code that no other goes."""
    yield from DECODERS[name].good
    yield from map(b64decode, kept().get(name, ()))
