"""Where a merchant's refresh token is: an environment variable, or a secret of AWS Secrets Manager. Never shown."""

import asyncio
import os

from botocore.exceptions import BotoCoreError, ClientError

from connector.domain.outcomes import Answer, Unauthorized, Unavailable
from connector.merchants import Merchant

RefreshToken = str | Unauthorized | Unavailable
"""The token, or why there is none."""


async def refresh_token(merchant: Merchant) -> RefreshToken:
    """Read anew each time, so that it may be rotated. The merchant, not the worker, is at fault where there is none."""
    if merchant.refresh_token_env:
        return os.environ.get(merchant.refresh_token_env) or _missing(f"set {merchant.refresh_token_env}")
    try:
        token = await asyncio.to_thread(_secret, merchant.refresh_token_secret)
        return token or _missing(f"AWS Secrets Manager, secret {merchant.refresh_token_secret}: it holds no text")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ("ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException"):
            return _missing(f"AWS Secrets Manager, secret {merchant.refresh_token_secret}: {code}")
        return Unavailable(Answer(code=code, message="AWS Secrets Manager did not give the refresh token"), sent=False)
    except BotoCoreError as error:
        message = f"AWS Secrets Manager could not be asked for the refresh token ({type(error).__name__})"
        return Unavailable(Answer(message=message), sent=False)


def _secret(name: str) -> str:
    """Empty where the secret is a binary one."""
    import boto3  # slow to import: not where no merchant has such a secret
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})  # the lane tries again
    session = boto3.session.Session()  # the shared default one is not for several threads
    client = session.client("secretsmanager", config=config)
    return client.get_secret_value(SecretId=name).get("SecretString", "").strip()


def _missing(remedy: str) -> Unauthorized:
    return Unauthorized(
        Answer(code="no_refresh_token", message=f"the merchant has no refresh token: {remedy}"), sent=False
    )
