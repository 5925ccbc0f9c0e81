"""A token of AWS IAM for Amazon MSK: a signed request, made here from the credentials of AWS's standard chain."""

import os

from connector.kafka.tokens.source import Token, TokenUnavailable

LIFE_S = 600.0
"""Of the 900 s that the signer gives it: temporary credentials end it with themselves, and botocore renews them, at the
latest, when 600 s of theirs are left."""


def msk_token(region: str) -> Token:
    """`region`: empty = AWS's own settings say it. Blocks: the chain may ask a metadata service. Raises
    TokenUnavailable."""
    import boto3  # slow to import: not where nobody uses it
    from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.session.Session()
        region = region or os.environ.get("AWS_REGION", "") or session.region_name or ""
        if not region:
            raise TokenUnavailable(
                "AWS_MSK_IAM needs the cluster's region: set CONNECTOR_KAFKA__AWS_REGION, or AWS_REGION"
            )
        if session.get_credentials() is None:
            raise TokenUnavailable(
                "AWS_MSK_IAM found no AWS credentials: give this process a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY"
            )
        text, _ = MSKAuthTokenProvider.generate_auth_token(region)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise TokenUnavailable(
            f"AWS_MSK_IAM could not sign with the AWS credentials ({type(error).__name__}); see the AWS_* variables"
        ) from None
    return Token(text, LIFE_S)
