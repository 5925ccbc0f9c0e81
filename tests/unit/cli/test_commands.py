"""The command line: help, exit codes, and errors told as one clear text without a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from connector.cli import COMMANDS

ROOT = Path(__file__).parents[3]


def connector(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connector", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={"PATH": "", "COLUMNS": "200", **{f"CONNECTOR_{name}": value for name, value in environment.items()}},
    )


def test_help_names_every_command() -> None:
    shown = connector("--help")
    assert shown.returncode == 0
    assert all(f" {command} " in shown.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    assert connector(command, "--help").returncode == 0


@pytest.mark.parametrize("wrong", [["nonsense"], ["topics", "nonsense"], ["topics", "check", "--nonsense"]])
def test_a_wrong_call_ends_with_2(wrong: list[str]) -> None:
    told = connector(*wrong)
    assert told.returncode == 2
    assert "nonsense" in told.stderr
    assert "Traceback" not in told.stderr


def test_wrong_settings_end_with_2_and_are_all_told() -> None:
    told = connector("topics", "check", KAFKA__PARTITIONS="none", WEB__PORT="-1")
    assert told.returncode == 2
    assert "CONNECTOR_KAFKA__PARTITIONS" in told.stderr
    assert "CONNECTOR_WEB__PORT" in told.stderr
    assert "Traceback" not in told.stderr
    assert told.stdout == ""


def test_a_failure_ends_with_1_and_says_where_to_look() -> None:
    told = connector("topics", "check", KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert told.returncode == 1
    assert "127.0.0.1:9" in told.stderr
    assert "CONNECTOR_KAFKA__" in told.stderr
    assert "Traceback" not in told.stderr
