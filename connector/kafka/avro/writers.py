"""The schemas that producers write with, as the registry knows them: asked for beside the work, each by itself.

One id that the registry answers oddly holds up nobody but the records that carry it. What is never taken for its word:
anything but 40403, and that only after a while (a follower of the registry's leader lags behind it).
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol, assert_never

from connector.kafka.avro.registry import (
    NoSuchSchema,
    OddAnswer,
    RegisteredSchema,
    RegistryAnswer,
    RegistryUnavailable,
)

MAX_VERDICTS = 10_000

log = logging.getLogger(__name__)


class Registry(Protocol):
    async def fetch(self, schema_id: int) -> RegistryAnswer: ...

    async def id_of(self, subject: str, schema: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. Between the asks for an id that is missing, and for one answered oddly, until it is given up; between
    those while the registry is away; and until an id that was given up is asked for again, once, as long as records
    with it come."""

    missing_s: tuple[float, ...] = (0.5, 1.0, 1.5)
    odd_s: tuple[float, ...] = (1, 2, 4, 8)
    away_s: float = 2
    missing_again_s: float = 1
    odd_again_s: float = 60


@dataclass(frozen=True, slots=True)
class _Verdict:
    told: str
    until: float


class WriterSchemas:
    """`witness`: an id that the registry surely knows; if it answers that oddly too, it is away as a whole."""

    def __init__(self, registry: Registry, patience: Patience) -> None:
        self.witness: int | None = None
        self._registry = registry
        self._patience = patience
        self._is_away = False
        self._known: dict[int, RegisteredSchema] = {}
        self._verdicts: OrderedDict[int, _Verdict] = OrderedDict()
        self._inquiries: dict[int, asyncio.Task[None]] = {}

    def known(self, schema_id: int) -> RegisteredSchema | None:
        return self._known.get(schema_id)

    def given_up(self, schema_id: int) -> str | None:
        """What the registry said of it at last."""
        verdict = self._verdicts.get(schema_id)
        return None if verdict is None else verdict.told

    def waits_for(self, schema_id: int) -> asyncio.Task[None] | None:
        """What ends when the id is known or given up; None: it is now."""
        if schema_id in self._known:
            return None
        if schema_id in self._inquiries:
            return self._inquiries[schema_id]
        verdict = self._verdicts.get(schema_id)
        if verdict is not None and _now() < verdict.until:
            return None
        inquiry = asyncio.create_task(self._inquire(schema_id, patient=verdict is None))
        self._inquiries[schema_id] = inquiry
        return inquiry

    async def ask_once(self, schema_id: int) -> None:
        """For those who can't wait: what is not known after one answer is given up. Raises RegistryUnavailable."""
        if schema_id not in self._known and schema_id not in self._verdicts:
            self._settle(schema_id, await self._registry.fetch(schema_id), [], [])

    async def _inquire(self, schema_id: int, *, patient: bool) -> None:
        missing = [*self._patience.missing_s] if patient else []
        odd = [*self._patience.odd_s] if patient else []
        try:
            while True:
                wait_s = await self._ask(schema_id, missing, odd)
                if wait_s is None:
                    return
                await asyncio.sleep(wait_s)
        finally:
            del self._inquiries[schema_id]

    async def _ask(self, schema_id: int, missing: list[float], odd: list[float]) -> float | None:
        """Seconds until it is worth asking again; None: it is settled. The waits left are taken off the lists."""
        try:
            answer = await self._registry.fetch(schema_id)
            if isinstance(answer, OddAnswer) and not odd:
                await self._check_witness()
        except RegistryUnavailable as unavailable:
            if not self._is_away:
                log.error("records whose schema is not known yet wait, others go on: %s", unavailable)
            self._is_away = True
            return self._patience.away_s
        if self._is_away:
            log.info("the schema registry answers again")
        self._is_away = False
        return self._settle(schema_id, answer, missing, odd)

    async def _check_witness(self) -> None:
        """Raises RegistryUnavailable where the registry does not even know what it surely knew."""
        if self.witness is None:
            return
        answer = await self._registry.fetch(self.witness)
        if not isinstance(answer, RegisteredSchema):
            raise RegistryUnavailable(
                f"the schema registry does not answer well, not even for schema {self.witness} of ours: {answer.told}"
            )

    def _settle(self, schema_id: int, answer: RegistryAnswer, missing: list[float], odd: list[float]) -> float | None:
        match answer:
            case RegisteredSchema():
                self._known[schema_id] = answer
                self._verdicts.pop(schema_id, None)
                return None
            case NoSuchSchema(told):
                waits, again_s = missing, self._patience.missing_again_s
            case OddAnswer(told):
                waits, again_s = odd, self._patience.odd_again_s
            case _:
                assert_never(answer)
        asked = {"schema_id": schema_id, "answer": told}
        if waits:
            log.info("the registry was asked for a schema; records with it wait", extra=asked)
            return waits.pop(0)
        if schema_id not in self._verdicts:
            log.warning("the registry was asked for a schema in vain; records with it are dead letters", extra=asked)
        self._verdicts[schema_id] = _Verdict(told, _now() + again_s)
        self._verdicts.move_to_end(schema_id)
        if len(self._verdicts) > MAX_VERDICTS:
            self._verdicts.popitem(last=False)
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()
