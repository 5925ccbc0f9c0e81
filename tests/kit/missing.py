"""What a test needs and the machine does not have."""

import os
from typing import NoReturn

import pytest


def skip_unless_ci(reason: Exception) -> NoReturn:
    """A stranger's machine skips the tests that need it; in CI that would be tests that can't fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(reason))
    pytest.skip(str(reason))
