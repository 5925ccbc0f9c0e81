"""The control API: any worker answers for all of them."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import unquote

from aiohttp import web

from connector.web.answers import LongAnswers
from connector.web.api.changes import Changes
from connector.web.api.fleet import OF_WORKER, Fleet
from connector.web.api.operations import API_PREFIX, ApiAction, Operation, matching
from connector.web.api.problems import Problem, busy
from connector.web.api.reads import Reads
from connector.web.api.told import OwnPart

JSON = "application/json; charset=utf-8"
MOST_STREAMS = 16
"""Clients that follow the changes."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """`ids`: what stands in the path."""

    operation: Operation
    ids: dict[str, str]
    request: web.BaseRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """What the control API is made of. `own`: this worker's part of each answer. `fleet`: the other workers."""

    own: OwnPart
    fleet: Fleet


class ControlApi:
    def __init__(self, parts: ApiParts, answers: LongAnswers) -> None:
        self._worker = parts.own.worker
        self._answers = answers
        self._reads = Reads(parts.own, parts.fleet, answers.pages)
        self._changes = Changes(self._reads.view)
        self._streams = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Of a path that begins with API_PREFIX. Raises TooManyAnswers."""
        try:
            asked = _asked(request)
            if OF_WORKER in request.headers:
                return await self._own_part(asked)
            return await self._answer(asked)
        except Problem as problem:
            return problem.response()

    async def _answer(self, asked: ApiRequest) -> web.StreamResponse:
        match asked.operation.action:
            case ApiAction.READ_DOCUMENT:
                return web.json_response({})
            case ApiAction.READ_FLEET:
                return _json(await self._reads.fleet())
            case ApiAction.READ_STATUS:
                return await self._long(asked, self._reads.status)
            case ApiAction.LIST_MERCHANTS:
                return await self._long(asked, self._reads.merchants)
            case ApiAction.READ_MERCHANT:
                return _json(await self._reads.merchant(asked.ids["merchant_id"], asked.request.raw_path))
            case ApiAction.LIST_ALERTS:
                return await self._long(asked, self._reads.alerts)
            case ApiAction.FOLLOW_CHANGES:
                return await self._follow(asked.request)
            case _ as never:
                assert_never(never)

    async def _own_part(self, asked: ApiRequest) -> web.StreamResponse:
        """For another worker, which puts it together with its own. Nobody is asked in turn."""
        meant = asked.request.headers[OF_WORKER]
        if meant != self._worker:
            raise Problem(
                421,
                "Another worker is meant",
                f"this is {self._worker}, not {meant}",
                remedy="give each worker a CONNECTOR_WEB__ADVERTISED_URL where others reach it",
            )
        with self._answers.place():
            return _lines(await self._reads.own_part(asked.operation.action, asked.ids))

    async def _long(self, asked: ApiRequest, read: Callable[[], Awaitable[Iterator[bytes]]]) -> web.StreamResponse:
        with self._answers.place():
            pieces = await read()
            return await self._answers.send(asked.request, lambda: pieces, JSON)

    async def _follow(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._streams >= MOST_STREAMS:
            raise busy(f"{MOST_STREAMS} clients follow the changes already")
        self._streams += 1
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
            response.force_close()
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            async with aclosing(self._changes.events()) as events:
                async for event in events:
                    await response.write(event)
            return response
        finally:
            self._streams -= 1


def _asked(request: web.BaseRequest) -> ApiRequest:
    """Raises Problem."""
    path = request.raw_path.partition("?")[0]
    try:
        segments = [unquote(part, errors="strict") for part in path.removeprefix(API_PREFIX).split("/")]
    except UnicodeDecodeError:
        raise Problem(400, "Bad path", "the path is not UTF-8", remedy="percent-encode it as UTF-8") from None
    found = list(matching(segments))
    if not found:
        raise Problem(404, "No such resource", f"there is no {path}", remedy=f"see {API_PREFIX}openapi.json")
    for operation, ids in found:
        if request.method in _methods(operation):
            return ApiRequest(operation, ids, request)
    allowed = ", ".join(method for operation, _ in found for method in _methods(operation))
    raise Problem(
        405,
        "Method not allowed",
        f"{path} takes {allowed}",
        remedy=f"see {API_PREFIX}openapi.json",
        headers={"Allow": allowed},
    )


def _methods(operation: Operation) -> tuple[str, ...]:
    return ("GET", "HEAD") if operation.method == "GET" else (operation.method,)


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": JSON})


def _lines(body: bytes) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": "application/x-ndjson"})
