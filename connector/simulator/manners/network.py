"""What stands between, and successes that are none. Mostly the call was not applied; where it was, nobody says so."""

from contextlib import suppress

from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners.manners import Manner, Manners

GATEWAY_PAGE = Manner(
    "gateway-page",
    0.01,
    "a page in HTML with 400, 403, 502 or 504 and none of Amazon's headers; the call was applied in one of four",
    "amzn/selling-partner-api-models#2590",
    within_model=False,
)
ERRORS_IN_SUCCESS = Manner(
    "errors-in-success",
    0.01,
    "200 with a list of errors; the call was not applied",
    "amzn/selling-partner-api-models#767",
    within_model=False,
)
REASON_NOT_UTF8 = Manner(
    "reason-not-utf8",
    0.002,
    "429 with a reason phrase in Latin-1, no body, and the end of the connection; the call was not applied",
    "own review: RFC 9110 lets a reason hold any bytes above 0x7f",
    within_model=False,
)
MANNERS = (GATEWAY_PAGE, ERRORS_IN_SUCCESS, REASON_NOT_UTF8)

PAGE_STATUSES = (400, 403, 502, 504)
APPLIED_SHARE = 0.25
PAGE = (
    b"<!DOCTYPE html><html><head><title>Temporarily unavailable</title></head><body><h1>We are sorry</h1></body></html>"
)
RAW_429 = b"HTTP/1.1 429 Trop de requ\xeates\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Network:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    def __call__(self, request: ApiRequest, handle: Handle) -> Answer:
        key = request.target
        if self._manners.comes(REASON_NOT_UTF8, *key):
            request.call.fault = REASON_NOT_UTF8.name
            return Answer(429, raw=RAW_429)
        if self._manners.comes(ERRORS_IN_SUCCESS, *key):
            request.call.fault = ERRORS_IN_SUCCESS.name
            error = {"code": "InternalFailure", "message": "We encountered an internal error. Please try again."}
            return Answer(200, {"errors": [error]})
        if occasion := self._manners.comes(GATEWAY_PAGE, *key):
            request.call.fault = GATEWAY_PAGE.name
            if self._manners.chance(GATEWAY_PAGE, *occasion, "applied") < APPLIED_SHARE:
                with suppress(ApiError):  # whatever it came to, the page stands before it
                    handle(request)
            status = self._manners.one_of(GATEWAY_PAGE, PAGE_STATUSES, *occasion)
            return Answer(status, PAGE, {"Content-Type": "text/html; charset=utf-8"}, bare=True)
        return handle(request)
