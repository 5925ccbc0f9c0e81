"""One call to SmartConnect: token, gate, request, answer, report. Never repeated here: only lanes repeat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import quote

import orjson

from connector.domain import outcomes
from connector.smartconnect.auth import AccessToken, AccessTokens
from connector.smartconnect.clock import AmazonClock
from connector.smartconnect.http import departing, exchange
from connector.smartconnect.label_hosts import NOT_ALLOWED
from connector.smartconnect.messages import Departure, Http, Request, Response, split_url
from connector.smartconnect.outcomes import answered, failure, read_date_ms, read_rate_limit
from connector.smartconnect.wire.source import Unreadable
from connector.surprises import tell_surprise

T = TypeVar("T")

REDIRECTED = "the file's URL leads to another one, which is not followed"


@dataclass(frozen=True, slots=True)
class CallReport(Generic[T]):
    """`rate_limit`: calls per second as Amazon states it. `sent_at`: monotonic seconds, None if it never left.

    `latency_s`: from then to the last byte of the answer. `answered_at_ms`: Amazon's own time of it (its Date header),
    in epoch milliseconds cut to seconds; None where it told none. `method` and `url`: of the
    request, "" where there was none. A query is left out: a presigned URL's is a secret.
    """

    outcome: outcomes.Outcome[T]
    rate_limit: float | None = None
    sent_at: float | None = None
    latency_s: float = 0.0
    answered_at_ms: int | None = None
    method: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Clocks:
    """`monotonic` in seconds, for latencies; `wall` in epoch seconds, for what Amazon dates."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]


