"""Exceptions that nobody foresaw: how they are told, and where the work goes on without what raised them."""

import logging
import traceback
from collections.abc import Iterator
from functools import lru_cache

_OURS = "connector."

log = logging.getLogger(__name__)


def tell_surprise(surprise: BaseException) -> None:
    """Logs where an exception that nobody foresaw was raised, once for each place; what was at work then goes on.

    Its type and place alone, not its text, which may quote data (G10).
    """
    _tell(place_of(surprise))


def place_of(surprise: BaseException) -> str:
    """Its type and where it was raised."""
    frames = traceback.extract_tb(surprise.__traceback__)
    where = f" in {frames[-1].name} ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(surprise).__name__}{where}"


def told_trace(error: BaseException) -> str:
    """As Python writes it, but of an exception's text nothing where it is not one of this package's: another's may
    quote what it was about."""
    return "\n".join(_traced(error, set()))


def _traced(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _traced(before, seen)
        yield "\nwhich led to:\n"
    yield "Traceback (most recent call last):"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    kind = type(error)
    yield f"{kind.__qualname__}: {error}" if kind.__module__.startswith(_OURS) else kind.__qualname__
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if id(one) not in seen:
                yield from _traced(one, seen)


@lru_cache(maxsize=1000)
def _tell(surprise: str) -> None:
    log.error("a fault of this connector's, please report it: %s", surprise)
