"""A token of an OpenID Connect provider, by OAuth 2.0's client credentials grant (RFC 6749, 4.4). Blocks."""

import json
import re
import ssl
import time
from typing import Any

import httpx

from connector.kafka.tokens.source import Token, TokenUnavailable
from connector.settings.oauth import OAuthSettings

CONNECT_S, READ_S = 1.5, 3.5  # a start must tell within five seconds
ANSWER_WITHIN_S = 5.0
LONGEST_ANSWER = 65_536  # bytes of an answer
UNTOLD_LIFE_S = 300.0  # of a token that comes without expires_in, which RFC 6749, 5.1, only recommends

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1
_CODE = re.compile(r"[a-z_]{1,40}")
_REMEDIES = {
    "invalid_client": "see CONNECTOR_KAFKA__OAUTH__CLIENT_ID and CONNECTOR_KAFKA__OAUTH__CLIENT_SECRET",
    "unauthorized_client": "allow this client the grant client_credentials, or see CONNECTOR_KAFKA__OAUTH__CLIENT_ID",
    "unsupported_grant_type": "allow the grant client_credentials there, or see CONNECTOR_KAFKA__OAUTH__TOKEN_URL",
    "invalid_scope": "see CONNECTOR_KAFKA__OAUTH__SCOPE",
}
_URL_REMEDY = "see CONNECTOR_KAFKA__OAUTH__TOKEN_URL"


class TokenEndpoint:
    def __init__(self, settings: OAuthSettings) -> None:
        self._settings = settings

    def token(self) -> Token:
        """A new one. Raises TokenUnavailable."""
        status, body = self._ask()
        answer = _object(body)
        if status != httpx.codes.OK:
            raise self._refusal(status, answer)
        text, life_s = answer.get("access_token"), answer.get("expires_in", UNTOLD_LIFE_S)
        if not isinstance(text, str) or not _TOKEN.fullmatch(text):
            raise self._fault(f"answers without a token; {_URL_REMEDY}")
        try:
            life_s = float(life_s)  # some write it as text
        except (TypeError, ValueError, OverflowError):
            life_s = 0
        if not 0 < life_s < float("inf"):
            raise self._fault("answers with a token whose expires_in is no number of seconds")
        return Token(text, life_s)

    def _ask(self) -> tuple[int, bytes]:
        settings = self._settings
        form = {"grant_type": "client_credentials"} | ({"scope": settings.scope} if settings.scope else {})
        verify = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        who = (settings.client_id, settings.client_secret.get_secret_value())
        began_at, body = time.monotonic(), b""
        try:
            with (
                httpx.Client(verify=verify, timeout=httpx.Timeout(READ_S, connect=CONNECT_S)) as http,
                http.stream(
                    "POST", settings.token_url, data=form, auth=who, headers={"accept-encoding": "identity"}
                ) as response,
            ):
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > LONGEST_ANSWER or time.monotonic() - began_at > ANSWER_WITHIN_S:
                        raise self._fault(f"answers without an end; {_URL_REMEDY}")
        except httpx.TimeoutException:
            raise self._fault(f"does not answer; {_URL_REMEDY}") from None
        except httpx.ConnectError as error:
            raise self._unreachable(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._fault(f"answers what is no HTTP ({type(error).__name__}); {_URL_REMEDY}") from None
        return response.status_code, body

    def _unreachable(self, error: httpx.ConnectError) -> TokenUnavailable:
        text = str(error)
        if "certificate verify failed" in text:
            reason = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
            return self._fault(
                f"has a certificate that is not accepted: {reason}; see CONNECTOR_KAFKA__OAUTH__CA_FILE: it must hold "
                "the CA that signed it"
            )
        return self._fault(f"can't be reached: {text}; {_URL_REMEDY}, and whether it runs there")

    def _refusal(self, status: int, answer: dict[str, Any]) -> TokenUnavailable:
        told = answer.get("error")
        code = told if isinstance(told, str) and _CODE.fullmatch(told) else ""
        if status == httpx.codes.UNAUTHORIZED:
            code = code or "invalid_client"
        remedy = _REMEDIES.get(code, _URL_REMEDY)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            remedy = "the identity provider is at fault; it is asked again"
        return self._fault(f"gives no token (HTTP {status}{f', {code}' if code else ''}); {remedy}")

    def _fault(self, text: str) -> TokenUnavailable:
        return TokenUnavailable(f"the token endpoint {self._settings.token_url} {text}")


def _object(body: bytes) -> dict[str, Any]:
    """Empty where it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
