"""The pages say what the code says, lead somewhere, and have examples that are run."""

import re
from pathlib import Path

import pytest

from connector.cli import COMMANDS
from docs.tables import TABLES, Table
from docs.tables.markdown import with_table
from tests.kit.examples import PAGES, ROOT, examples

MAX_README_LINES = 120
ALL_PAGES = tuple(dict.fromkeys([*PAGES, *sorted(ROOT.glob("*.md"))]))
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")
RUNNABLE = {"sh", "python"}
SHOWN = {"text", "json", "mermaid", "{toctree}"}  # nothing that a reader could paste; test_commands.py reads the JSON


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_generated_table_is_as_the_code_is(table: Table) -> None:
    """To mend it: make tables."""
    page = table.page.read_text()
    assert page == with_table(page, table.name, table.make())


def test_the_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= MAX_README_LINES


@pytest.mark.parametrize("page", ALL_PAGES, ids=named)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Sphinx checks those within docs/; a code host shows the pages too, and those beside docs/."""
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", ALL_PAGES, ids=named)
def test_what_can_be_pasted_is_an_example(page: Path) -> None:
    """tests/flows/test_docs.py runs those of its pages, but what says why not."""
    fenced = re.findall(r"^```(.*)$", page.read_text(), re.MULTILINE)[::2]
    assert set(fenced) <= RUNNABLE | SHOWN
    assert len(examples(page)) == sum(language in RUNNABLE for language in fenced)
    assert page in PAGES or all(example.not_run for example in examples(page))


def test_the_operators_page_names_every_command() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert [command for command in COMMANDS if f"`connector {command}" not in page] == []
