"""`connector migrate plan`: what is ticked, and what stays to be done by hand."""

from dataclasses import replace

import pytest

from connector.cli.migrate import CHECKLISTS, MigrationFacts, MigrationStyle

READY = MigrationFacts(observing=True, paused=False, access_faults=(), seeded=3, listings=2, unfinished=0)


def ticks(style: MigrationStyle, facts: MigrationFacts, word: str) -> list[bool | None]:
    return [step.done for step in CHECKLISTS[style](facts) if word in step.text]


@pytest.mark.parametrize("style", MigrationStyle)
def test_what_can_be_checked_is_ticked(style: MigrationStyle) -> None:
    assert ticks(style, READY, "observe") == [True]
    assert ticks(style, READY, "ledger seed") == [True]
    assert ticks(style, replace(READY, seeded=0), "ledger seed") == [False]
    assert ticks(style, replace(READY, access_faults=("token: gone",)), "consent") == [False]
    assert ticks(style, READY, '"active"') == [False]
    assert ticks(style, replace(READY, observing=False), '"active"') == [True]
    assert ticks(style, replace(READY, observing=False, paused=True), '"active"') == [False]


@pytest.mark.parametrize("style", MigrationStyle)
def test_the_old_sides_access_is_needed_up_to_the_last_step(style: MigrationStyle) -> None:
    steps = [step.text for step in CHECKLISTS[style](READY)]
    assert ["access back" in text for text in steps] == [False] * (len(steps) - 1) + [True]


def test_only_a_drain_waits_for_the_old_sides_orders() -> None:
    assert ticks(MigrationStyle.DRAIN, READY, "up to its label") == [True]
    assert ticks(MigrationStyle.DRAIN, replace(READY, unfinished=4), "up to its label") == [False]
    assert ticks(MigrationStyle.DRAIN, replace(READY, unfinished=None), "up to its label") == [None]
    assert ticks(MigrationStyle.OVERLAP, READY, "up to its label") == []
    assert ticks(MigrationStyle.OVERLAP, READY, "auto-confirm off") == [None]
