"""LWA access tokens: cached per merchant, refreshed ahead of expiry, one refresh at a time, never shown.

Grants and the hour's life of a token: developer-docs.amazon.com, "Connect to the SP-API".
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import orjson

from connector.domain.outcomes import Accepted, Answer, Failed, Outcome, Unauthorized, Unavailable
from connector.smartconnect.http import exchange
from connector.smartconnect.messages import Departure, Http, Request, Response, is_parsable, split_url
from connector.smartconnect.outcomes import answered
from connector.surprises import tell_surprise

LIFETIME_S = 3600.0
SHORTEST_LIFETIME_S, LONGEST_LIFETIME_S = 60.0, 24 * 3600.0  # what is said beyond these is no lifetime
USABLE_SHARE = 0.95
AHEAD_SHARE = (0.75, 0.9)
AFTER_FAILURE_S = 1.0
AFTER_FAILURE_AHEAD_S = 15.0
KEEP_AFTER_REFUSAL_S = 60.0
PROVED_S = 300.0
TOTAL_S = 20.0
FORM_HEADERS = {"content-type": "application/x-www-form-urlencoded"}

_REMEDIES: Mapping[str, str] = {
    "invalid_grant": "the seller's consent ended or the refresh token is not theirs: renew it (connector onboard url)",
    "invalid_client": "check CONNECTOR_SMARTCONNECT__CLIENT_ID and CONNECTOR_SMARTCONNECT__CLIENT_SECRET",
    "unauthorized_client": "the refresh token belongs to another application: check CONNECTOR_SMARTCONNECT__CLIENT_ID",
}

_TOKEN = re.compile(r"[!-~]+")  # what a header can carry

RefreshTokens = Callable[[str], Awaitable[str | Unauthorized | Unavailable]]
"""merchant_id -> its refresh token, read anew for each refresh (so that it may be rotated), or why there is none."""

_Form = dict[str, str]
_Grant = Callable[[], Awaitable[_Form | Unauthorized | Unavailable]]


@dataclass(frozen=True, slots=True)
class AccessToken:
    value: str = field(repr=False)


@dataclass(slots=True)
class _Held:
    """One cached token, and the refresh that all who need it share."""

    token: AccessToken | None = None
    expires_at: float = 0.0
    refresh_at: float = 0.0
    refused: bool = False
    keep_until: float = 0.0
    proved_until: float = 0.0
    refresh: asyncio.Task[Outcome[AccessToken]] | None = None
    failed: Failed | None = None
    rest_until: float = 0.0


@dataclass(frozen=True, slots=True)
class LwaClient:
    """Our application as Login with Amazon knows it, and where that is asked for tokens."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)


