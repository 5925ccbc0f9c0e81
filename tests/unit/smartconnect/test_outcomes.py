"""The one table from answers to outcomes: by Amazon's code, then by status."""

from collections.abc import Callable
from email.utils import formatdate

import orjson
import pytest

from connector.domain import outcomes
from connector.smartconnect.messages import Response
from connector.smartconnect.outcomes import failure, read_date_ms, read_rate_limit, read_retry_after

NOW = 1_790_000_000.0

CODES = {
    "SC_00000": outcomes.Unavailable,
    "InternalFailure": outcomes.Unavailable,
    "SC_00001": outcomes.Unavailable,
    "ServiceUnavailable": outcomes.Unavailable,
    "SC_00002": outcomes.Refused,
    "InvalidInput": outcomes.Refused,
    "Invalid Input": outcomes.Refused,
    "BATCH_SIZE_EXCEED": outcomes.Refused,
    "SC_00003": outcomes.Refused,
    "NotFound": outcomes.Refused,
    "SC_00004": outcomes.Conflict,
    "DuplicateRequest": outcomes.Conflict,
    "SC_00005": outcomes.Forbidden,
    "Forbidden": outcomes.Forbidden,
    "SC_00007": outcomes.Throttled,
    "RateLimited": outcomes.Throttled,
    "QuotaExceeded": outcomes.Throttled,
    "SC_10000": outcomes.Conflict,
    "ServerBusy": outcomes.Conflict,
}
STATUSES: dict[type[outcomes.Failed], tuple[int, ...]] = {
    outcomes.Refused: (400, 404, 413, 415, 422),
    outcomes.Unauthorized: (401,),
    outcomes.Forbidden: (403,),
    outcomes.Unavailable: (408, 500, 502, 503, 504, 599),
    outcomes.Conflict: (409, 412),
    outcomes.Throttled: (429,),
    outcomes.Unknown: (301, 402, 418, 451, 499, 600),
}
SHAPES: dict[str, Callable[[str], object]] = {
    "list": lambda code: {"errors": [{"code": code, "message": "said", "details": "SECRET"}]},
    "flat": lambda code: {"code": code, "message": "said"},
    "first generation": lambda code: {"errorCode": code, "description": "said"},
}


def answer(status: int, body: object = None, **headers: str) -> outcomes.Failed:
    content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return failure(Response(status, content=content, headers=named), NOW)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("status", [400, 409, 500])
@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_the_code_decides_in_each_shape_of_body(
    code: str, kind: type[outcomes.Failed], status: int, shape: str
) -> None:
    outcome = answer(status, SHAPES[shape](code))
    assert type(outcome) is kind
    assert (outcome.answer.http_status, outcome.answer.code, outcome.answer.error_text) == (status, code, "said")
    assert "said" not in outcome.answer.message, "in our words"
    assert outcome.answer.message


@pytest.mark.parametrize("code", ["SomethingNew", "Unauthorized", ""])
@pytest.mark.parametrize(("status", "kind"), [(status, kind) for kind, codes in STATUSES.items() for status in codes])
def test_else_the_status(status: int, kind: type[outcomes.Failed], code: str) -> None:
    outcome = answer(status, {"errors": [{"code": code, "message": "said"}]})
    assert type(outcome) is kind
    assert outcome.answer.http_status == status
    assert outcome.answer.error_text == "said"


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"<html>",
        b'{"code":',
        {},
        {"errors": []},
        {"errors": [1, None]},
        [1],
        {"code": [1]},
        "Forbidden",
        {"message": "Service Unavailable"},
    ],
)
@pytest.mark.parametrize("status", [status for codes in STATUSES.values() for status in codes])
def test_a_status_without_amazons_own_error_body_is_the_networks_word(status: int, body: object) -> None:
    """A gateway's page. But a 429 means the same from anybody."""
    outcome = answer(status, body)
    assert type(outcome) is (outcomes.Throttled if status == 429 else outcomes.Unavailable)
    assert outcome.answer.http_status == status
    assert outcome.answer.message


@pytest.mark.parametrize("number", [b"1E+9999999999999999999", b"1e999", b"9" * 5_000, b"NaN"])
def test_a_number_that_nobody_can_hold_hides_no_code(number: bytes) -> None:
    body = b'{"errors": [{"code": "InvalidInput", "message": "no", "details": %s}]}' % number
    assert type(answer(400, body)) is outcomes.Refused


def test_errors_within_errors_are_no_endless_descent() -> None:
    assert type(answer(429, b'{"errors":[' * 900 + b"1" + b"]}" * 900)) is outcomes.Throttled


def test_what_utf8_has_no_bytes_for_is_no_code_and_no_word() -> None:
    outcome = answer(400, b'{"errors": [{"code": "A\\ud800", "message": "\\udfffB"}]}')
    assert (outcome.answer.code, outcome.answer.error_text) == ("", "[removed]")


def test_a_body_that_says_retryable_is_believed_where_its_code_is_not_known() -> None:
    assert type(answer(400, {"errorCode": "X", "description": "d", "retryable": True})) is outcomes.Unavailable
    assert type(answer(400, {"errorCode": "SC_00002", "description": "d", "retryable": True})) is outcomes.Refused
    assert type(answer(400, {"errorCode": "X", "description": "d", "retryable": False})) is outcomes.Refused


@pytest.mark.parametrize("name", ["x-amzn-RequestId", "x-amzn-request-id", "x-amz-request-id"])
def test_amazons_request_id_is_kept(name: str) -> None:
    assert failure(Response(500, headers={name.lower(): "r-1"}), NOW).answer.request_id == "r-1"


def test_several_errors_are_all_told_and_details_are_not() -> None:
    outcome = answer(400, {"errors": [{"code": "A", "message": "one", "details": "SECRET"}, {"message": "two Smiths"}]})
    assert (outcome.answer.code, outcome.answer.error_text) == ("A", "one; two [removed]")
    assert "SECRET" not in repr(outcome)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120.0),
        ("0", None),
        ("0.01", None),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("-5", None),
        ("-1e400", None),
        ("999999", 3600.0),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), None),
        (formatdate(NOW, usegmt=True), None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 3600.0),
        (formatdate(NOW + 9e6, usegmt=True), 3600.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_in_seconds_and_as_a_date(header: str, expected: float | None) -> None:
    assert read_retry_after(header, NOW) == expected
    assert answer(429, None, retry_after=header) == outcomes.Throttled(answer(429).answer, expected)


@pytest.mark.parametrize("ahead_s", [-3000, -40, 40, 3000])
def test_a_date_is_compared_with_the_answers_own(ahead_s: int) -> None:
    """By how much the worker's clock is ahead is no matter."""
    date, again = (formatdate(NOW - ahead_s + s, usegmt=True) for s in (0, 30))
    assert answer(429, None, date=date, retry_after=again) == outcomes.Throttled(answer(429).answer, 30.0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("5", 5.0), ("0.5", 0.5), ("2, 5", 2.0), ("0", None), ("-1", None), ("inf", None), ("x", None), ("", None)],
)
def test_the_rate_limit_that_amazon_states(header: str, expected: float | None) -> None:
    assert read_rate_limit({"x-amzn-ratelimit-limit": header}) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (formatdate(NOW, usegmt=True), round(NOW * 1000)),
        ("Mon, 01 Jan 2026 00:00:00 +999999999999999", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_that_no_clock_shows_is_none(header: str, expected: int | None) -> None:
    assert read_date_ms({"date": header}) == expected
