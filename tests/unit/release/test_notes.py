"""A release says what is new, and is made of what agrees."""

import pytest

from release.locks import ROOT
from release.notes import NotReleasable, notes

CHANGELOG = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- A thing.

## [0.1.1]

- Undated.

## [0.1.0] - 2026-11-25
"""


def test_it_is_the_versions_own_part() -> None:
    assert notes("v0.2.0", CHANGELOG, "0.2.0") == "### Added\n\n- A thing.\n"


@pytest.mark.parametrize(
    ("tag", "packaged", "told"),
    [
        ("v0.2.0", "0.2.0.dev0", "pyproject.toml says 0.2.0.dev0"),
        ("0.2.0", "0.2.0", "the tag is 0.2.0"),
        ("v0.3.0", "0.3.0", "no section"),
        ("v0.1.1", "0.1.1", "YYYY-MM-DD"),
        ("v0.1.0", "0.1.0", "says nothing"),
    ],
)
def test_what_does_not_agree_is_no_release(tag: str, packaged: str, told: str) -> None:
    with pytest.raises(NotReleasable, match=told):
        notes(tag, CHANGELOG, packaged)


def test_the_changelog_can_be_read_so() -> None:
    assert notes("v0.1.0", (ROOT / "CHANGELOG.md").read_text(), "0.1.0").startswith("### Added")
