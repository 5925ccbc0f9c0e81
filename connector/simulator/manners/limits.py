"""Headers of the limits that make no sense, or stop whoever believes them."""

from dataclasses import replace
from wsgiref.handlers import format_date_time

from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners.manners import Manner, Manners

RETRY_AFTER_ZERO = Manner("retry-after-zero", 0.005, "429 with Retry-After: 0; not applied", "own review")
RETRY_AFTER_PAST = Manner(
    "retry-after-past",
    0.005,
    "429 whose Retry-After is a date of an hour ago; not applied",
    "RFC 9110, 10.2.3: a date is allowed, and clocks differ",
)
RETRY_AFTER_NONSENSE = Manner(
    "retry-after-nonsense",
    0.005,
    "429 whose Retry-After is no number and no date, or below 0; not applied",
    "own review",
)
RETRY_AFTER_HUGE = Manner("retry-after-huge", 0.0, "429 with a Retry-After of a year; not applied", "own review")
RATE_LIMIT_NONSENSE = Manner(
    "rate-limit-nonsense",
    0.05,
    "x-amzn-RateLimit-Limit is 0, below it, NaN, no number or a thousand million, for a minute at a time",
    "own review",
)
RATE_LIMIT_TINY = Manner(
    "rate-limit-tiny",
    0.0,
    "x-amzn-RateLimit-Limit is 0.0055, for a minute at a time",
    "amzn/selling-partner-api-models#1444",
)
_WAITS = (RETRY_AFTER_ZERO, RETRY_AFTER_PAST, RETRY_AFTER_NONSENSE, RETRY_AFTER_HUGE)
MANNERS = (*_WAITS, RATE_LIMIT_NONSENSE, RATE_LIMIT_TINY)

NO_WAITS = ("soon", "-5", "1e400", "")
NO_LIMITS = ("0", "-1.0", "NaN", "unlimited", "1000000000.0", "5.0;burst=10")
A_YEAR_S = "31536000"
AN_HOUR_S = 3600.0
EPISODE_S = 60


class Limits:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    def retry_after(self, request: ApiRequest, handle: Handle) -> Answer:
        for manner in _WAITS:
            if occasion := self._manners.comes(manner, *request.target):
                request.call.fault = manner.name
                message = "You exceeded your quota for the requested resource."
                raise ApiError(429, message, headers={"Retry-After": self._wait(manner, request.wall, occasion)})
        return handle(request)

    def rate_limit(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        minute = str(int(request.wall) // EPISODE_S)
        key = (request.merchant.merchant_id, request.call.operation, minute)
        for manner, limits in ((RATE_LIMIT_NONSENSE, NO_LIMITS), (RATE_LIMIT_TINY, ("0.0055",))):
            if self._manners.marks(manner, *key):
                shown = {"x-amzn-RateLimit-Limit": self._manners.one_of(manner, limits, *key)}
                return replace(answer, headers=answer.headers | shown)
        return answer

    def _wait(self, manner: Manner, wall: float, occasion: tuple[str, ...]) -> str:
        match manner.name:
            case RETRY_AFTER_ZERO.name:
                return "0"
            case RETRY_AFTER_PAST.name:
                return format_date_time(wall - AN_HOUR_S)
            case RETRY_AFTER_HUGE.name:
                return A_YEAR_S
        return self._manners.one_of(manner, NO_WAITS, *occasion)
