"""What the registry says of an id: only its own no is one, after a while; anything else holds up nobody for long."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from connector.kafka.avro.registry import (
    OddAnswer,
    RefusedSchema,
    RegisteredSchema,
    RegistryAnswer,
    RegistryUnavailable,
)
from connector.kafka.avro.writers import Patience, WriterSchemas
from tests.kit.kafka.registries import MISSING
from tests.kit.virtual_time import run_virtual

GOOD = RegisteredSchema(('"string"',))
FORBIDDEN = RefusedSchema("HTTP 403, error_code 40301: User is denied operation")
GATEWAY = OddAnswer("HTTP 404 without the registry's error_code")
ID, WITNESS = 77, 1

Answers = Callable[[float], RegistryAnswer | None]


class ScriptedRegistry:
    """Answers by the second; None: it can't be reached. `asked`: (second, id)."""

    def __init__(self, answers: Answers, witness: Answers = lambda _: GOOD) -> None:
        self.answers = {ID: answers, WITNESS: witness}
        self._began = asyncio.get_running_loop().time()
        self.asked: list[tuple[float, int]] = []

    @property
    def second(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    async def fetch(self, schema_id: int) -> RegistryAnswer:
        self.asked.append((self.second, schema_id))
        answer = self.answers[schema_id](self.second)
        if answer is None:
            raise RegistryUnavailable("down")
        return answer

    def asked_for(self, schema_id: int = ID) -> list[float]:
        return [second for second, asked in self.asked if asked == schema_id]


def scripted(
    story: Callable[[ScriptedRegistry, WriterSchemas], Coroutine[Any, Any, None]],
    answers: Answers,
    witness: Answers = lambda _: GOOD,
) -> None:
    async def run() -> None:
        registry = ScriptedRegistry(answers, witness)
        writers = WriterSchemas(registry, Patience())
        writers.witness = WITNESS
        await story(registry, writers)

    run_virtual(run())


async def settled(writers: WriterSchemas) -> None:
    wait = writers.waits_for(ID)
    if wait is not None:
        await wait


def test_a_known_id_is_asked_for_once() -> None:
    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        first = writers.waits_for(ID)
        assert first is not None
        assert writers.waits_for(ID) is first, "one question for all records with it"
        await first
        assert (writers.known(ID), writers.waits_for(ID)) == (GOOD, None)
        assert registry.asked_for() == [0]

    scripted(story, lambda _: GOOD)


def test_a_follower_that_lags_makes_no_record_bad() -> None:
    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        await settled(writers)
        assert (writers.known(ID), registry.second) == (GOOD, 3)

    scripted(story, lambda second: MISSING if second < 2 else GOOD)


def test_a_missing_id_is_given_up_and_asked_for_again_as_long_as_records_with_it_come() -> None:
    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        await settled(writers)
        assert (writers.given_up(ID), registry.asked_for()) == (MISSING.told, [0, 0.5, 1.5, 3])
        assert writers.waits_for(ID) is None, "a flood of them asks once a second"
        await asyncio.sleep(1)
        await settled(writers)
        assert writers.known(ID) is None
        await asyncio.sleep(1)
        await settled(writers)
        assert (writers.known(ID), writers.given_up(ID)) == (GOOD, None)
        assert registry.asked_for()[4:] == [4, 5]

    scripted(story, lambda second: MISSING if second < 4.5 else GOOD)


@pytest.mark.parametrize(
    ("answer", "asked"),
    [(FORBIDDEN, [0, 0.2, 0.6, 1.4, 3]), (GATEWAY, [0, 1, 3, 7, 15]), (None, [0, 1, 3, 7, 15])],
    ids=["refused", "odd", "none for this id alone"],
)
def test_what_is_no_no_is_asked_five_times_and_quoted(
    answer: RefusedSchema | OddAnswer | None, asked: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """The registry's own refusals sooner than what may be a gateway's while the registry comes up."""

    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        await settled(writers)
        assert registry.asked_for() == pytest.approx(asked)
        assert writers.given_up(ID) == ("down" if answer is None else answer.told)
        await asyncio.sleep(30)
        assert writers.waits_for(ID) is None
        await asyncio.sleep(31)
        await settled(writers)
        assert registry.asked_for()[5:] == pytest.approx([asked[-1] + 61]), "a slow beat, as long as records come"

    with caplog.at_level(logging.INFO):
        scripted(story, lambda _: answer)
    quoted = {record.__dict__["answer"] for record in caplog.records if "answer" in record.__dict__}
    assert quoted == {"down" if answer is None else answer.told}
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert bool(errors) == (answer is None), "the registry's answers never say that it can't be reached"


def test_a_gateways_no_is_not_the_registrys() -> None:
    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        await settled(writers)
        assert (writers.known(ID), registry.second) == (GOOD, 7)

    scripted(story, lambda second: GATEWAY if second < 5 else GOOD)


@pytest.mark.parametrize(
    "away", [None, GATEWAY, FORBIDDEN, MISSING], ids=["unreachable", "a gateway", "its password changed", "lost all"]
)
def test_a_registry_that_is_away_as_a_whole_gives_nothing_up(
    away: RegistryAnswer | None, caplog: pytest.LogCaptureFixture
) -> None:
    """For a day; then it is back. Told once each, not at each question."""

    def answers(second: float) -> RegistryAnswer | None:
        return away if second < 86_400 else GOOD

    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        await settled(writers)
        assert writers.known(ID) == GOOD
        assert 86_400 <= registry.second < 86_410

    with caplog.at_level(logging.INFO):
        scripted(story, answers, answers)
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1
    assert "answers again" in caplog.records[-1].getMessage()


def test_verdicts_are_bounded() -> None:
    ids = range(100, 100 + 12_000)

    async def story(registry: ScriptedRegistry, writers: WriterSchemas) -> None:
        registry.answers |= {each: lambda _: MISSING for each in ids}
        waits = [writers.waits_for(each) for each in ids]
        await asyncio.wait([wait for wait in waits if wait is not None])
        assert sum(writers.given_up(each) is not None for each in ids) == 10_000

    scripted(story, lambda _: MISSING)
