"""The rules of the house that a test can keep: sizes, names, constructors, and what a test may import."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "connector"
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FOLDERS = sorted({file.parent for file in FILES})

MAX_LINES, MAX_MEDIAN_LINES = 300, 80
MAX_FUNCTION_LINES = 60
MAX_FILES = 14
MAX_COLLABORATORS, MAX_POSITIONAL = 6, 3

Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(file: Path) -> int:
    return len(file.read_text().splitlines())


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text()))


@pytest.mark.parametrize("file", [*FILES, *TESTS], ids=named)
def test_no_file_is_too_long_to_read(file: Path) -> None:
    assert lines(file) <= MAX_LINES


def test_half_of_the_files_fit_on_two_screens() -> None:
    assert median(lines(file) for file in FILES if file.name != "__init__.py") <= MAX_MEDIAN_LINES


@pytest.mark.parametrize("file", FILES, ids=named)
def test_no_function_is_too_long_to_read(file: Path) -> None:
    functions = [node for node in nodes(file) if isinstance(node, Function)]
    sizes = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_no_room_is_crowded(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= MAX_FILES


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_two_files_with_one_prefix_are_a_folder(folder: Path) -> None:
    prefixes = Counter(file.stem.partition("_")[0] for file in folder.glob("[a-z]*_*.py"))
    assert [prefix for prefix, count in prefixes.items() if count > 1] == []


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_constructor_takes_few_collaborators_and_says_which(file: Path) -> None:
    for node in nodes(file):
        if isinstance(node, Function) and node.name == "__init__":
            positional = len(node.args.posonlyargs) + len(node.args.args) - 1
            assert positional + len(node.args.kwonlyargs) <= MAX_COLLABORATORS, node.lineno
            assert positional <= MAX_POSITIONAL, f"line {node.lineno}: keyword-only above {MAX_POSITIONAL}"


def public_names(file: Path) -> Iterator[str]:
    """Classes, functions and constants of a module; `log` and type variables are everybody's."""
    for node in ast.parse(file.read_text()).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="TypeVar"))):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if name != "log":
                yield name
            case _:
                continue


def test_a_public_name_is_defined_once() -> None:
    """The simulator apart, which is another's house."""
    homes = defaultdict[str, list[str]](list)
    for file in FILES:
        if PACKAGE / "simulator" not in file.parents:
            for name in public_names(file):
                if not name.startswith("_"):
                    homes[name].append(named(file))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", [file for file in TESTS if file.name.startswith("test_")], ids=named)
def test_a_test_module_shares_by_the_kit_alone(file: Path) -> None:
    imported = [node.module or "" for node in nodes(file) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if name.startswith("tests.") and not name.startswith("tests.kit")] == []


@pytest.mark.parametrize("file", TESTS, ids=named)
def test_a_fake_keeps_its_promise(file: Path) -> None:
    """By a Protocol, not by a cast to Any."""
    calls = [node for node in nodes(file) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    casts = [call for call in calls if call.func.id == "cast"]  # type: ignore[attr-defined]  # a Name, as just asked
    assert [call.lineno for call in casts if isinstance(call.args[0], ast.Name) and call.args[0].id == "Any"] == []
