"""Every clock and source of chance that the connector reads is one that a simulation replaces: else a seed would not
repeat itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.kit.examples import ROOT
from tests.kit.simulation.engine.clocks import REPLACED
from tests.kit.sources import syntax_tree

MODULES = frozenset({"time", "random", "uuid", "secrets", "datetime", "socket"})
HARMLESS = frozenset(
    {
        *("random.Random", "uuid.UUID", "socket.AF_UNSPEC", "socket.AddressFamily", "socket.SOCK_STREAM"),
        *("socket.AF_INET", "socket.create_connection", "datetime.fromisoformat", "datetime.fromtimestamp"),
        *("time.CLOCK_BOOTTIME", "time.CLOCK_MONOTONIC", "time.strftime", "time.gmtime", "time.sleep"),
    }
)
NOT_SIMULATED = ("cli", "demo", "web")
"""Commands, and the operations port."""

FILES = sorted((ROOT / "connector").rglob("*.py"))


def sources(file: Path) -> Iterator[str]:
    tree = syntax_tree(file)
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in MODULES:
                yield f"{name}.{attribute}"
            case ast.Attribute(value=ast.Name(id="os"), attr="urandom"):
                yield "os.urandom"
            case ast.Attribute(value=ast.Name(id=name), attr="now" | "utcnow" | "today") if name in (
                "datetime",
                "date",
            ):
                yield f"{name}.now"
            case ast.Name(id=name) if name in imported and imported[name].partition(".")[0] != "datetime":
                yield imported[name]
            case _:
                pass


def test_time_and_chance_come_from_what_a_simulation_replaces() -> None:
    simulated = [file for file in FILES if file.relative_to(ROOT / "connector").parts[0] not in NOT_SIMULATED]
    read = {source: file.relative_to(ROOT) for file in simulated for source in sources(file)}
    assert {source: str(file) for source, file in read.items() if source not in REPLACED | HARMLESS} == {}
    assert "time.monotonic" in read, "it looks"
