"""The rules of the house that a test can keep: sizes, names, constructors, and what a test may import."""

import ast
import gc
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from tests.kit.sources import syntax_tree

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "connector"
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FOLDERS = sorted({file.parent for file in FILES})
TEST_FOLDERS = sorted({file.parent for file in TESTS})

MAX_LINES, MAX_MEDIAN_LINES = 300, 80
MAX_FUNCTION_LINES = 60
MAX_FILES = 14
MAX_COLLABORATORS, MAX_POSITIONAL = 6, 3

Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(file: Path) -> int:
    return len(file.read_text().splitlines())


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(syntax_tree(file)))


class _ParsesWhenCollected:
    """Garbage for the collector alone."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("((1))")


def test_a_tree_is_built_whatever_else_is_collected() -> None:
    usual = gc.get_threshold()
    gc.set_threshold(50)
    try:
        for _ in range(10):
            _ParsesWhenCollected()
            assert syntax_tree(Path(__file__)).body
    finally:
        gc.set_threshold(*usual)


def test_trees_are_built_in_one_way() -> None:
    builders = {
        named(file)
        for file in TESTS
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "ast.parse"
    }
    assert builders == {"tests/kit/sources.py", named(Path(__file__))}


def test_no_file_is_too_long_to_read() -> None:
    assert {named(file): size for file in (*FILES, *TESTS) if (size := lines(file)) > MAX_LINES} == {}


def test_half_of_the_files_fit_on_two_screens() -> None:
    assert median(lines(file) for file in FILES if file.name != "__init__.py") <= MAX_MEDIAN_LINES


def test_no_function_is_too_long_to_read() -> None:
    functions = [(file, node) for file in FILES for node in nodes(file) if isinstance(node, Function)]
    sizes = {f"{named(file)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1 for file, node in functions}
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES} == {}


def test_no_room_is_crowded() -> None:
    files = {named(folder): len(list(folder.glob("*.py"))) for folder in (*FOLDERS, *TEST_FOLDERS)}
    assert {folder: count for folder, count in files.items() if count > MAX_FILES} == {}


def test_two_files_with_one_prefix_are_a_folder() -> None:
    prefixes = Counter(
        f"{named(folder)}/{file.stem.partition('_')[0]}_" for folder in FOLDERS for file in folder.glob("[a-z]*_*.py")
    )
    assert [prefix for prefix, count in prefixes.items() if count > 1] == []


def test_a_constructor_takes_few_collaborators_and_says_which() -> None:
    """Keyword-only above three."""
    many = []
    for file in FILES:
        for node in nodes(file):
            if isinstance(node, Function) and node.name == "__init__":
                positional = len(node.args.posonlyargs) + len(node.args.args) - 1
                if positional > MAX_POSITIONAL or positional + len(node.args.kwonlyargs) > MAX_COLLABORATORS:
                    many.append(f"{named(file)}:{node.lineno}")
    assert many == []


def public_names(file: Path) -> Iterator[str]:
    """Classes, functions and constants of a module; `log` and type variables are everybody's."""
    for node in syntax_tree(file).body:
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


def test_a_test_module_shares_by_the_kit_alone() -> None:
    imported = [
        (named(file), node.module)
        for file in TESTS
        if file.name.startswith("test_")
        for node in nodes(file)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests.")
    ]
    assert [(file, module) for file, module in imported if not (module or "").startswith("tests.kit")] == []


def test_a_fake_keeps_its_promise() -> None:
    """By a Protocol, not by a cast to Any."""
    casts = []
    for file in TESTS:
        for node in nodes(file):
            match node:
                case ast.Call(func=ast.Name(id="cast"), args=[ast.Name(id="Any"), *_]):
                    casts.append(f"{named(file)}:{node.lineno}")
    assert casts == []


def test_nothing_private_is_looked_into() -> None:
    """What a constructor takes is replaced there. Only the engine rests on others' private details, with its tests."""
    found = []
    for file in TESTS:
        for node in nodes(file):
            match node:
                case ast.Attribute(value=ast.Name(id="self" | "cls")):
                    continue
                case ast.Attribute(attr=name) if re.match("_[a-z]", name) and "engine" not in file.parts:
                    found.append(f"{named(file)}:{node.lineno} {name}")
    assert found == []


@pytest.mark.parametrize("folder", ["flows", "faults"])
def test_a_story_waits_for_outcomes(folder: str) -> None:
    """Never for a time: the kit has the deadlines, and the random moments of kills."""
    sleeps = []
    for file in (ROOT / "tests" / folder).rglob("*.py"):
        for node in nodes(file):
            match node:
                case ast.Attribute(attr="sleep") | ast.Name(id="sleep"):
                    sleeps.append(f"{named(file)}:{node.lineno}")
    assert sleeps == []


def test_every_failing_input_is_named_by_a_test() -> None:
    """What went wrong once is not to be kept for nothing."""
    cases = {file for file in (ROOT / "tests" / "cases").rglob("*") if file.is_file() and file.name != "README.md"}
    words = set(re.findall(r"[\w-]+(?:\.[\w-]+)*", "\n".join(file.read_text() for file in TESTS)))
    assert sorted(named(case) for case in cases if not {case.name, case.stem} & words) == []
