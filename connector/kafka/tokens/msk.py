"""A token of AWS IAM for Amazon MSK: a signed request, made here from the credentials of AWS's standard chain."""

import os
import re
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from threading import Thread
from typing import TypeVar

import boto3
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.config import Config
from botocore.credentials import CredentialProvider, Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from connector.foreign.aws import aws_fault
from connector.kafka.tokens.source import Token, TokenUnavailable

LIFE_S = 600.0
"""Of the 900 s that the signer gives it: temporary credentials end it with themselves, and botocore renews them, at the
latest, when 600 s of theirs are left."""

CREDENTIALS_WITHIN_S = 3.5  # a start must tell within five seconds
IDENTITY_WITHIN_S = 1.5  # after Kafka's refusal, which takes its time, too
CONNECT_S, READ_S = 1.0, 2.0

_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:[\w+=,.@/-]{1,512}", re.ASCII)

T = TypeVar("T")


class _Held(CredentialProvider):
    """What was found; the signer would look for itself, without a bound."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


class MskTokens:
    """`region`: empty = AWS's own settings say it."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._asked: Future[Token] | None = None

    def token(self) -> Token:
        """Blocks, for `CREDENTIALS_WITHIN_S` at most: the chain may ask a metadata service, STS or a program, and wait
        for each. What comes later serves the next call. Raises TokenUnavailable. Not for two threads at once."""
        asked = self._asked = self._asked or _begun(partial(msk_token, self._region))
        wait([asked], CREDENTIALS_WITHIN_S)
        if not asked.done():
            raise TokenUnavailable(
                f"AWS_MSK_IAM: no AWS credentials came within {CREDENTIALS_WITHIN_S:g} s; see the AWS_* variables, and "
                "whether what they name (a metadata service, STS, a program) can be reached"
            )
        self._asked = None
        return asked.result()


def msk_token(region: str) -> Token:
    """Blocks, for as long as the chain does. Raises TokenUnavailable."""
    try:
        session = _session()
        region = signing_region(region, session)
        credentials = session.get_credentials()
        if credentials is None:
            raise TokenUnavailable(
                "AWS_MSK_IAM found no AWS credentials: give this process a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY"
            )
        text, _ = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(region, _Held(credentials))
    except (BotoCoreError, ClientError, ValueError) as error:
        raise TokenUnavailable(
            f"AWS_MSK_IAM got no AWS credentials to sign with: {aws_fault(error)}; see the AWS_* variables"
        ) from None
    except RuntimeError:  # botocore's own: those that it was given anew have ended, too
        raise TokenUnavailable(
            "AWS_MSK_IAM got AWS credentials that have expired; see the role that gives them, and this machine's clock"
        ) from None
    return Token(text, LIFE_S)


def signing_region(region: str, session: Session | None = None) -> str:
    """`region`: the settings', empty where they have none. Raises TokenUnavailable where nothing says one."""
    region = region or os.environ.get("AWS_REGION", "") or (session or _session()).get_config_variable("region") or ""
    if not region:
        raise TokenUnavailable("AWS_MSK_IAM needs the cluster's region: set CONNECTOR_KAFKA__AWS_REGION, or AWS_REGION")
    return region


def refusal_told(region: str) -> str:
    """What AWS, asked for itself, has against the credentials, and what to look at: a broker says "Access denied",
    whatever it is. Blocks, for `IDENTITY_WITHIN_S` at most."""
    asked = _begun(partial(_identity, region))
    wait([asked], IDENTITY_WITHIN_S)
    return asked.result() if asked.done() else _remedy("this process's AWS credentials")


def _identity(region: str) -> str:
    try:
        session = _session()
        sts = boto3.session.Session(botocore_session=session, region_name=signing_region(region, session)).client("sts")
        arn = str(sts.get_caller_identity().get("Arn", ""))  # every identity may ask this
    except ClientError as refused:
        return f"AWS itself refuses the credentials: {aws_fault(refused)}; renew them, or see this machine's clock"
    except (BotoCoreError, ValueError):  # there may be no way to AWS from here but to the brokers
        arn = ""
    return _remedy(arn if _ARN.fullmatch(arn) else "this process's AWS credentials")


def _remedy(who: str) -> str:
    return f"see CONNECTOR_KAFKA__AWS_REGION, and whether {who} may do kafka-cluster:Connect there"


def _session() -> Session:
    """Whatever it asks for credentials, it asks once."""
    session = Session()
    once = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1})
    session.set_default_client_config(once)
    return session


def _begun(get: Callable[[], T]) -> Future[T]:
    """In a thread of its own, which may never end: nobody waits for it, nor does the end of the process."""
    begun = Future[T]()

    def run() -> None:
        try:
            begun.set_result(get())
        except Exception as fault:  # noqa: BLE001 - raised where the result is asked for
            begun.set_exception(fault)

    Thread(target=run, name="aws-credentials", daemon=True).start()
    return begun
