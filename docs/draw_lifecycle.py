"""Draws the life cycle of a shipment, from the table that the connector works by, into docs/lifecycle.md.

`python docs/draw_lifecycle.py`; with `--check` it writes nothing and ends with 1 where the page is outdated.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # this checkout's table, whichever connector is installed

from connector.domain.orders.facts.lifecycle import LIFECYCLE, State  # noqa: E402 - after the path is set
from connector.domain.orders.facts.shipment import Status  # noqa: E402

PAGE = Path(__file__).parent / "lifecycle.md"
START, END = "<!-- drawn by docs/draw_lifecycle.py -->", "<!-- /drawn -->"
PROGRAMS = {"SELLER_FLEX": "Seller Flex", "EASY_SHIP": "Easy Ship", "SELF_SHIP": "Self Ship"}
MARKETPLACES = {None: "", "A21TJRUUN4KGV": " outside India"}


def diagram() -> Iterator[str]:
    states = {state.status: state for state in LIFECYCLE}
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in LIFECYCLE:
        if state.opens:
            yield f"    [*] --> {state.status} : {state.entered_by}"
    for state in LIFECYCLE:
        for after in state.then:
            yield f"    {state.status} --> {after} : {states[after].entered_by}"
        if state.packing:
            yield f"    {state.status} --> {Status.PACKAGE_CREATED} : updatePackage"
        if state.cancellable:
            yield f"    {state.status} --> {Status.CANCELLED}"
    for state in LIFECYCLE:
        if state.closed and not state.then:
            yield f"    {state.status} --> [*]"
    yield "```"


def table() -> Iterator[str]:
    yield "| state | entered by | may the customer or Amazon cancel | may packages change | skipped by |"
    yield "|---|---|---|---|---|"
    for state in LIFECYCLE:
        cancellable, packing = ("yes" if flag else "no" for flag in (state.cancellable, state.packing))
        yield f"| {state.status} | {state.entered_by} | {cancellable} | {packing} | {skipped(state)} |"


def skipped(state: State) -> str:
    return ", ".join(f"{PROGRAMS[skip.program]}{MARKETPLACES[skip.except_in]}" for skip in state.skipped_by)


def drawn() -> str:
    """The page as it should be."""
    before, _, rest = PAGE.read_text().partition(START)
    _, _, after = rest.partition(END)
    return "\n".join((before + START, "", *diagram(), "", *table(), "", END + after))


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(f"{PAGE}: outdated; run python docs/draw_lifecycle.py" if drawn() != PAGE.read_text() else 0)
    PAGE.write_text(drawn())
