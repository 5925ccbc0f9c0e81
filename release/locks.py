"""A lock file, as pip-compile writes it with hashes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^    # via\s+(\S+)|^    #   (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pin:
    """`hashes`: SHA-256 of each file that may be installed. `needed_by`: names, or the project's own `name[extra]`."""

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]


def read_lock(file: Path) -> Iterator[Pin]:
    """Raises ValueError where a pin has no hash."""
    text = file.read_text()
    found = list(_PIN.finditer(text))
    for pin, following in zip(found, [*(each.start() for each in found[1:]), len(text)], strict=True):
        block = text[pin.end() : following]
        hashes = tuple(_HASH.findall(block))
        if not hashes:
            raise ValueError(f"{file.name}: {pin['name']} has no hash")
        needed_by = tuple(first or other for first, other in _VIA.findall(block))
        yield Pin(pin["name"], pin["version"], hashes, needed_by)
