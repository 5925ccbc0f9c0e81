"""What one SmartConnect call came to, as values, and whether the call may be repeated: said here and nowhere else.

`smartconnect/outcomes.py` makes them from answers (one table); lanes and settlements match them exhaustively.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, assert_never

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Amazon said, whatever it means. `http_status` 0: nothing was heard. `message`: in our words.

    `error_text`: in Amazon's, masked; it goes to connector.api-calls and nowhere else.
    """

    http_status: int = 0
    code: str = ""
    message: str = ""
    request_id: str = ""
    error_text: str = ""

    @property
    def reason(self) -> str:
        """As people are told of it: the message, or the code where there is none."""
        return self.message or self.code


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
    """401 with a fresh token, or the token endpoint's invalid_grant: the access is at fault, not the call."""

    answer: Answer
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Forbidden:
    """403 with a token that is good: what was asked for is not the merchant's, or not open to it. Nothing was done."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Unknown:
    """An answer nobody documented, a 2xx body that can't be read or says two things: it may have been applied."""

    answer: Answer


Repeatable = Throttled | Unavailable | Unauthorized
"""Amazon has not answered the call itself: the lane makes the same call again, some time later."""

Strange = Forbidden | Unknown
"""Repeated at once it would only fail again: the key is tried a few times, then parked (quarantine.py)."""

Failed = Repeatable | Strange | Conflict | Refused
Outcome = Accepted[T] | Failed

ACCEPTED = "ACCEPTED"
NAMES: Mapping[type[Any], str] = {
    Accepted: ACCEPTED,
    Throttled: "THROTTLED",
    Unavailable: "UNAVAILABLE",
    Conflict: "CONFLICT",
    Refused: "REFUSED",
    Unauthorized: "UNAUTHORIZED",
    Forbidden: "FORBIDDEN",
    Unknown: "UNKNOWN",
}
"""As connector.api-calls names them."""

_KINDS = {name: kind for kind, name in NAMES.items()}
FINAL = frozenset(NAMES[kind] for kind in (Accepted, Conflict, Refused, Forbidden, Unknown))
"""Names of the outcomes that settlements deal with; the lane repeats the others by itself."""


def outcome_name(outcome: Outcome[Any]) -> str:
    return NAMES[type(outcome)]


def outcome_named(name: str, answer: Answer, value: Any, *, sent: bool = True) -> Outcome[Any]:
    """The outcome that `outcome_name` named. `value` is used where it was accepted. Raises KeyError."""
    kind = _KINDS[name]
    if kind is Accepted:
        return Accepted(answer, value)
    outcome: Outcome[Any] = kind(answer, sent) if kind in (Unavailable, Unauthorized) else kind(answer)
    return outcome


def is_final(outcome: Outcome[Any]) -> bool:
    return not isinstance(outcome, Repeatable)


def may_have_applied(outcome: Outcome[Any]) -> bool:
    """Nobody knows whether Amazon did what was asked: read before repeating, unless repeating is harmless."""
    match outcome:
        case Unavailable(_, sent):
            return sent
        case Unknown():
            return True
        case Accepted() | Conflict() | Refused() | Throttled() | Unauthorized() | Forbidden():
            return False
        case _:
            assert_never(outcome)
