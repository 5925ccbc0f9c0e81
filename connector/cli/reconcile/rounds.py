"""Differences that are certain: what differs is asked again, with a look at the topics before and after."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, assert_never

from connector.cli.reconcile.amazon.answers import Unanswered
from connector.domain.reconcile.verdicts import Agrees, Drift, Moving, Verdict, certain

FIRST_CHUNK, CHUNK = 500, 50
ROUNDS = 4
BETWEEN_S = 3.0

Row = TypeVar("Row")
There = TypeVar("There")
Seen = TypeVar("Seen", covariant=True)


class Versions(Protocol[Seen]):
    """What is known here, as `view.TableView` has it."""

    def refresh(self) -> None: ...

    def row(self, key: str) -> Seen | None: ...

    def version(self, key: str) -> object: ...


@dataclass(slots=True)
class Found:
    """By key. `moving`: what could not be judged, and why."""

    checked: int = 0
    drifts: dict[str, Drift] = field(default_factory=dict)
    moving: dict[str, str] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Generic[Row, There]):
    """`ask`: what Amazon shows of each key now. `compare`: a row of `view`, None where there is none, against that.

    `is_moving`: of a row that Amazon need not be asked about now, why.
    """

    view: Versions[Row]
    ask: Callable[[Sequence[str]], Awaitable[Mapping[str, There | Unanswered]]]
    compare: Callable[[Row | None, There], Verdict]
    is_moving: Callable[[Row | None], str | None] = lambda _: None

    async def suspects(self, keys: Iterable[str]) -> list[str]:
        """All that does not simply agree, at a first look."""
        verdicts = await self._look(keys, FIRST_CHUNK)
        return [key for key, verdict in verdicts.items() if not isinstance(verdict, Agrees)]

    async def find(self, suspects: Iterable[str], found: Found, rounds: int = ROUNDS) -> None:
        """What of the suspects is drift: a second reading of Amazon says so, while nothing changed here."""
        waiting = list(suspects)
        for _ in range(rounds):
            if not waiting:
                return
            await asyncio.sleep(BETWEEN_S)
            verdicts = await self._look(waiting, CHUNK)
            waiting = [key for key, verdict in verdicts.items() if isinstance(verdict, Moving | Unanswered)]
            for key, verdict in verdicts.items():
                found.moving.pop(key, None)
                found.unanswered.pop(key, None)
                match verdict:
                    case Drift():
                        found.drifts[key] = verdict
                    case Moving(because):
                        found.moving[key] = because
                    case Unanswered(why):
                        found.unanswered[key] = why
                    case Agrees():
                        pass
                    case _:
                        assert_never(verdict)

    async def _look(self, keys: Iterable[str], size: int) -> dict[str, Verdict | Unanswered]:
        verdicts: dict[str, Verdict | Unanswered] = {}
        keys = list(keys)
        for chunk in (keys[begin : begin + size] for begin in range(0, len(keys), size)):
            self.view.refresh()
            rows = {key: self.view.row(key) for key in chunk}
            before = {key: self.view.version(key) for key in chunk}
            waits = {key: why for key in chunk if (why := self.is_moving(rows[key])) is not None}
            verdicts |= {key: Moving(why) for key, why in waits.items()}
            answers = await self.ask([key for key in chunk if key not in waits])
            self.view.refresh()
            for key, answer in answers.items():
                if isinstance(answer, Unanswered):
                    verdicts[key] = answer
                    continue
                verdicts[key] = certain(self.compare(rows[key], answer), before[key], self.view.version(key))
        return verdicts
