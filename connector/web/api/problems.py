"""What a request of the control API is answered with where it can't be served: RFC 9457."""

from typing import Any

import orjson
from aiohttp import web

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """`detail`: what is wrong with this request. `remedy`: what to do about it. `headers`: of the answer."""

    def __init__(
        self, status: int, title: str, detail: str, *, remedy: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.remedy = remedy
        self.headers = headers or {}

    def told(self) -> dict[str, Any]:
        """`type` is about:blank: the status and the title say all that a program may tell apart (RFC 9457, 4.2.1)."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": str(self),
            "remedy": self.remedy,
        }

    def response(self) -> web.Response:
        return web.Response(
            status=self.status, body=orjson.dumps(self.told()), content_type=CONTENT_TYPE, headers=self.headers
        )


def busy(what: str) -> Problem:
    """So many that this one has to wait."""
    return Problem(503, "Busy", what, remedy="ask again in a second", headers={"Retry-After": "1"})
