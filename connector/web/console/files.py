"""The operators' console: pages that ask the control API. Their files came with the package, and are read once.

They are no secret, so nobody is asked for a token. What a browser may do with them is said in headers: scripts, styles
and data are the worker's own, none stands in a page, no page of others frames one, and text can't become markup.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from connector.web.answers import takes_gzip

CONSOLE_DIR = Path(__file__).parent / "files"
CONSOLE_FIRST = "index.html"
CONSOLE_PATHS = "/console/"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    *("default-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "object-src 'none'"),
    *("require-trusted-types-for 'script'", "trusted-types 'none'"),
)
CONSOLE_HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that don't know frame-ancestors
}


@dataclass(frozen=True, slots=True)
class _Kept:
    content: bytes
    packed: bytes
    content_type: str
    etag: str


class ConsoleFiles:
    """Answers `/` and what is below `/console/`."""

    def __init__(self) -> None:
        files = {file.relative_to(CONSOLE_DIR).as_posix(): file for file in CONSOLE_DIR.rglob("*") if file.is_file()}
        kept = {name: _kept(file) for name, file in files.items() if file.suffix in _TYPES}
        self._by_path = {CONSOLE_PATHS + name: one for name, one in kept.items()} | {"/": kept[CONSOLE_FIRST]}

    def has(self, path: str) -> bool:
        """Whether the path is the console's, though there may be no such file."""
        return path == "/" or path.startswith(CONSOLE_PATHS)

    def answer(self, request: web.BaseRequest) -> web.Response:
        """A browser asks again each time, and is told where it has the newest."""
        if request.method not in ("GET", "HEAD"):
            text, headers = "nothing can be changed here\n", {"Allow": "GET, HEAD"}
            return web.Response(status=405, text=text, headers=CONSOLE_HEADERS | headers)
        found = self._by_path.get(request.path)
        if found is None:
            return web.Response(status=404, text="the console has no such file\n", headers=CONSOLE_HEADERS)
        kept_for = {"Cache-Control": "no-cache", "ETag": found.etag, "Vary": "Accept-Encoding"}
        if found.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=CONSOLE_HEADERS | kept_for)
        packed = takes_gzip(request)
        encoded = {"Content-Encoding": "gzip"} if packed else {}
        return web.Response(
            body=found.packed if packed else found.content,
            headers=CONSOLE_HEADERS | kept_for | encoded | {"Content-Type": found.content_type},
        )


def _kept(file: Path) -> _Kept:
    content = file.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return _Kept(content, gzip.compress(content, mtime=0), _TYPES[file.suffix], etag)