class Caller:
    """`total_s`: what a call may take in all. `gate`: may a request leave now? Asked at the last moment."""

    def __init__(
        self,
        http: Http,
        tokens: AccessTokens,
        base_url: str,
        *,
        total_s: float,
        gate: Callable[[], bool],
        clocks: Clocks,
    ) -> None:
        self.tokens = tokens
        self.amazon_clock = AmazonClock(clocks.monotonic)
        self._http = http
        self._origin, target = split_url(base_url)
        self._prefix = target.rstrip("/")
        self._total_s = total_s
        self._gate = gate
        self._clock = clocks.monotonic
        self._wall = clocks.wall
        self._dated = (-1, "")

    async def aclose(self) -> None:
        """Ends refreshes under way, then closes the connections."""
        await self.tokens.aclose()
        await self._http.aclose()

    async def call(
        self,
        merchant_id: str,
        method: str,
        path: str,
        decode: Callable[[Response], T],
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> CallReport[T]:
        """`path` has its parts encoded (see `encoded`). Query parameters that are empty are left out."""
        return await self._authorised(
            merchant_id, await self.tokens.of_merchant(merchant_id), method, path, decode, query, body
        )

    async def call_grantless(
        self, scope: str, method: str, path: str, decode: Callable[[Response], T], *, body: object = None
    ) -> CallReport[T]:
        """For an operation that belongs to the application and no seller."""
        return await self._authorised(scope, await self.tokens.grantless(scope), method, path, decode, None, body)

    async def fetch(self, url: str, decode: Callable[[Response], T]) -> CallReport[T]:
        """A presigned URL carries its own access: no token, which would be shown to another host.

        Refused where the URL expired or leads elsewhere: its host's 403 says nothing of the merchant's access.
        """

        def build() -> Request:
            return Request("GET", *split_url(url))

        report = await self._make(build, decode)
        status = report.outcome.answer.http_status
        if 300 <= status <= 399:
            answer = replace(report.outcome.answer, code=NOT_ALLOWED, message=REDIRECTED)
            return replace(report, outcome=outcomes.Refused(answer))
        if 400 <= status <= 499 and status not in (408, 429):
            # Its host is not SmartConnect: by status alone, whatever it writes
            answer = replace(report.outcome.answer, message="the file's URL has expired, or never was good")
            return replace(report, outcome=outcomes.Refused(answer))
        return report

    async def _authorised(
        self,
        holder: str,
        token: outcomes.Outcome[AccessToken],
        method: str,
        path: str,
        decode: Callable[[Response], T],
        query: Mapping[str, str] | None,
        body: object,
    ) -> CallReport[T]:
        if not isinstance(token, outcomes.Accepted):
            return CallReport(token)

        def build() -> Request:
            given = [f"{_quoted(name)}={_quoted(value)}" for name, value in query.items() if value] if query else ()
            asked = f"?{'&'.join(given)}" if given else ""
            content = b"" if body is None else orjson.dumps(body)
            headers = self._headers(token.value, body)
            return Request(method, self._origin, f"{self._prefix}{path}{asked}", headers, content)

        report = await self._make(build, decode)
        if isinstance(report.outcome, outcomes.Unavailable | outcomes.Unknown):
            report = replace(report, answered_at_ms=None)  # it may be a gateway's
        if report.answered_at_ms is not None:
            self.amazon_clock.hear(report.answered_at_ms)
        return self._judged(holder, token.value, report)

    def _judged(self, holder: str, token: AccessToken, report: CallReport[T]) -> CallReport[T]:
        """A 401 or 403 is the token's fault, or the merchant's access, or (403) that of what was asked for."""
        match report.outcome:
            case outcomes.Unauthorized(answer) | outcomes.Forbidden(answer):
                if self.tokens.is_at_fault(holder, token, named=isinstance(report.outcome, outcomes.Unauthorized)):
                    return replace(report, outcome=outcomes.Unavailable(answer, sent=False))
            case outcomes.Accepted() | outcomes.Refused() | outcomes.Conflict() | outcomes.Throttled():
                self.tokens.worked(holder, token)
            case _:
                pass  # nothing was heard of Amazon itself
        return report

    def _headers(self, token: AccessToken, body: object) -> dict[str, str]:
        headers = {"accept": "application/json", "x-amz-access-token": token.value, "x-amz-date": self._date()}
        if body is not None:
            headers["content-type"] = "application/json"
        return headers

    def _date(self) -> str:
        second = int(self._wall())
        if self._dated[0] != second:
            self._dated = second, datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
        return self._dated[1]

    async def _make(self, build: Callable[[], Request], decode: Callable[[Response], T]) -> CallReport[T]:
        departure = Departure(gate=self._gate, clock=self._clock, departing=departing.get())
        try:
            return await self._exchange(build(), departure, decode)
        except Exception as surprise:  # noqa: BLE001 - a fault of ours (in a reader, say) costs what was asked for alone
            tell_surprise(surprise)
            answer = outcomes.Answer(code=type(surprise).__name__, message="this connector failed at it; see the log")
            return CallReport(outcomes.Unknown(answer), None, departure.sent_at)

    async def _exchange(self, request: Request, departure: Departure, decode: Callable[[Response], T]) -> CallReport[T]:
        response = await exchange(self._http, request, departure, self._total_s)
        latency_s = 0.0 if departure.sent_at is None else self._clock() - departure.sent_at
        asked = (request.method, request.origin + request.target.partition("?")[0])
        if not isinstance(response, Response):
            return CallReport(response, None, departure.sent_at, latency_s, None, *asked)
        outcome: outcomes.Outcome[T]
        if response.is_success:
            try:
                outcome = outcomes.Accepted(answered(response), decode(response))
            except Unreadable as error:
                outcome = outcomes.Unknown(answered(response, message=str(error)))
        else:
            outcome = failure(response, self._wall())
        limit, answered_at_ms = read_rate_limit(response.headers), read_date_ms(response.headers)
        return CallReport(outcome, limit, departure.sent_at, latency_s, answered_at_ms, *asked)


def encoded(part: str) -> str:
    """One part of a path, with its slashes and blanks; "." and ".." too, which else would name another path."""
    return part.replace(".", "%2E") if part in (".", "..") else _quoted(part)


@lru_cache(maxsize=1_000)  # names, statuses, merchants, locations come again and again
def _quoted(text: str) -> str:
    return quote(text, safe="")
