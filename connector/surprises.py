"""Exceptions that nobody foresaw, where the work goes on without what raised them."""

import logging
import traceback
from functools import lru_cache

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


@lru_cache(maxsize=1000)
def _tell(surprise: str) -> None:
    log.error("a fault of this connector's, please report it: %s", surprise)
