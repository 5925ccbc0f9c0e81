"""What all the operators' verbs have in common: an example in the help, and one line for bad input."""

import pytest
from click import unstyle
from typer.testing import CliRunner

from connector.cli import build
from connector.cli.records.letter_choice import choose_letters
from connector.cli.shared import times
from connector.cli.shared.screen import table_lines, tell_table
from connector.cli.shared.times import iso, parse_time_ms
from connector.errors import InputError

NOW_MS = 1_772_445_600_000  # 10:00 UTC

VERBS = [
    *(["ledger", verb] for verb in ("seed", "export")),
    ["listings", "import"],
    *(["inventory", verb] for verb in ("zero", "restore", "resend")),
    *(["merchants", verb] for verb in ("check", "pause", "resume")),
    *(["reconcile", verb] for verb in ("stock", "orders", "returns", "report")),
    ["shipments", "refetch"],
    ["status"],
    ["history"],
    *(["dead-letters", verb] for verb in ("list", "show", "retry", "drop")),
    ["replay"],
    *(["onboard", verb] for verb in ("url", "exchange")),
    ["notifications", "subscribe"],
    ["migrate", "plan"],
]
RECONCILE = ("stock", "orders", "returns", "report")
READING = (*RECONCILE, "history", "export", "check", "status", "list", "show", "url", "exchange", "subscribe", "plan")
CHANGING = [verb for verb in VERBS if verb[-1] not in READING]


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
    with pytest.raises(InputError, match="--from last week"):
        parse_time_ms("--from", "last week")


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("now", NOW_MS),
        ("-90s", NOW_MS - 90_000),
        ("-15m", NOW_MS - HOUR_MS // 4),
        ("-2h", NOW_MS - 2 * HOUR_MS),
        ("-3d", NOW_MS - 72 * HOUR_MS),
        ("-1W", NOW_MS - 168 * HOUR_MS),
        ("-999999w", 0),
        ("today", NOW_MS - 10 * HOUR_MS),
        ("Yesterday", NOW_MS - 34 * HOUR_MS),
    ],
)
def test_times_may_be_relative_to_now(text: str, at_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now_ms", lambda: NOW_MS)
    assert parse_time_ms("--from", text) == at_ms


@pytest.mark.parametrize("text", ["-2", "2h", "-2 h", "--2h", "-٢h", "-2y", "tomorrow"])
def test_what_only_looks_relative_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="-2h"):
        parse_time_ms("--from", text)


COLUMNS = ("merchant", "operation", "nothing calls, because")
ROWS = [["A2EXAMPLE", "inventory", ""], ["A2EXAMPLE", "inventory EXSB", "the merchant's mode is observe"]]


@pytest.mark.parametrize("width", [30, 46, 55, 80, 200])
def test_no_line_of_a_table_is_wider_than_the_screen(width: int) -> None:
    lines = [unstyle(line) for line in table_lines(COLUMNS, ROWS, width)]
    assert max(map(len, lines)) <= width
    told = " ".join(word for line in lines for word in line.split())
    assert all(value in told for row in ROWS for value in row)


def test_a_table_that_fits_has_one_line_a_row() -> None:
    assert len([*table_lines(COLUMNS, ROWS, 80)]) == 3


def test_a_table_in_a_pipe_has_tabs_and_is_never_folded(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 500
    tell_table(("id", "message"), [["1", f"{long}\ttab\nline"], [None, 2]])
    assert capsys.readouterr().out == f"id\tmessage\n1\t{long}\\ttab\\nline\n\t2\n"


@pytest.mark.parametrize("wrong", ["3", "3/", "/3", "a/b", "1/2/3", "-1/2"])
def test_ids_of_dead_letters_are_checked(wrong: str) -> None:
    with pytest.raises(InputError, match="PARTITION/OFFSET"):
        choose_letters([wrong], "", "", "", "", "")


def test_dealing_with_all_must_be_said() -> None:
    with pytest.raises(InputError, match="--all"):
        choose_letters([], "", "", "", "", "", everything=False)
    assert choose_letters([], "", "", "", "", "", everything=True).ids == frozenset()
