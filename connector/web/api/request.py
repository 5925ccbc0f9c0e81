"""A request of the control API, read and checked: its operation, who may ask for it, and what it says."""

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web
from pydantic import ValidationError

from connector.web.api.operations import API_PREFIX, Operation, matching
from connector.web.api.problems import Problem

JSON_TYPE = "application/json"
MOST_BODY = 16 * 1024
"""Bytes."""
BODY_WITHIN_S = 5.0
_DOCUMENT = f"see {API_PREFIX}openapi.json"


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """`ids`: what stands in its path. `given`: its query, or its body where it writes."""

    operation: Operation
    ids: Mapping[str, str]
    given: Mapping[str, Any]
    raw: web.BaseRequest

    @property
    def address(self) -> str:
        """Whom it comes from."""
        return self.raw.remote or ""


async def read_request(raw: web.BaseRequest, token: str) -> ApiRequest:
    """`token`: of who may ask for what is guarded; "": nobody may. Raises Problem."""
    operation, ids = _found(raw)
    if operation.guarded:
        _check_token(raw, token)
    return ApiRequest(operation, ids, await _body(raw) if operation.writes else _query(raw), raw)


def misfit(fault: ValidationError) -> Problem:
    """What was said of which field; never what was given."""
    faults = [f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg']}" for one in fault.errors()]
    return Problem(422, "A field is wrong", "; ".join(faults), remedy=f"correct it; {_DOCUMENT}")


def _found(raw: web.BaseRequest) -> tuple[Operation, dict[str, str]]:
    path = raw.raw_path.partition("?")[0]
    try:
        segments = [unquote(part, errors="strict") for part in path.removeprefix(API_PREFIX).split("/")]
    except UnicodeDecodeError:
        raise Problem(400, "Bad path", "the path is not UTF-8", remedy="percent-encode it as UTF-8") from None
    if any("\0" in segment for segment in segments):
        raise Problem(400, "Bad path", "the path has a null character", remedy="leave it out")
    found = list(matching(segments))
    if not found:
        raise Problem(404, "No such resource", "there is nothing at this path", remedy=_DOCUMENT)
    for operation, ids in found:
        if raw.method in _methods(operation):
            return operation, ids
    allowed = ", ".join(dict.fromkeys(method for operation, _ in found for method in _methods(operation)))
    detail, headers = f"it takes {allowed}", {"Allow": allowed}
    raise Problem(405, "Method not allowed", detail, remedy=_DOCUMENT, headers=headers)


def _methods(operation: Operation) -> tuple[str, ...]:
    return (operation.method,) if operation.writes else ("GET", "HEAD")


def _query(raw: web.BaseRequest) -> dict[str, str]:
    query = raw.query
    if len(query) != len(set(query)):
        raise Problem(422, "A field is wrong", "a parameter is given twice", remedy="give each once")
    return dict(query)


def _check_token(raw: web.BaseRequest, token: str) -> None:
    if not token:
        raise Problem(
            403,
            "It needs a token",
            "this worker has no token, so nobody may change anything by way of it, or read what may tell of buyers",
            remedy="set CONNECTOR_WEB__TOKEN on all workers, or use the command line",
        )
    scheme, _, given = raw.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode()):
        raise Problem(
            401,
            "Not authorised",
            "the token is missing or wrong",
            remedy="send the header `Authorization: Bearer TOKEN`, with the workers' CONNECTOR_WEB__TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
        )


async def _body(raw: web.BaseRequest) -> dict[str, Any]:
    if raw.content_type != JSON_TYPE:  # a page in somebody's browser can send it only where it is allowed to
        raise Problem(415, "Not JSON", f"Content-Type is not {JSON_TYPE}", remedy=f"send {JSON_TYPE}")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for piece in raw.content.iter_any():
                body += piece
                if len(body) > MOST_BODY:
                    detail = f"the body has more than {MOST_BODY} bytes"
                    raise Problem(413, "Too long", detail, remedy="send less")
    except TimeoutError:
        detail = f"the body did not come within {BODY_WITHIN_S:g} s"
        raise Problem(408, "Too slow", detail, remedy="send it at once") from None
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "Not JSON", "the body is no JSON", remedy=_DOCUMENT) from None
    if not isinstance(said, dict):
        raise Problem(422, "A field is wrong", "the body is no object", remedy=_DOCUMENT)
    return said
