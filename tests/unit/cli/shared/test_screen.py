"""What all the operators' verbs have in common: an example in the help, and one line for bad input."""

import pytest
from typer.testing import CliRunner

from connector.cli import build
from connector.cli.records.letter_choice import choose_letters
from connector.cli.shared.times import iso, parse_time_ms
from connector.clock import now_ms
from connector.errors import InputError
from connector.kafka.topics import DAY_MS

VERBS = [
    *(["ledger", verb] for verb in ("seed", "export")),
    ["listings", "import"],
    *(["merchants", verb] for verb in ("check", "pause", "resume")),
    ["status"],
    ["history"],
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
    with pytest.raises(InputError, match="--from someday"):
        parse_time_ms("--from", "someday")


@pytest.mark.parametrize(
    ("text", "ago_ms"), [("-90s", 90_000), ("-30m", 1_800_000), ("-2h", 7_200_000), ("-1w", 604_800_000)]
)
def test_a_time_may_be_said_from_now(text: str, ago_ms: int) -> None:
    before_ms = now_ms()
    assert before_ms - ago_ms <= parse_time_ms("--from", text) <= now_ms() - ago_ms
    assert parse_time_ms("--from", f"-{'9' * 9}w") == 0


def test_days_begin_at_midnight_utc() -> None:
    before = parse_time_ms("--from", "yesterday"), parse_time_ms("--from", "today")
    days = now_ms() // DAY_MS
    if days != before[1] // DAY_MS:  # it was midnight meanwhile
        before = parse_time_ms("--from", "yesterday"), parse_time_ms("--from", "today")
    assert before == ((days - 1) * DAY_MS, days * DAY_MS)


@pytest.mark.parametrize("wrong", ["2h", "-2", "-h", "-2y", "--2h", "tomorrow", "-1.5h", ""])
def test_what_is_no_time_is_told(wrong: str) -> None:
    with pytest.raises(InputError, match="--since"):
        parse_time_ms("--since", wrong)


@pytest.mark.parametrize("wrong", ["3", "3/", "/3", "a/b", "1/2/3", "-1/2"])
def test_ids_of_dead_letters_are_checked(wrong: str) -> None:
    with pytest.raises(InputError, match="PARTITION/OFFSET"):
        choose_letters([wrong], "", "", "", "", "")


def test_dealing_with_all_must_be_said() -> None:
    with pytest.raises(InputError, match="--all"):
        choose_letters([], "", "", "", "", "", everything=False)
    assert choose_letters([], "", "", "", "", "", everything=True).ids == frozenset()
