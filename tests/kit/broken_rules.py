"""Rules that the code breaks today, kept as tests that must fail: mend the code, and strike the entry out."""

from collections.abc import Iterable, Mapping

import pytest


def cases(ids: Iterable[str], broken: Mapping[str, str]) -> list[pytest.ParameterSet]:
    """A parameter set for each id; those in `broken` must fail, for what it says of the code."""
    return [pytest.param(each, id=each, marks=[_breaks(broken[each])] if each in broken else []) for each in ids]


def _breaks(what: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(reason=f"a broken rule: {what}", strict=True, raises=AssertionError)
