"""What a campaign came to: each rule's faults in words, and all of it as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from tests.kit.chaos.plan import Plan
from tests.kit.chaos.workers import End


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lost`: what was never done, or never told; `doubled`: what was done, told or answered twice. `ends`: of workers
    that nobody killed, those that the operators' page lists too."""

    plan: Plan
    lost: Sequence[str]
    doubled: Sequence[str]
    sequence_faults: Sequence[str]
    limit_breaches: Sequence[str]
    ends: Sequence[End]
    took_s: float

    @property
    def unlisted_ends(self) -> list[str]:
        return [str(end) for end in self.ends if end.listed is None]

    @property
    def faults(self) -> list[str]:
        rules = {
            "lost": self.lost,
            "doubled": self.doubled,
            "sequence": self.sequence_faults,
            "limit": self.limit_breaches,
            "end": self.unlisted_ends,
        }
        return [f"{rule}: {fault}" for rule, faults in rules.items() for fault in faults]

    @property
    def row(self) -> "Row":
        return Row(
            str(self.plan.seed),
            len(self.plan.faults),
            len(self.lost),
            len(self.doubled),
            len(self.sequence_faults),
            len(self.limit_breaches),
            len(self.unlisted_ends),
            len(self.ends) - len(self.unlisted_ends),
            round(self.took_s),
        )


@dataclass(frozen=True, slots=True)
class Row:
    seed: str
    faults_made: int
    lost: int
    doubled: int
    sequence_faults: int
    limit_breaches: int
    ends_not_listed: int
    ends_listed: int
    seconds: int


def table(verdicts: Iterable[Verdict]) -> str:
    rows = [verdict.row for verdict in verdicts]
    numbers = [field.name for field in fields(Row)][1:]
    total = Row("all", *(sum(getattr(row, name) for row in rows) for name in numbers))
    heads = [field.name.replace("_", " ") for field in fields(Row)]
    lines = [heads, *([str(getattr(row, field.name)) for field in fields(Row)] for row in (*rows, total))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
