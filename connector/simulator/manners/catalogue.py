"""All manners, by name."""

from connector.simulator.manners import (
    access,
    documents,
    incidents,
    limits,
    lists,
    network,
    return_facts,
    shipment_facts,
    stock,
)
from connector.simulator.manners.manners import Manner, Manners, Setting, parse_setting

CLOCK_AHEAD = Manner(
    "clock-ahead",
    1.0,
    "Amazon's clock is ahead of ours by minutes: its Date, and every time that it prints",
    "own review",
)
ALL: dict[str, Manner] = {
    manner.name: manner
    for manners in (
        shipment_facts.MANNERS,
        return_facts.MANNERS,
        documents.MANNERS,
        incidents.MANNERS,
        lists.MANNERS,
        stock.MANNERS,
        access.MANNERS,
        network.MANNERS,
        limits.MANNERS,
        (CLOCK_AHEAD,),
    )
    for manner in manners
}
ODD = "odd"


def switch_on(manners: Manners, text: str) -> None:
    """One manner as SYNTAX has it, or all at once with "odd". ValueError for one that there is not."""
    name, setting = parse_setting(text)
    if name == ODD:
        for manner in ALL.values():
            if manner.share:
                manners.active[manner.name] = Setting(manner.share, setting.match)
    elif name in ALL:
        manners.active[name] = setting
    else:
        raise ValueError(f"unknown manner {name!r}; known: {ODD}, {', '.join(sorted(ALL))}")


def describe() -> str:
    """One paragraph a manner: name, its share among all (odd), meaning, source."""
    return "\n\n".join(
        f"{manner.name} [odd: {manner.share or 'by name only'}]: {manner.meaning}. Source: {manner.source}."
        for manner in ALL.values()
    )
