"""What a rehearsal showed, for a program and for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from connector.cli.shared.times import iso
from connector.domain.rehearsal.mistakes import Mistake
from connector.domain.rehearsal.workflows import WorkflowVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Times are epoch milliseconds. `manners`: how often each manner of Amazon's showed. `orders`: how many were
    raised."""

    merchant_id: str
    prefix: str
    seed: int
    began_at_ms: int
    ended_at_ms: int
    orders: int
    manners: Mapping[str, int]
    verdicts: Sequence[WorkflowVerdict]
    mistakes: Sequence[Mistake]

    @property
    def is_whole(self) -> bool:
        """Every workflow of the merchant's programs was seen at work."""
        return all(verdict.is_seen for verdict in self.verdicts)

    @property
    def summary(self) -> str:
        seen, wrong = sum(verdict.is_seen for verdict in self.verdicts), sum(one.count for one in self.mistakes)
        told = f"{seen} of {len(self.verdicts)} workflows were seen at work; {self.orders} orders were raised"
        return f"{told}; {wrong} records of the OMS's could not be used or were refused"


def record(certificate: Certificate) -> dict[str, Any]:
    """As JSON has it."""
    return {
        "merchant": certificate.merchant_id,
        "topic_prefix": certificate.prefix,
        "began_at": iso(certificate.began_at_ms),
        "ended_at": iso(certificate.ended_at_ms),
        "seed": certificate.seed,
        "orders": certificate.orders,
        "manners": dict(certificate.manners),
        "all_seen": certificate.is_whole,
        "workflows": [
            {
                "program": verdict.program,
                "workflow": verdict.workflow.name,
                "page": verdict.workflow.page,
                "seen": verdict.is_seen,
                "example": verdict.example,
                "missing": verdict.missing,
            }
            for verdict in certificate.verdicts
        ],
        "mistakes": [asdict(mistake) for mistake in certificate.mistakes],
    }


def markdown(certificate: Certificate) -> str:
    return "\n".join(_lines(certificate))


def _lines(certificate: Certificate) -> Iterator[str]:
    yield f"# Rehearsal of {certificate.merchant_id}"
    yield ""
    yield f"{certificate.summary}."
    yield ""
    yield f"- From {iso(certificate.began_at_ms)} to {iso(certificate.ended_at_ms)}, seed {certificate.seed}, topics"
    yield f"  `{certificate.prefix}*`; against the simulator, not Amazon."
    shown = sum(certificate.manners.values())
    yield f"- Amazon answered oddly {shown} times, in {len(certificate.manners)} manners."
    for program in dict.fromkeys(verdict.program for verdict in certificate.verdicts):
        yield from ("", f"## {program}", "", "| workflow | of the requirement page | seen | what was missing |")
        yield "| --- | --- | --- | --- |"
        for verdict in certificate.verdicts:
            if verdict.program == program:
                seen = f"yes: {_cell(verdict.example)}" if verdict.is_seen else "no"
                at = f" ({_cell(verdict.example)})" if verdict.missing and verdict.example else ""
                yield f"| {verdict.workflow.name} | {verdict.workflow.page} | {seen} | {_cell(verdict.missing)}{at} |"
    yield from ("", "## What the OMS wrote wrongly", "")
    if not certificate.mistakes:
        yield "Nothing."
    for mistake in certificate.mistakes:
        yield f"- {mistake.count} on `{mistake.topic}`: {mistake.cause}. {mistake.remedy}"
        for one in mistake.examples:
            named = f", field `{_cell(one.field)}`" if one.field else ""
            yield f"  - partition {one.partition}, offset {one.offset}{named}: {_cell(one.message)}"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
