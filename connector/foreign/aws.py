"""What AWS's clients raise, in our words."""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from connector.foreign.codes import code_of, request_id_of

_WORDS: Mapping[str, str] = {
    "NoCredentialsError": "no credentials were found: give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role",
    "PartialCredentialsError": "the credentials are incomplete: see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "ProfileNotFound": "there is no such profile: see AWS_PROFILE",
    "CredentialRetrievalError": "what should have given credentials did not",
    "UnauthorizedSSOTokenError": "the session has ended: see `aws sso login`",
    "SSOTokenLoadError": "there is no session: see `aws sso login`",
    "TokenRetrievalError": "the session could not be renewed: see `aws sso login`",
    "NoRegionError": "no region is named: set AWS_DEFAULT_REGION",
    "EndpointConnectionError": "no connection could be made",
    "ConnectTimeoutError": "no connection could be made in time",
    "ReadTimeoutError": "it did not answer in time",
    "ConnectionClosedError": "the connection was closed before an answer came",
    "ProxyConnectionError": "the proxy could not be reached",
    "DamagedObject": "it does not hold what was written to it",
    "SSLError": "its certificate is not accepted: see AWS_CA_BUNDLE",
}


def aws_fault(error: Exception) -> str:
    """What it is, by AWS's code or the client's kind of error, and the request's id where AWS heard of it."""
    if isinstance(error, ClientError):
        request_id = aws_request_id(error)
        return (aws_code(error) or "an error without a code") + (f" (request {request_id})" if request_id else "")
    kind = type(error).__name__
    return f"{_WORDS[kind]} ({kind})" if kind in _WORDS else kind


def aws_code(error: ClientError) -> str:
    return code_of(error.response.get("Error", {}).get("Code", ""))


def aws_request_id(error: Exception) -> str:
    """Empty where AWS heard of no request."""
    if not isinstance(error, ClientError):
        return ""
    return request_id_of(str(error.response.get("ResponseMetadata", {}).get("RequestId", "")))
