"""A gauge by merchant, read when scraped."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from connector.telemetry.counter import Row
from connector.telemetry.shown import OTHERS, Urgency

ONES_OWN = frozenset({"merchant", "location"})
"""Labels whose values are a merchant's own: of the others they are OTHERS."""

ReadRows = Callable[[Collection[str] | None], Iterable[Row]]
"""No label values twice; asked about some merchants, it may leave out zeros of all others. None: of all."""

Together = Callable[[float, float], float]
"""What is told of two of the others."""


@dataclass(frozen=True, slots=True)
class MerchantGauge:
    """`together` None: nothing is told of the others. Merchants with a value above `urgent_above` are shown first, by
    `urgency`."""

    name: str
    text: str
    labels: tuple[str, ...]
    rows: ReadRows
    together: Together | None
    urgency: Urgency
    urgent_above: float

    def told(self, shown: Collection[str] | None) -> Iterator[Row]:
        """`shown` None: of every merchant."""
        others: dict[tuple[str, ...], float] = {}
        for values, value in self.rows(shown):
            if shown is None or values[0] in shown:
                yield values, value
            elif self.together is not None:
                named = zip(self.labels, values, strict=True)
                key = tuple([OTHERS if label in ONES_OWN else told for label, told in named])
                others[key] = self.together(others[key], value) if key in others else value
        yield from others.items()


def added_up(counts: Iterable[tuple[*tuple[str, ...], float]]) -> Iterable[Row]:
    """`counts`: label values, then how many; those of the same labels are added up."""
    sums: dict[tuple[str, ...], float] = {}
    for *values, count in counts:
        sums[tuple(values)] = sums.get(tuple(values), 0.0) + count
    return sums.items()
