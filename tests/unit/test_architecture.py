"""The import arrows of the project."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.kit.sources import syntax_tree

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "connector"
FILES = sorted(PACKAGE.rglob("*.py"))

# What every stage may use: the configuration, which is data, the errors that are told to an operator, and how long work
# leaves the event loop to others
BASE = frozenset({"domain", "errors", "event_loop", "foreign", "settings", "merchants", "surprises"})
STAGES = frozenset({"smartconnect", "kafka", "tables", "lanes", "intake", "documents"})
AGENTS = BASE | STAGES | {"agents", "child_commands", "telemetry", "merchants_file"}

MAY_IMPORT: dict[str, frozenset[str]] = {
    "domain": frozenset({"domain"}),
    "simulator": frozenset({"simulator"}),
    "errors": frozenset(),
    "foreign": frozenset({"foreign"}),
    "surprises": frozenset(),
    "clock": frozenset(),
    "child_commands": frozenset({"child_commands", "errors"}),
    "event_loop": frozenset(),
    **{stage: BASE | {stage} for stage in STAGES},
    "agents": AGENTS,
    "terminal": frozenset(),
    "settings": frozenset({"errors", "foreign", "settings"}),
    "logs": frozenset({"foreign", "surprises", "terminal"}),
    "merchants": frozenset({"errors", "settings"}),
    "merchants_file": frozenset({"errors", "merchants"}),
    "telemetry": BASE | {"lanes", "telemetry"},
    "tracing": AGENTS | {"tracing"},
    "web": AGENTS | {"web"},
}
OUTERMOST = frozenset({"__init__", "__main__", "app", "cli", "demo", "sharing", "worker"})
FAUST = (
    "kafka/engine/",
    "tables/changelog.py",
    "tables/durable.py",
    *("agents/incoming.py", "agents/dead_letters.py"),
)  # a type, of these two
PURE = frozenset({"domain/", "lanes/pace.py", "lanes/backoff.py"})
NOT_PURE = frozenset({"time", "random", "asyncio", "socket", "os", "uuid", "logging", "threading"})


def part_of(file: Path) -> str:
    """The folder or module right under connector/."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Full names of the modules a file imports, wherever in it."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(syntax_tree(file)):
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


INNER = [file for file in FILES if part_of(file) not in OUTERMOST]
Arrows = dict[str, set[str]]


def of_some(arrows: Arrows) -> Arrows:
    """Of the files that have one."""
    return {file: to for file, to in arrows.items() if to}


def test_the_arrows() -> None:
    assert of_some({named(file): own(file) - MAY_IMPORT[part_of(file)] for file in INNER}) == {}


def test_nothing_imports_the_entry_points() -> None:
    assert of_some({named(file): own(file) & OUTERMOST for file in INNER}) == {}


def test_faust_stays_at_the_edge() -> None:
    others = [file for file in FILES if not named(file).startswith(FAUST)]
    assert of_some({named(file): foreign(file) & {"faust", "mode", "aiokafka"} for file in others}) == {}


def test_no_command_imports_another() -> None:
    """A command is what asks typer for its options; `shared` is for all of them."""
    files = [file for file in sorted((PACKAGE / "cli").rglob("[!_]*.py")) if "cli/shared/" not in named(file)]
    commands = [file for file in files if "typer" in foreign(file)]
    assert {named(file) for file in commands} >= {"cli/status.py", "cli/stock/ledger.py", "cli/stock/listings.py"}
    another = {f"connector.{named(file).removesuffix('.py').replace('/', '.')}" for file in commands}
    assert of_some({named(file): another.intersection(imports(file)) for file in files}) == {}


def test_what_a_command_shows_goes_through_the_screen() -> None:
    """There it is made harmless to a terminal. The demo shows what it made itself; errors are told in one place."""
    shown_elsewhere = ("cli/__init__.py", "cli/demo.py", "cli/shared/screen.py")
    commands = [file for file in sorted((PACKAGE / "cli").rglob("*.py")) if named(file) not in shown_elsewhere]
    past = {"typer.echo", "print", "Console", "sys.stdout.write", "sys.stderr.write"}
    assert of_some({named(file): _called(file) & past for file in commands}) == {}


WRITES = ("broker.write", "broker.write_all", "broker.write_each", "ask_workers", "change_control", "move_all")
UNAUDITED = {
    "cli/rehearse/topics.py": "into topics of the rehearsal's own",
    "cli/reconcile/repair.py": "called within the audit of cli/reconcile/session.py",
}


def test_what_a_command_changes_is_in_the_audit() -> None:
    """Who changed what is asked of any change there is, not of those alone that somebody thought of."""
    commands = [file for file in sorted((PACKAGE / "cli").rglob("*.py")) if "cli/shared/" not in named(file)]
    writing = [file for file in commands if _writes(file) and named(file) not in UNAUDITED]
    assert len(writing) > 9
    assert [named(file) for file in writing if "audited" not in _called(file)] == []
    assert [name for name in UNAUDITED if not _writes(PACKAGE / name)] == [], "an exception without need"


def _writes(file: Path) -> bool:
    return any(call.removeprefix("self._").removeprefix("table_changes.") in WRITES for call in _called(file))


def _called(file: Path) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(syntax_tree(file)) if isinstance(node, ast.Call)}


def test_the_core_is_pure() -> None:
    core = [file for file in FILES if named(file).startswith(tuple(PURE))]
    assert of_some({named(file): foreign(file) & NOT_PURE for file in core}) == {}
