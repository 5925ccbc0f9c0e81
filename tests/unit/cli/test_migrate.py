"""`connector migrate plan`: what is ticked, and what stays to be done by hand."""

from dataclasses import replace

import pytest

from connector.cli.migrate import STEPS, Facts, Style

READY = Facts(observing=True, paused=False, access_faults=(), seeded=3, listings=2, unfinished=0)


def ticks(style: Style, facts: Facts, word: str) -> list[bool | None]:
    return [step.done for step in STEPS[style](facts) if word in step.text]


@pytest.mark.parametrize("style", Style)
def test_what_can_be_checked_is_ticked(style: Style) -> None:
    assert ticks(style, READY, "observe") == [True]
    assert ticks(style, READY, "ledger seed") == [True]
    assert ticks(style, replace(READY, seeded=0), "ledger seed") == [False]
    assert ticks(style, replace(READY, access_faults=("token: gone",)), "consent") == [False]
    assert ticks(style, READY, '"active"') == [False]
    assert ticks(style, replace(READY, observing=False), '"active"') == [True]
    assert ticks(style, replace(READY, observing=False, paused=True), '"active"') == [False]


def test_only_a_drain_waits_for_the_old_sides_orders() -> None:
    assert ticks(Style.DRAIN, READY, "up to its label") == [True]
    assert ticks(Style.DRAIN, replace(READY, unfinished=4), "up to its label") == [False]
    assert ticks(Style.DRAIN, replace(READY, unfinished=None), "up to its label") == [None]
    assert ticks(Style.OVERLAP, READY, "up to its label") == []
    assert ticks(Style.OVERLAP, READY, "auto-confirm off") == [None]
