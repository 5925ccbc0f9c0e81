"""How a notification that an operator has given once more is told from one that came again by itself.

Amazon's queue delivers a message more than once, so an id that is in `seen` is passed over. One that is reprocessed
was seen, and is to be taken all the same: once in each run, however often its copy comes.
"""

from collections.abc import Iterable

REPROCESSED = "connector-reprocessed"
"""The header of a copy: the run that made it."""


def reprocess_of(headers: Iterable[tuple[str, bytes | None]]) -> str:
    """The run, "" of what came from Amazon's queue."""
    return next((value.decode(errors="replace") for name, value in headers if name == REPROCESSED and value), "")


def seen_id(notification_id: str, run: str) -> str:
    """As what it is remembered."""
    return f"{run}/{notification_id}" if run else notification_id
