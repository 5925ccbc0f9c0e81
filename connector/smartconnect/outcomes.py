"""Answer -> outcome, in one table: by Amazon's code, then by HTTP status.

Codes: developer-docs.amazon.com/sp-api/docs/external-fulfillment-errors, and the sandbox answers of the models.
Of an error body the code is kept, and the message, masked, for connector.api-calls; never `details`, which may quote
what a call carried (G10). What is told elsewhere is `words`.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

from connector.domain import outcomes
from connector.foreign.codes import code_of, request_id_of, squeezed
from connector.foreign.masking import LONGEST_MASKED, masked
from connector.smartconnect.messages import Response, is_parsable

SHORTEST_RETRY_AFTER_S = 1.0  # RFC 9110 counts whole seconds: 0, and what lies in the past, name no wait
BLAMED = "access token you provided"  # it "has expired", or "is revoked, malformed or invalid"
MOST_ERRORS = 20  # of one body
LONGEST_RETRY_AFTER_S = 3600.0

_BY_CODE: Mapping[str, type[outcomes.Failed]] = {
    "sc00000": outcomes.Unavailable,
    "internalfailure": outcomes.Unavailable,
    "sc00001": outcomes.Unavailable,
    "serviceunavailable": outcomes.Unavailable,
    "sc00002": outcomes.Refused,
    "invalidinput": outcomes.Refused,
    "batchsizeexceed": outcomes.Refused,
    "sc00003": outcomes.Refused,
    "notfound": outcomes.Refused,
    "sc00004": outcomes.Conflict,
    "duplicaterequest": outcomes.Conflict,
    "sc10000": outcomes.Conflict,
    "serverbusy": outcomes.Conflict,
    "sc00005": outcomes.Forbidden,
    "forbidden": outcomes.Forbidden,
    "sc00007": outcomes.Throttled,
    "ratelimited": outcomes.Throttled,
    "quotaexceeded": outcomes.Throttled,
}

_BY_STATUS: Mapping[int, type[outcomes.Failed]] = {
    400: outcomes.Refused,
    401: outcomes.Unauthorized,
    403: outcomes.Forbidden,
    404: outcomes.Refused,
    408: outcomes.Unavailable,
    409: outcomes.Conflict,
    412: outcomes.Conflict,  # not in the models; the 2021 API's stored version overtook ours: read, compare
    413: outcomes.Refused,
    415: outcomes.Refused,
    422: outcomes.Refused,
    429: outcomes.Throttled,
}

_KNOWN = frozenset(_BY_CODE)
_REQUEST_IDS = ("x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id")

_WORDS: Mapping[str, str] = {
    "sc00000": "Amazon failed at it within itself",
    "internalfailure": "Amazon failed at it within itself",
    "sc00001": "Amazon is not available",
    "serviceunavailable": "Amazon is not available",
    "sc00002": "Amazon does not take what it was given",
    "invalidinput": "Amazon does not take what it was given",
    "batchsizeexceed": "Amazon does not take so many at once",
    "sc00003": "Amazon knows no such thing",
    "notfound": "Amazon knows no such thing",
    "sc00004": "Amazon has this already",
    "duplicaterequest": "Amazon has this already",
    "sc10000": "Amazon is busy with it",
    "serverbusy": "Amazon is busy with it",
    "sc00005": "Amazon does not allow it",
    "forbidden": "Amazon does not allow it",
    "sc00007": "too many calls for Amazon",
    "ratelimited": "too many calls for Amazon",
    "quotaexceeded": "too many calls for Amazon",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What an error body says. `text`: masked. `retryable`: only the first generation's bodies have it. `names_token`:
    the access token is at fault."""

    code: str = ""
    text: str = ""
    retryable: bool = False
    names_token: bool = False


def classify(
    answer: outcomes.Answer, *, retryable: bool = False, retry_after_s: float | None = None
) -> outcomes.Failed:
    """What an answer that is no success means for its call."""
    kind = _BY_CODE.get(squeezed(answer.code)) or _by_status(answer.http_status)
    if kind is outcomes.Refused and retryable and squeezed(answer.code) not in _BY_CODE:
        kind = outcomes.Unavailable
    return outcomes.Throttled(answer, retry_after_s) if kind is outcomes.Throttled else kind(answer)


