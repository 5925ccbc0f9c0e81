"""Many questions and their answers, and an answer of Amazon's that says nothing of what was asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from connector.cli.shared.screen import progress_bar
from connector.domain.outcomes import Outcome

_AT_ONCE = 4

Key = TypeVar("Key")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Amazon gave no answer that could be used."""

    why: str


def unanswered(outcome: Outcome[Any]) -> Unanswered:
    answer = outcome.answer
    said = " ".join(filter(None, [f"HTTP {answer.http_status}", answer.code, answer.message]))
    return Unanswered(said)


async def ask_each(what: str, keys: Sequence[Key], ask: Callable[[Key], Awaitable[T]]) -> Mapping[Key, T]:
    """Some at once."""
    answers: dict[Key, T] = {}
    with progress_bar(what, len(keys)) as bar:

        async def take(waiting: Iterable[Key]) -> None:
            for key in waiting:
                answers[key] = await ask(key)
                bar.advance()

        waiting = iter(keys)  # shared: each key is one's
        await asyncio.gather(*(take(waiting) for _ in range(_AT_ONCE)))
    return answers
