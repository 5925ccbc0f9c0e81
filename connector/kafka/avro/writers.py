"""The schemas that producers write with, as the registry knows them: asked for beside the work, each by itself.

One id that the registry answers oddly holds up nobody but the records that carry it. What is never taken for its word:
anything but 40403, and that only after a while (a follower of the registry's leader lags behind it).
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from connector.kafka.avro.registry import (
    NoSuchSchema,
    OddAnswer,
    RefusedSchema,
    RegisteredSchema,
    RegistryAnswer,
    RegistryUnavailable,
)

MAX_VERDICTS = 10_000

log = logging.getLogger(__name__)


class Fetcher(Protocol):
    async def fetch(self, schema_id: int) -> RegistryAnswer: ...


class Registry(Fetcher, Protocol):
    async def id_of(self, subject: str, schema: str) -> int: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. Between the asks for an id that is missing, refused, or answered oddly, until it is given up; between
    those while the registry is away; and until an id that was given up is asked for again, once, as long as records
    with it come."""

    missing_s: tuple[float, ...] = (0.5, 1.0, 1.5)
    refused_s: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6)
    odd_s: tuple[float, ...] = (1, 2, 4, 8)
    away_s: float = 2
    missing_again_s: float = 1
    odd_again_s: float = 60


@dataclass(frozen=True, slots=True)
class _Verdict:
    told: str
    until: float


class _Waits:
    """What is left of the patience with one id, by the kind of answer."""

    def __init__(self, missing_s: Iterable[float], refused_s: Iterable[float], odd_s: Iterable[float]) -> None:
        self._left = {NoSuchSchema: deque(missing_s), RefusedSchema: deque(refused_s), OddAnswer: deque(odd_s)}

    def after(self, answer: NoSuchSchema | RefusedSchema | OddAnswer) -> deque[float]:
        return self._left[type(answer)]


class WriterSchemas:
    """`witness`: an id that the registry surely knows; where it does not give that one either, it is away as a whole:
    its password changed, it lost what it knew, somebody else answers in its place."""

    def __init__(self, registry: Fetcher, patience: Patience) -> None:
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
            self._settle(schema_id, await self._registry.fetch(schema_id), _Waits((), (), ()))

    async def _inquire(self, schema_id: int, *, patient: bool) -> None:
        patience = self._patience
        waits = _Waits(patience.missing_s, patience.refused_s, patience.odd_s) if patient else _Waits((), (), ())
        try:
            while True:
                wait_s = await self._ask(schema_id, waits)
                if wait_s is None:
                    return
                await asyncio.sleep(wait_s)
        finally:
            del self._inquiries[schema_id]

    async def _ask(self, schema_id: int, waits: _Waits) -> float | None:
        """Seconds until it is worth asking again; None: it is settled."""
        answer = await self._fetch(schema_id)
        if not isinstance(answer, RegisteredSchema) and not waits.after(answer) and not await self._knows_witness():
            return self._patience.away_s
        return self._settle(schema_id, answer, waits)

    async def _fetch(self, schema_id: int) -> RegistryAnswer:
        """No answer settles as little as an odd one does: it may be this id alone that is never answered."""
        try:
            answer = await self._registry.fetch(schema_id)
        except RegistryUnavailable as unavailable:
            self._tell_away(str(unavailable))
            return OddAnswer(str(unavailable))
        if self._is_away and isinstance(answer, RegisteredSchema):
            self._is_away = False
            log.info("the schema registry answers again")
        return answer

    async def _knows_witness(self) -> bool:
        if self.witness is None:
            return not self._is_away
        answer = await self._fetch(self.witness)
        if isinstance(answer, RegisteredSchema):
            return True
        self._tell_away(f"the schema registry does not answer for schema {self.witness} of ours either: {answer.told}")
        return False

    def _tell_away(self, why: str) -> None:
        if not self._is_away:
            log.error("records whose schema is not known yet wait, others go on: %s", why)
        self._is_away = True

    def _settle(self, schema_id: int, answer: RegistryAnswer, waits: _Waits) -> float | None:
        if isinstance(answer, RegisteredSchema):
            self._known[schema_id] = answer
            self._verdicts.pop(schema_id, None)
            return None
        asked = {"schema_id": schema_id, "answer": answer.told}
        if left := waits.after(answer):
            log.info("the registry was asked for a schema; records with it wait", extra=asked)
            return left.popleft()
        if schema_id not in self._verdicts:
            log.warning("the registry was asked for a schema in vain; records with it are dead letters", extra=asked)
        is_missing = isinstance(answer, NoSuchSchema)
        again_s = self._patience.missing_again_s if is_missing else self._patience.odd_again_s
        self._verdicts[schema_id] = _Verdict(answer.told, _now() + again_s)
        self._verdicts.move_to_end(schema_id)
        if len(self._verdicts) > MAX_VERDICTS:
            self._verdicts.popitem(last=False)
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()
