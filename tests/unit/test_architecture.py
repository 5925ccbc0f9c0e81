"""The import arrows of the project, and the size of its files."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "connector"
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 300

# What every stage may use: the configuration, which is data, the errors that are told to an operator, and how long work
# leaves the event loop to others
BASE = frozenset({"domain", "errors", "event_loop", "settings", "merchants"})
STAGES = frozenset({"smartconnect", "kafka", "tables", "lanes", "intake", "documents"})
AGENTS = BASE | STAGES | {"agents", "telemetry", "merchants_file"}

MAY_IMPORT: dict[str, frozenset[str]] = {
    "domain": frozenset({"domain"}),
    "simulator": frozenset({"simulator"}),
    "errors": frozenset(),
    "clock": frozenset(),
    "event_loop": frozenset(),
    **{stage: BASE | {stage} for stage in STAGES},
    "agents": AGENTS,
    "settings": frozenset({"errors"}),
    "merchants": frozenset({"errors"}),
    "merchants_file": frozenset({"errors", "merchants"}),
    "telemetry": BASE | {"lanes"},
    "web": AGENTS | {"web"},
}
OUTERMOST = frozenset({"__init__", "__main__", "app", "cli", "demo", "worker"})
FAUST = ("kafka/engine/", "tables/durable.py", "agents/incoming.py")  # the last: a type, for the checker alone
PURE = frozenset({"domain/", "lanes/pace.py", "lanes/backoff.py"})
NOT_PURE = frozenset({"time", "random", "asyncio", "socket", "os", "uuid", "logging", "threading"})


def part_of(file: Path) -> str:
    """The folder or module right under connector/."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[str]:
    """Full names of the modules a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide the arrows"
            if node.module == "connector":
                yield from (f"connector.{name.name}" for name in node.names)
            else:
                yield node.module or ""


def own(file: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(file) if name.startswith("connector.")}


def foreign(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(file)} - {"connector"}


def named(file: Path) -> str:
    return str(file.relative_to(PACKAGE))


@pytest.mark.parametrize("file", FILES, ids=named)
def test_the_arrows(file: Path) -> None:
    if part_of(file) not in OUTERMOST:
        assert own(file) <= MAY_IMPORT[part_of(file)]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_nothing_imports_the_entry_points(file: Path) -> None:
    if part_of(file) not in OUTERMOST:
        assert not own(file) & OUTERMOST


@pytest.mark.parametrize("file", FILES, ids=named)
def test_faust_stays_at_the_edge(file: Path) -> None:
    if not named(file).startswith(FAUST):
        assert not foreign(file) & {"faust", "mode", "aiokafka"}


@pytest.mark.parametrize("file", sorted((PACKAGE / "cli").glob("[!_]*.py")), ids=named)
def test_no_command_imports_another(file: Path) -> None:
    assert {name for name in imports(file) if re.match(r"connector\.cli\.(?!shared\b)", name)} == set()


@pytest.mark.parametrize("file", FILES, ids=named)
def test_the_core_is_pure(file: Path) -> None:
    if any(named(file).startswith(pure) for pure in PURE):
        assert not foreign(file) & NOT_PURE


@pytest.mark.parametrize("file", [*FILES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda file: file.stem)
def test_no_file_is_too_long_to_read(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MAX_LINES
