"""The control API: any worker answers for all of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import assert_never

import orjson
from aiohttp import web
from pydantic import SecretStr, ValidationError

from connector.web.answers import LongAnswers
from connector.web.api.bodies import Said, StartReconcile
from connector.web.api.changes import Changes
from connector.web.api.commands import Commands, change_of, output_of
from connector.web.api.fleet import OF_WORKER, Fleet
from connector.web.api.openapi.document import openapi_json
from connector.web.api.operations import Served
from connector.web.api.problems import Problem, busy
from connector.web.api.reads import Reads
from connector.web.api.reconciles import Reconciles
from connector.web.api.request import JSON_TYPE, ApiRequest, misfit, read_request
from connector.web.api.told import OwnPart
from connector.web.api.verbs import Verb

JSON_UTF8 = f"{JSON_TYPE}; charset=utf-8"
MOST_STREAMS = 16
"""Clients that follow the changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """What the control API is made of. `own`: this worker's part of each answer. `fleet`: the other workers. `token`:
    of who may change something, empty: nobody."""

    own: OwnPart
    fleet: Fleet
    commands: Commands
    reconciles: Reconciles
    token: SecretStr


class ControlApi:
    def __init__(self, parts: ApiParts, answers: LongAnswers) -> None:
        self._parts = parts
        self._answers = answers
        self._reads = Reads(parts.own, parts.fleet, answers.pages, reconciles=parts.reconciles)
        self._changes = Changes(self._reads.view)
        self._streams = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """What it runs is ended at the end."""
        try:
            yield
        finally:
            await self._parts.reconciles.close()

    async def answer(self, raw: web.BaseRequest) -> web.StreamResponse:
        """Of a path that begins with API_PREFIX. Raises TooManyAnswers."""
        try:
            asked = await read_request(raw, self._parts.token.get_secret_value())
            if OF_WORKER in raw.headers:
                return await self._own_part(asked)
            return await self._answer(asked)
        except ValidationError as fault:
            return misfit(fault).response()
        except Problem as problem:
            return problem.response()

    async def _answer(self, asked: ApiRequest) -> web.StreamResponse:
        does = asked.operation.does
        if isinstance(does, Verb):
            end = await self._parts.commands.run(does.command(asked.ids, asked.given), asked.address)
            return _json(change_of(end) if asked.operation.writes else output_of(end))
        if does is Served.NEW_RECONCILE:
            started = self._parts.reconciles.start(StartReconcile.model_validate(asked.given), asked.address)
            return _json(orjson.dumps({"reconcile_id": started}), status=202)
        Said.model_validate(asked.given)
        return await self._served(does, asked)

    async def _served(self, does: Served, asked: ApiRequest) -> web.StreamResponse:
        match does:
            case Served.DOCUMENT:
                return _json(openapi_json())
            case Served.FLEET:
                return _json(await self._reads.fleet())
            case Served.STATUS:
                return await self._long(asked, self._reads.status)
            case Served.MERCHANTS:
                return await self._long(asked, self._reads.merchants)
            case Served.MERCHANT:
                return _json(await self._reads.merchant(asked.ids["merchant_id"], asked.raw.raw_path))
            case Served.ALERTS:
                return await self._long(asked, self._reads.alerts)
            case Served.CHANGES:
                return await self._follow(asked.raw)
            case Served.RECONCILES:
                return await self._long(asked, self._reads.reconciles)
            case Served.RECONCILE:
                return _json(await self._reads.reconcile(asked.ids["reconcile_id"], asked.raw.raw_path))
            case Served.NEW_RECONCILE:
                raise AssertionError("it writes")
            case _ as never:
                assert_never(never)

    async def _own_part(self, asked: ApiRequest) -> web.StreamResponse:
        """For another worker, which puts it together with its own. Nobody is asked in turn."""
        meant, worker = asked.raw.headers[OF_WORKER], self._parts.own.worker
        if meant != worker:
            raise Problem(
                421,
                "Another worker is meant",
                f"this is {worker}",
                remedy="give each worker a CONNECTOR_WEB__ADVERTISED_URL where others reach it",
            )
        with self._answers.place():
            body = await self._reads.own_part(asked.operation.does, asked.ids)
        return web.Response(body=body, headers={"Content-Type": "application/x-ndjson"})

    async def _long(self, asked: ApiRequest, read: Callable[[], Awaitable[Iterator[bytes]]]) -> web.StreamResponse:
        with self._answers.place():
            pieces = await read()
            return await self._answers.send(asked.raw, lambda: pieces, JSON_UTF8)

    async def _follow(self, raw: web.BaseRequest) -> web.StreamResponse:
        if self._streams >= MOST_STREAMS:
            raise busy(f"{MOST_STREAMS} clients follow the changes already")
        self._streams += 1
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
            response.force_close()
            await response.prepare(raw)
            if raw.method == "HEAD":
                return response
            async with aclosing(self._changes.events()) as events:
                async for event in events:
                    await response.write(event)
            return response
        finally:
            self._streams -= 1


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers={"Content-Type": JSON_UTF8, "Cache-Control": "no-store"})
