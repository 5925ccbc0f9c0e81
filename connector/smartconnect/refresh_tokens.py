"""Where a merchant's refresh token is: a variable, a file, or a secret of AWS Secrets Manager. Never shown."""

import asyncio
import logging
import re
from pathlib import Path

from connector.domain.outcomes import Answer, Unauthorized, Unavailable
from connector.merchants import Merchant
from connector.settings.secrets import SecretFault, member_of, text_of_aws, text_of_file
from connector.settings.variables import DOTENV, read_variables, without_space_around

_TOKEN = re.compile(r"[!-~]+")
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)


RefreshToken = str | Unauthorized | Unavailable
"""The token, or why there is none."""

log = logging.getLogger(__name__)


async def refresh_token(merchant: Merchant) -> RefreshToken:
    """Read anew each time, so that it may be rotated. The merchant, not the worker, is at fault where there is none."""
    if merchant.refresh_token_env:
        return await asyncio.to_thread(_of_variable, merchant.refresh_token_env)
    try:
        if merchant.refresh_token_file:
            where = f"the file {merchant.refresh_token_file}"
            text = await asyncio.to_thread(text_of_file, Path(merchant.refresh_token_file))
        else:
            where = f"AWS Secrets Manager, secret {merchant.refresh_token_secret}"
            text = await asyncio.to_thread(text_of_aws, merchant.refresh_token_secret)
    except SecretFault as fault:
        if fault.may_pass:
            return Unavailable(Answer(message=f"the refresh token can't be had now: {fault}"), sent=False)
        return _missing(str(fault))
    return token_in(text, where)


def _of_variable(name: str) -> RefreshToken:
    """Of the environment or `.env`."""
    read = read_variables()
    text = read.values.get(name)
    if not text:
        return _missing("; ".join((f"set {name} in the environment or in {DOTENV}", *read.faults)))
    return token_in(text, f"the variable {name}")


def token_in(text: str, where: str) -> RefreshToken:
    """Without what editors, shells and consoles put around it: white space, quotes, a JSON object."""
    bare = without_space_around(text)
    if bare.startswith("{"):
        held = member_of(bare, "refreshtoken")
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


def _missing(remedy: str) -> Unauthorized:
    return Unauthorized(
        Answer(code="no_refresh_token", message=f"the merchant has no refresh token: {remedy}"), sent=False
    )
