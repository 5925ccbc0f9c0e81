"""How the console's files are served, and what may not stand in them."""

import gzip
import re
from collections.abc import Iterator

import pytest

from connector.cli.alerts import RETRIED
from connector.web.console.files import CONSOLE_DIR
from tests.kit.http.web_port import said, web_port

SCRIPTS = sorted(CONSOLE_DIR.rglob("*.js"))
FILES = sorted(file for file in CONSOLE_DIR.rglob("*") if file.is_file())
PATHS = ("/", *(f"/console/{file.relative_to(CONSOLE_DIR)}" for file in FILES))
PAGE = (CONSOLE_DIR / "index.html").read_text()
MAX_LINES, MAX_FILES = 300, 14


async def asked(path: str, *headers: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case, body."""
    async with web_port() as port:
        head = "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers))
        answer, _, body = (await said(port, f"{head}\r\n\r\n".encode())).partition(b"\r\n\r\n")
    first, *lines = answer.decode().split("\r\n")
    return (
        int(first.split()[1]),
        {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)},
        body,
    )


async def test_each_file_is_served_as_what_it_is() -> None:
    types = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    for path in PATHS:
        status, headers, body = await asked(path)
        file = CONSOLE_DIR / (path.removeprefix("/console/").removeprefix("/") or "index.html")
        assert (status, body) == (200, file.read_bytes()), path
        assert headers["content-type"].startswith(types[file.suffix[1:]]), path


@pytest.mark.parametrize("path", ["/", "/console/app.js", "/console/nothing", "/console/../pages.py"])
async def test_a_browser_is_told_what_it_may_not_do(path: str) -> None:
    _, headers, _ = await asked(path)
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'", "no inline script or style, and nobody else's"
    assert "unsafe" not in headers["content-security-policy"]
    nobody = {"frame-ancestors", "base-uri", "form-action", "object-src"}
    assert {policy[name] for name in nobody} == {"'none'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_what_the_browser_has_is_not_sent_again() -> None:
    _, headers, _ = await asked("/console/app.js")
    assert headers["cache-control"] == "no-cache"
    status, again, body = await asked("/console/app.js", f"If-None-Match: {headers['etag']}")
    assert (status, body) == (304, b"")
    assert again["etag"] == headers["etag"]
    assert (await asked("/console/app.js", 'If-None-Match: "other"'))[0] == 200
    assert (await asked("/"))[1]["etag"] != headers["etag"]


async def test_it_is_packed_for_who_can_read_that() -> None:
    _, headers, body = await asked("/console/styles/frame.css", "Accept-Encoding: gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == (CONSOLE_DIR / "styles/frame.css").read_bytes()
    assert "content-encoding" not in (await asked("/console/styles/frame.css", "Accept-Encoding: gzip;q=0"))[1]


@pytest.mark.parametrize(
    "path", ["/console/", "/console/nothing.js", "/console/../files.py", "/console/%2e%2e/files.py", "/console/views"]
)
async def test_nothing_else_is_served(path: str) -> None:
    assert (await asked(path))[0] == 404


async def test_nothing_can_be_changed_there() -> None:
    status, headers, _ = await asked("/", method="POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert (await asked("/", method="HEAD"))[2] == b""


async def test_a_name_that_is_none_of_ours_is_refused_there_too() -> None:
    async with web_port() as port:
        answer = await said(port, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert answer.split()[1] == b"421"


def found(pattern: str) -> Iterator[str]:
    for file in SCRIPTS:
        for hit in re.finditer(pattern, file.read_text()):
            yield f"{file.name}: {hit[0]}"


def test_text_is_never_made_markup() -> None:
    makers = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML"
    assert [*found(makers)] == []
    assert [*found(r"\beval\b|new Function|import\(|javascript:")] == []


def test_the_token_goes_nowhere_but_into_a_header_and_this_tabs_storage() -> None:
    assert [*found(r"document\.cookie")] == []
    assert [*found(r"localStorage\.setItem\(\w+")] == ["help.js: localStorage.setItem(KEYS_OFF"]
    users = {file.name for file in SCRIPTS if "operator.token" in file.read_text()}
    assert users == {"api.js", "actions.js", "app.js"}


def test_nothing_is_asked_of_others() -> None:
    allowed = "http://www.w3.org/2000/svg"
    for file in FILES:
        assert set(re.findall(r"https?://[^\s\"')]+", file.read_text())) <= {allowed}, file.name


def test_the_page_has_no_script_or_style_of_its_own_and_asks_for_all_its_modules_at_once() -> None:
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", PAGE) == []
    asked_for = set(re.findall(r'rel="modulepreload" href="/console/([\w/.]+)"', PAGE))
    assert asked_for == {str(file.relative_to(CONSOLE_DIR)) for file in SCRIPTS}


def test_its_files_are_as_short_as_the_others() -> None:
    sizes = {file.name: len(file.read_text().splitlines()) for file in FILES}
    assert {name: size for name, size in sizes.items() if size > MAX_LINES} == {}
    wide = [f"{file.name}: {line}" for file in SCRIPTS for line in file.read_text().splitlines() if len(line) > 120]
    assert wide == []
    crowds = {folder.name: len([*folder.glob("*.*")]) for folder in {file.parent for file in FILES}}
    assert {name: count for name, count in crowds.items() if count > MAX_FILES} == {}


def test_the_alerts_that_it_offers_to_try_again_are_those_that_the_command_does() -> None:
    (offered,) = re.findall(r"RETRIED = new Set\(\[([^]]*)\]\)", (CONSOLE_DIR / "views/alerts.js").read_text())
    assert set(re.findall(r"\w+", offered)) == set(RETRIED)
