"""Tables in Markdown, and their places in the pages: between <!-- NAME --> and <!-- /NAME -->."""

import re
from collections.abc import Iterable, Sequence

ESCAPED_BAR = "\\|"


class NoPlace(Exception):
    """The page has no markers of that name."""


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', ESCAPED_BAR) for cell in line)} |" for line in lines)


def with_table(page: str, name: str, table: str) -> str:
    """The page with `table` in its place. Raises NoPlace."""
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not place.search(page):
        raise NoPlace(f"<!-- {name} --> ... <!-- /{name} -->")
    return place.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", page, count=1)  # blank lines: else it is HTML
