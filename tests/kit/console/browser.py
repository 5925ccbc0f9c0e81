"""A real Chromium, and what it complains of while the console is used. `make browser` installs it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, Response, sync_playwright

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
NAMES = ("chromium", "google-chrome", "chromium-browser")
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
_GRAVE = frozenset({"serious", "critical"})


class BrowserUnavailable(Exception):
    """There is no Chromium here."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise BrowserUnavailable("no Chromium is here: `make browser` installs Debian's")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])  # CI is root in a sandbox
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Seen:
    """A page, and all that went wrong in it: errors, what the policy forbade, files that are not there. `expected`:
    of what the browser itself says when an answer is an error, the statuses that are meant."""

    page: Page
    wrong: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._fail)
        self.page.on("response", self._answer)
        self.page.on("request", self._ask)

    def go(self, url: str) -> None:
        self.page.goto(url)

    def grave(self) -> list[str]:
        """What axe finds serious or critical in what is shown now."""
        self.page.evaluate(AXE)
        found: dict[str, Any] = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            if violation["impact"] in _GRAVE
            for node in violation["nodes"]
        ]

    def is_too_wide(self) -> bool:
        """Whether one would have to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def _hear(self, message: ConsoleMessage) -> None:
        status = re.search(r"responded with a status of (\d+)", message.text)
        if message.type in ("error", "warning") and not (status and int(status[1]) in self.expected):
            self.wrong.append(f"{message.type}: {message.text}")

    def _fail(self, error: Error) -> None:
        self.wrong.append(f"{error.message}\n{error.stack}")

    def _answer(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.wrong.append(f"{response.status} {response.url}")

    def _ask(self, request: Request) -> None:
        if "token" in request.url.lower():
            self.wrong.append(f"a token in an address: {request.url}")


@contextmanager
def seen_page(browser: Browser, size: str, scheme: str = "light") -> Iterator[Seen]:
    """Nothing may have gone wrong in it by the end."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size == "phone",
    )
    context.set_default_timeout(10_000)
    try:
        seen = Seen(context.new_page())
        yield seen
        assert seen.wrong == []
    finally:
        context.close()
