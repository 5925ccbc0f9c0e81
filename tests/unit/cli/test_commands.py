"""The command line: help, exit codes, and errors told as one clear text without a traceback."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli import COMMANDS, build, load_command
from connector.errors import ConnectorError

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
    shown = connector(command, "--help")
    assert shown.returncode == 0
    assert shown.stdout.startswith(f"Usage: python -m connector {command} ")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_line_is_the_commands_own(command: str) -> None:
    assert load_command(command).help.splitlines()[0] == COMMANDS[command]


def test_no_help_line_is_cut_on_a_narrow_screen() -> None:
    for group in ([], ["merchants"]):
        shown = CliRunner().invoke(build(), [*group, "--help"], env={"COLUMNS": "60"})
        assert "..." not in shown.stdout.partition("Commands:")[2]


def test_the_version_is_the_packages() -> None:
    told = connector("--version")
    assert told.returncode == 0
    assert told.stdout == f"connector {importlib.metadata.version('smartconnect-connector')}\n"


def test_without_a_package_there_is_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert isinstance(CliRunner().invoke(build(), ["--version"]).exception, ConnectorError)


def test_completion_is_offered() -> None:
    shown = connector("--help").stdout
    assert "--install-completion" in shown
    assert "--show-completion" in shown


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
