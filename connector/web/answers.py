"""Long answers, which are written beside the event loop, packed where the client can read that, and never many."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from connector.web.pages import Pages

MOST_LONG_ANSWERS = 8
"""Each may be tens of megabytes, however slowly it is read."""
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


def takes_gzip(request: web.BaseRequest) -> bool:
    """Whether the client can read what is packed."""
    return bool(_GZIP.search(request.headers.get("Accept-Encoding", "")))


class TooManyAnswers(Exception):
    """Others are being answered."""


class LongAnswers:
    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self._under_way = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """For one answer. Raises TooManyAnswers."""
        if self._under_way >= MOST_LONG_ANSWERS:
            raise TooManyAnswers
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def send(
        self, request: web.BaseRequest, pieces: Callable[[], Iterator[bytes]], content_type: str
    ) -> web.StreamResponse:
        """Take a place first. Who asks for the same path meanwhile gets the same."""
        packed = takes_gzip(request)
        page = await self.pages.page(request.path_qs, pieces, packed=packed)
        response = web.StreamResponse(headers={"Content-Type": content_type, "Vary": "Accept-Encoding"})
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.content_length = sum(map(len, page))
        response.force_close()
        await response.prepare(request)
        if request.method != "HEAD":
            for piece in page:
                await response.write(piece)
        await response.write_eof()
        return response
