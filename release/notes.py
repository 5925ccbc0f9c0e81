"""What is new in a version, from the changelog: `python -m release.notes v0.2.0` writes build/notes.md.

Exit code 1, and a line on stderr, where tag, package and changelog do not agree on the version, or it has no date.
"""

import re
import sys
import tomllib
from datetime import date

from release.locks import ROOT

NOTES = ROOT / "build" / "notes.md"
_VERSION = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?\s*$", re.MULTILINE)


class NotReleasable(Exception):
    """The message says what does not agree."""


def notes(tag: str, changelog: str, packaged: str) -> str:
    """The version's part of the changelog, without its heading. `packaged`: the version of the package. Raises
    NotReleasable."""
    version = tag.removeprefix("v")
    if tag != f"v{packaged}":
        raise NotReleasable(f"the tag is {tag}, but pyproject.toml says {packaged}")
    headings = list(_VERSION.finditer(changelog))
    for heading, following in zip(headings, [*(each.start() for each in headings[1:]), len(changelog)], strict=True):
        if heading["version"] == version:
            _check_date(version, heading["date"])
            text = changelog[heading.end() : following].strip()
            if not text:
                raise NotReleasable(f"CHANGELOG.md says nothing of {version}")
            return f"{text}\n"
    raise NotReleasable(f"CHANGELOG.md has no section [{version}]")


def _check_date(version: str, told: str | None) -> None:
    try:
        date.fromisoformat(told or "")
    except ValueError:
        raise NotReleasable(f"CHANGELOG.md: write `## [{version}] - YYYY-MM-DD`, the day of the release") from None


def main(tag: str) -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        text = notes(tag, (ROOT / "CHANGELOG.md").read_text(), packaged)
    except NotReleasable as fault:
        sys.exit(str(fault))
    NOTES.parent.mkdir(exist_ok=True)
    NOTES.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