class AccessTokens:
    """`clock`: monotonic seconds. `chance`: a random number in [0, 1), so that merchants don't refresh all at once."""

    def __init__(
        self,
        http: Http,
        client: LwaClient,
        refresh_tokens: RefreshTokens,
        *,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._http = http
        self._origin, self._target = split_url(client.token_url)
        self._client: _Form = {"client_id": client.client_id, "client_secret": client.client_secret}
        self._refresh_tokens = refresh_tokens
        self._clock = clock
        self._chance = chance
        self._held: dict[str, _Held] = {}

    async def of_merchant(self, merchant_id: str) -> Outcome[AccessToken]:
        async def grant() -> _Form | Unauthorized | Unavailable:
            token = await self._refresh_tokens(merchant_id)
            return {"grant_type": "refresh_token", "refresh_token": token} if isinstance(token, str) else token

        return await self._current(merchant_id, grant)

    async def grantless(self, scope: str) -> Outcome[AccessToken]:
        """For operations that belong to the application and no seller, such as createDestination."""

        async def grant() -> _Form:
            return {"grant_type": "client_credentials", "scope": scope}

        return await self._current(scope, grant)

    def worked(self, holder: str, token: AccessToken) -> None:
        """Amazon took the token: for a while a 403 says nothing of it."""
        held = self._held.get(holder)
        if held is not None and held.token is token:
            held.proved_until = self._clock() + PROVED_S

    def is_at_fault(self, holder: str, token: AccessToken, *, named: bool) -> bool:
        """Whether a 401 or 403 may mean this token, so that another is to be tried; it is got with the next call.

        Amazon answers 403 to an expired token and to what the merchant may not ask for, alike. A token that just
        replaced a refused one stays, and a 403 is not the fault of one that works elsewhere, unless the answer `named`
        the token.
        """
        held, now = self._held.get(holder), self._clock()
        if held is None or held.token is not token:
            return True  # another call has had it replaced meanwhile
        if now < held.keep_until or (not named and now < held.proved_until):
            return False
        held.token, held.refused = None, True
        return True

    async def aclose(self) -> None:
        """Ends refreshes under way, then closes the connections."""
        refreshes = [held.refresh for held in self._held.values() if held.refresh is not None]
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)
        await self._http.aclose()

    async def _current(self, holder: str, grant: _Grant) -> Outcome[AccessToken]:
        held = self._held.setdefault(holder, _Held())
        now = self._clock()
        usable = held.token if now < held.expires_at else None
        if usable is not None and now < held.refresh_at:
            return Accepted(Answer(), usable)
        if held.refresh is None:
            if held.failed is not None and now < held.rest_until:
                return Accepted(Answer(), usable) if usable is not None else held.failed
            held.refresh = asyncio.create_task(self._refresh(held, grant))
        if usable is not None:
            return Accepted(Answer(), usable)
        return await asyncio.shield(held.refresh)  # a caller that is cancelled leaves it to the others

    async def _refresh(self, held: _Held, grant: _Grant) -> Outcome[AccessToken]:
        asked_at = self._clock()
        try:
            outcome = await self._request(grant)
        except Exception as surprise:  # noqa: BLE001 - a fault of ours in one merchant's token costs that merchant alone
            tell_surprise(surprise)
            outcome = _unavailable(Answer(code=type(surprise).__name__, message="the token could not be asked for"))
        finally:
            held.refresh = None
        if isinstance(outcome, Accepted):
            held.token, lifetime_s = outcome.value
            earliest, latest = AHEAD_SHARE
            held.refresh_at = asked_at + lifetime_s * (earliest + (latest - earliest) * self._chance())
            held.expires_at = asked_at + lifetime_s * USABLE_SHARE
            held.keep_until = self._clock() + KEEP_AFTER_REFUSAL_S if held.refused else 0.0
            held.refused, held.failed, held.proved_until = False, None, 0.0
            return Accepted(outcome.answer, held.token)
        now = self._clock()
        ahead = held.token is not None and now < held.expires_at
        held.failed, held.rest_until = outcome, now + (AFTER_FAILURE_AHEAD_S if ahead else AFTER_FAILURE_S)
        return outcome

    async def _request(self, grant: _Grant) -> Outcome[tuple[AccessToken, float]]:
        form = await grant()
        if not isinstance(form, dict):
            return replace(form, sent=False)
        content = urlencode({**form, **self._client}).encode()
        request = Request("POST", self._origin, self._target, FORM_HEADERS, content)
        departure = Departure(gate=lambda: True, clock=self._clock)
        response = await exchange(self._http, request, departure, TOTAL_S)
        if not isinstance(response, Response):
            code = response.answer.code
            return _unavailable(replace(response.answer, message=f"the token endpoint did not answer ({code})"))
        return read_token_answer(response)


def read_token_answer(response: Response) -> Outcome[tuple[AccessToken, float]]:
    """The token and the seconds that it lives, or why there is none: in our words, for others quote what was sent."""
    try:
        body: Any = orjson.loads(response.content) if is_parsable(response.content) else None
    except orjson.JSONDecodeError:
        body = None
    match response.status_code, body:
        case 200, {"access_token": str() as token} if _TOKEN.fullmatch(token):
            return Accepted(answered(response), (AccessToken(token), _lifetime_s(body.get("expires_in"))))
        case 400 | 401 | 403, {"error": str() as code}:
            # Our words, not error_description: that one quotes what was sent
            remedy = _REMEDIES.get(code, "the token endpoint refused: check this merchant's refresh token")
            return Unauthorized(answered(response, code, remedy), sent=False)
        case 401 | 403, _:
            return Unauthorized(answered(response, message="the token endpoint refused, without a reason"), sent=False)
        case _:
            return _unavailable(answered(response, message="the token endpoint gave no token"))


def _lifetime_s(said: object) -> float:
    if not isinstance(said, int | float) or said <= 0:
        return LIFETIME_S
    return float(min(max(said, SHORTEST_LIFETIME_S), LONGEST_LIFETIME_S))


def _unavailable(answer: Answer) -> Unavailable:
    return Unavailable(answer, sent=False)