def failure(response: Response, now: float) -> outcomes.Failed:
    """`now`: epoch seconds, for a Retry-After that is a date in an answer that has none of its own: both are by the
    clock of who answers, and the worker's may be ahead.

    A status without an error body of Amazon's (a gateway's HTML, say) is the network's word, not Amazon's: Unavailable,
    but for a 429, which means the same from anybody.
    """
    try:
        # Numbers as text: whatever stands elsewhere in the body, its code is read
        body = json.loads(response.content, parse_int=str, parse_float=str) if is_parsable(response.content) else None
    except (ValueError, RecursionError):
        body = None
    fault = read_error_body(body)
    if response.status_code != 429 and not _is_amazons(body, fault):
        return outcomes.Unavailable(
            answered(response, message=f"{_phrase(response.status_code)}, without a word of Amazon's")
        )
    answer = answered(response, fault.code, words(fault.code, response.status_code), fault.text)
    date_ms = read_date_ms(response.headers)
    retry_after_s = read_retry_after(
        response.headers.get("retry-after", ""), now if date_ms is None else date_ms / 1000
    )
    if response.status_code == 403 and fault.names_token:
        return outcomes.Unauthorized(answer)
    return classify(answer, retryable=fault.retryable, retry_after_s=retry_after_s)


def _is_amazons(body: object, fault: ErrorBody) -> bool:
    """Amazon's has a code, or a list of errors (ErrorList in the published models). Gateways say {"message": ...}."""
    return bool(fault.code) or (fault != ErrorBody() and isinstance(body, dict) and "errors" in body)


def words(code: str, status: int | None = None) -> str:
    """What an error of Amazon's comes to, in our words: by its code, then by its HTTP status; empty without either."""
    told = _WORDS.get(squeezed(code), "")
    return told if told or status is None else f"Amazon answered {status} ({_phrase(status)})"


def amazon_code(text: object) -> str:
    """The code that the text is, spelt in either of Amazon's ways; empty for any other text."""
    return code_of(text, _KNOWN)


def answered(response: Response, code: str = "", message: str = "", error_text: str = "") -> outcomes.Answer:
    request_id = next((response.headers[name] for name in _REQUEST_IDS if name in response.headers), "")
    return outcomes.Answer(
        http_status=response.status_code,
        code=code,
        message=message,
        request_id=request_id_of(request_id),
        error_text=error_text,
    )


def read_error_body(body: object) -> ErrorBody:
    """{errors: [{code, message}]}, {code, message} or {errorCode, description, retryable}; else an empty ErrorBody."""
    match body:
        case {"errors": [_, *_] as errors}:
            faults = [_read_error(error) for error in errors[:MOST_ERRORS]]
            code = next((fault.code for fault in faults if fault.code), "")
            retryable = all(fault.retryable for fault in faults)
            text, names_token = joined(fault.text for fault in faults), any(fault.names_token for fault in faults)
            return ErrorBody(code=code, text=text, retryable=retryable, names_token=names_token)
        case _:
            return _read_error(body)


def _read_error(error: object) -> ErrorBody:
    if not isinstance(error, dict):
        return ErrorBody()
    code = error.get("code") or error.get("errorCode") or ""
    message = error.get("message") or error.get("description") or ""
    return ErrorBody(
        code=amazon_code(code),
        text=masked(message) if isinstance(message, str) else "",
        retryable=error.get("retryable") is True,
        # Amazon says so in `details`, of which nothing else is looked at and nothing kept
        names_token=any(BLAMED in text.casefold() for text in (message, error.get("details")) if isinstance(text, str)),
    )


def joined(texts: Iterable[str]) -> str:
    """Masked texts as one, bounded like each of them."""
    return "; ".join(dict.fromkeys(filter(None, texts)))[:LONGEST_MASKED]


def read_retry_after(header: str, now: float) -> float | None:
    """Seconds to wait, at most an hour, from "120" or an HTTP date (RFC 9110, 10.2.3); None where it names no wait."""
    wait_s = _number(header)
    if wait_s is None:
        date_s = _http_date_s(header)
        if date_s is None:
            return None
        wait_s = date_s - now
    return min(wait_s, LONGEST_RETRY_AFTER_S) if wait_s >= SHORTEST_RETRY_AFTER_S else None


def read_date_ms(headers: Mapping[str, str]) -> int | None:
    """The Date header (RFC 9110, 6.6.1) in epoch milliseconds; None where it is absent or makes no sense."""
    date_s = _http_date_s(headers.get("date", ""))
    return None if date_s is None else round(date_s * 1000)


@lru_cache(maxsize=100)  # all answers of one second say the same
def _http_date_s(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def read_rate_limit(headers: Mapping[str, str]) -> float | None:
    """Calls per second of x-amzn-RateLimit-Limit; None where it is absent or makes no sense."""
    limit = _number(headers.get("x-amzn-ratelimit-limit", "").split(",")[0])
    return limit if limit is not None and limit > 0 else None


def _by_status(status: int) -> type[outcomes.Failed]:
    return outcomes.Unavailable if 500 <= status <= 599 else _BY_STATUS.get(status, outcomes.Unknown)


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
