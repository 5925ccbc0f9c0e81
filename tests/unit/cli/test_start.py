"""How little `connector` imports to start: what it takes to say what it can do, and no engine that a command lacks."""

import subprocess
import sys
from pathlib import Path

import pytest

from connector.cli import COMMANDS, module_of

ROOT = Path(__file__).parents[3]
SLOW = frozenset({"httpx", "aiohttp", "boto3", "botocore", "confluent_kafka", "pydantic", "openpyxl", "rich"})
ENGINE = frozenset({"faust", "mode", "aiokafka"})
RUN_A_WORKER = frozenset({"worker", "demo"})
RARELY = ("authlib", "boto3", "confluent_kafka.schema_registry", "cryptography", "openpyxl", "PIL", "reportlab")
"""Of a registry, a queue, a bucket, a certificate, a sheet, a manifest: a worker that has none starts without."""
MAIN = """
import sys
from connector.cli import main
sys.argv = ["connector", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
RUN = """
import sys
import connector.app, connector.cli.worker, connector.worker
print(*sys.modules, file=sys.stderr)
"""
LOAD = """
import sys
from connector.cli import load_command
load_command(sys.argv[1])
print(*sys.modules, file=sys.stderr)
"""


def imported(program: str, *arguments: str, **environment: str) -> tuple[str, set[str]]:
    """(what the program printed, the modules that it had in the end), in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={"PATH": "", "COLUMNS": "80", **environment},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, set(ended.stderr.splitlines()[-1].split())


def packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def commands(modules: set[str]) -> set[str]:
    return {name for name in COMMANDS if module_of(name) in modules}


def complete(line: str) -> tuple[list[str], set[str]]:
    """What a shell is told at the end of the line."""
    words = len(line.split(" ")) - 1
    told, modules = imported(MAIN, _CONNECTOR_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(words))
    return told.split(), modules


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_needs_no_command_imports_none(option: str) -> None:
    _, modules = imported(MAIN, option)
    assert packages(modules) & (SLOW | ENGINE) == set()
    assert commands(modules) == set()


def test_completing_a_command_imports_none() -> None:
    told, modules = complete("connector to")
    assert told == ["topics"]
    assert packages(modules) & (SLOW | ENGINE) <= {"pydantic"}  # typer's own way to convert an option
    assert commands(modules) == set()


def test_completing_what_is_no_command_ends_well() -> None:
    assert complete("connector nonsense ")[1]


def test_completion_knows_a_commands_own_names() -> None:
    told, modules = complete("connector topics ")
    assert told == ["create", "check"]
    assert commands(modules) == {"topics"}
    assert complete("connector replay --dry")[0] == ["--dry-run"]


def test_a_commands_help_imports_that_command_alone() -> None:
    told, modules = imported(MAIN, "topics", "--help")
    assert "create" in told
    assert commands(modules) == {"topics"}


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - RUN_A_WORKER))
def test_only_what_runs_a_worker_imports_its_engine(command: str) -> None:
    _, modules = imported(LOAD, command)
    assert commands(modules) == {command}
    assert packages(modules) & (ENGINE | {"pyiceberg"}) == set()  # pyiceberg is an extra


def test_a_worker_imports_only_what_every_worker_needs() -> None:
    """Its merchants' lanes stand still until it has started."""
    _, modules = imported(RUN)
    assert packages(modules) >= ENGINE
    assert modules.intersection(RARELY) == set()


def test_a_simulator_that_notifies_nobody_starts_without_a_queues_client() -> None:
    _, modules = imported(LOAD, "simulator")
    assert "boto3" not in modules


def test_settings_are_judged_before_the_engine_is_loaded() -> None:
    _, modules = imported(LOAD, "worker")
    assert packages(modules) & (ENGINE | {"aiohttp", "httpx"}) == set()
