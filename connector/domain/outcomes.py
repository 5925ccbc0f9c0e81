"""What one SmartConnect call came to, as values.

`smartconnect/outcomes.py` makes them from answers (one table); lanes and settlements match them exhaustively.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Amazon said, whatever it means. `http_status` 0: nothing was heard."""

    http_status: int = 0
    code: str = ""
    message: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """2xx with a readable body: it is done."""

    answer: Answer
    value: T


@dataclass(frozen=True, slots=True)
class Throttled:
    """429: too fast. `retry_after_s` as Amazon asks, None where it does not say."""

    answer: Answer
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """5xx, a timeout, a broken connection: repeat later. `sent` False: the call surely never left."""

    answer: Answer
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Conflict:
    """409: already done, or in progress. Never success or failure by itself: read, then compare."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Refused:
    """400, 404, 413, 415, 422: repeating the same call can't succeed."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """401, 403, or the token endpoint's invalid_grant: the merchant's access, not this call, is at fault."""

    answer: Answer
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """An answer nobody documented, or a 2xx body that can't be read: it may have been applied."""

    answer: Answer


Failed = Throttled | Unavailable | Conflict | Refused | Unauthorized | Unknown
Outcome = Accepted[T] | Failed
