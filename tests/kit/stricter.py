"""Rules that the code breaks today, kept as tests that must fail: mend the code, and strip the entry."""

from collections.abc import Iterable, Mapping

import pytest
from _pytest.mark.structures import ParameterSet


def cases(ids: Iterable[str], stricter: Mapping[str, str]) -> list[ParameterSet]:
    """A parameter set for each id, expected to fail where `stricter` says what the code does instead of the rule."""
    given = list(ids)
    return [pytest.param(each, id=each, marks=[_broken(stricter[each])] if each in stricter else []) for each in given]


def _broken(what: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(reason=f"the code is stricter than the rule: {what}", strict=True, raises=AssertionError)
