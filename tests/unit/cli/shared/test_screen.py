"""What all the operators' verbs have in common: an example in the help, and one line for bad input."""

import pytest
from typer.testing import CliRunner

from connector.cli import build
from connector.cli.records.letter_choice import choose_letters
from connector.cli.shared.times import iso, parse_time_ms
from connector.errors import InputError

VERBS = [
    *(["ledger", verb] for verb in ("seed", "export")),
    ["listings", "import"],
    *(["merchants", verb] for verb in ("check", "pause", "resume")),
    ["status"],
    *(["dead-letters", verb] for verb in ("list", "show", "retry", "drop")),
    ["replay"],
    *(["onboard", verb] for verb in ("url", "exchange")),
    ["notifications", "subscribe"],
    ["migrate", "plan"],
]
CHANGING = [verb for verb in VERBS if verb[-1] in ("seed", "import", "pause", "resume", "retry", "drop", "replay")]


def help_of(verb: list[str]) -> str:
    shown = CliRunner().invoke(build(), [*verb, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    return shown.stdout


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_help_has_an_example_and_json(verb: list[str]) -> None:
    assert f"Example: connector {' '.join(verb)}" in help_of(verb)
    assert "--json" in help_of(verb)


@pytest.mark.parametrize("verb", CHANGING, ids=" ".join)
def test_what_changes_something_can_be_tried_before(verb: list[str]) -> None:
    assert "--dry-run" in help_of(verb)


def test_times_are_utc_unless_they_name_a_zone() -> None:
    assert parse_time_ms("--from", "1970-01-01T00:00:01") == 1000
    assert parse_time_ms("--from", "1970-01-01T05:30+05:30") == 0
    assert iso(1000) == "1970-01-01T00:00:01+00:00"
    with pytest.raises(InputError, match="--from yesterday"):
        parse_time_ms("--from", "yesterday")


@pytest.mark.parametrize("wrong", ["3", "3/", "/3", "a/b", "1/2/3", "-1/2"])
def test_ids_of_dead_letters_are_checked(wrong: str) -> None:
    with pytest.raises(InputError, match="PARTITION/OFFSET"):
        choose_letters([wrong], "", "", "", "", "")


def test_dealing_with_all_must_be_said() -> None:
    with pytest.raises(InputError, match="--all"):
        choose_letters([], "", "", "", "", "", everything=False)
    assert choose_letters([], "", "", "", "", "", everything=True).ids == frozenset()
