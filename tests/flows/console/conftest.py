"""A browser for the module: it has an event loop that tests of other modules could not share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.kit.console.browser import BrowserUnavailable, running_browser
from tests.kit.missing import skip_unless_ci


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with running_browser() as browser:
            yield browser
    except BrowserUnavailable as reason:
        skip_unless_ci(reason)
