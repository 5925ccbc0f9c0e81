"""Where a merchant's refresh token is: a variable, or a secret of AWS Secrets Manager. Never shown."""

import asyncio
import json
import logging
import re

from botocore.exceptions import BotoCoreError, ClientError

from connector.domain.outcomes import Answer, Unauthorized, Unavailable
from connector.foreign.aws import aws_code, aws_request_id
from connector.merchants import Merchant
from connector.settings.variables import DOTENV, read_variables, without_space_around

_TOKEN = re.compile(r"[!-~]+")
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)
_NO_SUCH = ("ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException")


RefreshToken = str | Unauthorized | Unavailable
"""The token, or why there is none."""

log = logging.getLogger(__name__)


async def refresh_token(merchant: Merchant) -> RefreshToken:
    """Read anew each time, so that it may be rotated. The merchant, not the worker, is at fault where there is none."""
    if merchant.refresh_token_env:
        return await asyncio.to_thread(_of_variable, merchant.refresh_token_env)
    where = f"AWS Secrets Manager, secret {merchant.refresh_token_secret}"
    try:
        text = await asyncio.to_thread(_secret, merchant.refresh_token_secret)
    except ClientError as error:
        code, request_id = aws_code(error), aws_request_id(error)
        if code in _NO_SUCH:
            return _missing(f"{where}: {code}")
        message = "AWS Secrets Manager did not give the refresh token"
        return Unavailable(Answer(code=code, message=message, request_id=request_id), sent=False)
    except (BotoCoreError, ValueError) as error:  # boto3's own ValueError: AWS_ENDPOINT_URL is no URL
        message = f"AWS Secrets Manager could not be asked for the refresh token ({type(error).__name__})"
        return Unavailable(Answer(message=message), sent=False)
    return token_in(text, where) if text else _missing(f"{where}: it holds no text")


def _of_variable(name: str) -> RefreshToken:
    """Of the environment or `.env`."""
    read = read_variables()
    text = read.values.get(name)
    if not text:
        return _missing("; ".join((f"set {name} in the environment or in {DOTENV}", *read.faults)))
    return token_in(text, f"the variable {name}")


def _secret(name: str) -> str:
    """Empty where the secret is a binary one."""
    import boto3  # slow to import: not where no merchant has such a secret
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})  # the lane tries again
    session = boto3.session.Session()  # the shared default one is not for several threads
    client = session.client("secretsmanager", config=config)
    return client.get_secret_value(SecretId=name).get("SecretString", "")


def token_in(text: str, where: str) -> RefreshToken:
    """Without what editors, shells and consoles put around it: white space, quotes, a JSON object."""
    bare = without_space_around(text)
    if bare.startswith("{"):
        held = _member(bare)
        if held is None:
            return _missing(f"{where}: it is JSON; name the token refresh_token in it")
        text, bare = held, without_space_around(held)
    elif _QUOTED.fullmatch(bare):
        bare = without_space_around(bare[1:-1])
    if bare != text:
        log.warning("white space or quotes around a secret are left out", extra={"secret": where})
    if not _TOKEN.fullmatch(bare):
        fault = "there is white space or another character in it that no token has" if bare else "it is empty"
        return _missing(f"{where}: {fault}")
    return bare


def _member(text: str) -> str | None:
    """A JSON object's refresh_token, however that is spelt, or its only text. Consoles keep secrets so."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    named = [value for name, value in texts.items() if re.sub(r"[^a-z]", "", name.lower()).endswith("refreshtoken")]
    for candidates in (named, list(texts.values())):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _missing(remedy: str) -> Unauthorized:
    return Unauthorized(
        Answer(code="no_refresh_token", message=f"the merchant has no refresh token: {remedy}"), sent=False
    )
