"""Login with Amazon: refresh, client-credentials and authorization-code grants; access tokens that expire."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from connector.simulator.base.merchants import Merchant, Merchants
from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer, ApiError


@dataclass(frozen=True, slots=True)
class Access:
    """`merchant` None: a grantless token, good only for its `scope`."""

    merchant: Merchant | None
    scope: str
    expires_at: float


class Tokens:
    """`client` (id, secret): checked on every grant where set."""

    def __init__(self, merchants: Merchants, switches: Switches) -> None:
        self.client: tuple[str, str] | None = None
        self._merchants = merchants
        self._switches = switches
        self._access: dict[str, Access] = {}
        self._codes: dict[str, str] = {}

    def grant(self, form: Mapping[str, str], now: float) -> Answer:
        """POST /auth/o2/token. Errors are OAuth's (RFC 6749, 5.2), not the API's."""
        if self.client and (form.get("client_id"), form.get("client_secret")) != self.client:
            return _oauth_error(401, "invalid_client", "Client authentication failed")
        grant_type = form.get("grant_type", "")
        if grant_type == "client_credentials":
            if not (scope := form.get("scope", "")):
                return _oauth_error(400, "invalid_scope", "The request has no scope")
            return self._issue(None, scope, now)
        if grant_type == "authorization_code":
            merchant_id = self._codes.pop(form.get("code", ""), None)
            if merchant_id is None:
                return _oauth_error(400, "invalid_grant", "The authorization code is unknown or was used before")
            return self._issue(self._merchants[merchant_id], "", now, self.new_refresh_token(merchant_id))
        if grant_type != "refresh_token":
            return _oauth_error(400, "unsupported_grant_type", "The grant type is not supported")
        merchant = self._merchants.by_refresh_token(form.get("refresh_token", ""))
        if merchant is None or merchant.revoked:
            return _oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
        rotate = self._switches.rotate_refresh_token
        return self._issue(
            merchant, "", now, self.new_refresh_token(merchant.merchant_id) if rotate else form["refresh_token"]
        )

    def access(self, access_token: str | None, now: float) -> Access:
        """Who calls. ApiError for a token that is missing, unknown, expired, or of a revoked merchant."""
        status = self._switches.bad_token_status
        if not access_token:
            raise _denied(status, "Access token is missing in the request header.")
        access = self._access.get(access_token)
        if access is None or (access.merchant and access.merchant.revoked):
            raise _denied(status, "The access token you provided is revoked, malformed or invalid.")
        if access.expires_at <= now:
            raise _denied(status, "The access token you provided has expired.")
        return access

    def authorization_code(self, merchant_id: str) -> str:
        """As from the seller's consent page: good for one exchange."""
        code = secrets.token_hex(10)
        self._codes[code] = merchant_id
        return code

    def new_refresh_token(self, merchant_id: str) -> str:
        token = f"Atzr|{secrets.token_urlsafe(24)}"
        self._merchants.add(merchant_id, token)
        return token

    def expire_all(self) -> None:
        """Every access token given so far is refused from now on."""
        self._access.clear()

    def _issue(self, merchant: Merchant | None, scope: str, now: float, refresh_token: str = "") -> Answer:
        access_token = f"Atza|{secrets.token_urlsafe(24)}"
        ttl_s = self._switches.token_ttl_s
        self._access[access_token] = Access(merchant, scope, now + ttl_s)
        body: dict[str, object] = {"access_token": access_token, "token_type": "bearer", "expires_in": int(ttl_s)}
        return Answer(200, body | ({"refresh_token": refresh_token} if refresh_token else {}))


def _oauth_error(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})


def _denied(status: int, why: str) -> ApiError:
    """Amazon's message is the same for all; what is wrong with the token stands in the details."""
    return ApiError(status, "Access to requested resource is denied.", code="Unauthorized", details=why)
