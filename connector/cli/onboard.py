"""`connector onboard url|exchange`: the seller's consent, and the refresh token that it gives."""

import secrets
from typing import Annotated
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connector.cli.shared.screen import AsJson, remark, tell, tell_json
from connector.errors import ConnectorError, InputError
from connector.foreign.aws import aws_fault
from connector.foreign.codes import code_of
from connector.settings import Settings, load_settings, require

_CONSENT_PATH = "/apps/authorize/consent"  # developer-docs.amazon.com, "Website authorization workflow"
_CODE_LIFE = "5 minutes"  # same page
_TIMEOUT_S = 20.0

onboard = typer.Typer()


@onboard.command("url")
def consent_url(
    application_id: Annotated[str, typer.Option(help="Of the SP-API application, amzn1.sp.solution...")],
    redirect_uri: Annotated[str, typer.Option(help="One of those registered with the application.")],
    seller_central: Annotated[str, typer.Option(help="Seller Central of the marketplace.")] = (
        "https://sellercentral.amazon.in"
    ),
    draft: Annotated[bool, typer.Option("--draft", help="The application is not published yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give the URL where the seller consents. The primary user of the seller account must open it.

    What may be done with the consent is what the application's roles allow: it needs those of the External
    Fulfillment APIs. Amazon then leads the seller to the redirect URI; paste that address into `onboard exchange`.

    Example: connector onboard url --application-id amzn1.sp.solution.1 --redirect-uri https://oms.example/amazon
    """
    for option, text in (("--redirect-uri", redirect_uri), ("--seller-central", seller_central)):
        if urlsplit(text).scheme != "https" or not urlsplit(text).hostname:
            raise InputError(f"{option} {text}: give a URL that begins with https://")
    state = secrets.token_urlsafe(16)
    query = {"application_id": application_id, "state": state, "redirect_uri": redirect_uri}
    if draft:
        query["version"] = "beta"
    consent = f"{seller_central.rstrip('/')}{_CONSENT_PATH}?{urlencode(query)}"
    if as_json:
        tell_json({"url": consent, "state": state})
        return
    tell(consent)
    remark(
        f"the code that comes back lives {_CODE_LIFE}: then run at once\n"
        f"connector onboard exchange 'REDIRECTED-URL' --state {state} --redirect-uri {redirect_uri}"
    )


@onboard.command("exchange")
def exchange_code(
    code_or_url: Annotated[
        str, typer.Argument(help="The address that the seller was led to, or its spapi_oauth_code.")
    ],
    redirect_uri: Annotated[str, typer.Option(help="The same as in `onboard url`.")],
    state: Annotated[str, typer.Option(help="As `onboard url` gave it: must be in the address.")] = "",
    secret: Annotated[str, typer.Option(help="Keep the token in this secret of AWS Secrets Manager.")] = "",
    as_json: AsJson = False,
) -> None:
    """Turn the seller's code into a refresh token: kept in AWS Secrets Manager, or printed this once.

    A code is good for one exchange within 5 minutes. A secret that exists gets a new version.

    Example: connector onboard exchange 'https://oms.example/amazon?...' --redirect-uri https://oms.example/amazon \
--secret connector/A2EXAMPLE
    """
    settings = load_settings()
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    code, seller_id = _code(code_or_url, state)
    token = _refresh_token(settings, code, redirect_uri)
    line = f'refresh_token_secret = "{secret}"' if secret else 'refresh_token_env = "..."'
    if secret:
        _keep(secret, token)
    if as_json:
        tell_json(
            {"merchant_id": seller_id or None, "secret": secret or None} | ({} if secret else {"refresh_token": token})
        )
        return
    if seller_id:
        remark(f"Amazon's merchant token: {seller_id}")
    if secret:
        tell(f"the refresh token is in the secret {secret}; in the merchants file: {line}")
    else:
        tell(token)
        remark(f"shown this once: put it into an environment variable; in the merchants file: {line}")


def _code(code_or_url: str, state: str) -> tuple[str, str]:
    """(code, merchant token if the address names it). Raises InputError; the code is never shown."""
    if "://" not in code_or_url:
        if state:
            raise InputError("--state: it can be checked only in the whole address; paste that, or leave --state out")
        return code_or_url.strip(), ""
    query = {name: values[0] for name, values in parse_qs(urlsplit(code_or_url).query).items()}
    if state and not secrets.compare_digest(query.get("state", ""), state):
        raise InputError("the address has another state: it does not come from this `onboard url`; begin again there")
    if not query.get("spapi_oauth_code"):
        raise InputError("the address has no spapi_oauth_code: the seller did not consent, or it is another address")
    return query["spapi_oauth_code"], query.get("selling_partner_id", "")


def _refresh_token(settings: Settings, code: str, redirect_uri: str) -> str:
    amazon = settings.smartconnect
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": amazon.client_id,
        "client_secret": amazon.client_secret.get_secret_value(),
    }
    try:
        answer = httpx.post(amazon.token_url, data=form, timeout=_TIMEOUT_S)
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        kind = type(error).__name__
        raise ConnectorError(
            f"{amazon.token_url} gave no answer that can be read ({kind}); try again at once"
        ) from None
    match body:
        case {"refresh_token": str() as token} if token and answer.status_code == 200:
            return token
        case {"error": str() as fault}:
            code, remedy = code_of(fault), _REMEDIES.get(fault, "begin again with `onboard url`")
            raise ConnectorError(f"Amazon refused the exchange: {code or 'an error without a code'}; {remedy}")
        case _:
            raise ConnectorError(
                f"Amazon gave no refresh token (HTTP {answer.status_code}); begin again with `onboard url`"
            )


_REMEDIES = {
    "invalid_grant": f"the code was used or is older than {_CODE_LIFE}, or --redirect-uri differs: "
    "begin again with `onboard url`",
    "invalid_client": "check CONNECTOR_SMARTCONNECT__CLIENT_ID and CONNECTOR_SMARTCONNECT__CLIENT_SECRET",
    "unauthorized_client": "check CONNECTOR_SMARTCONNECT__CLIENT_ID: the code belongs to another application",
}


def _keep(name: str, token: str) -> None:
    """Raises ConnectorError; then the token is told, since its code can't be used again."""
    import boto3  # slow to import: not for a token that is shown

    try:
        client = boto3.client(
            "secretsmanager", config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
        )
        try:
            client.create_secret(Name=name, SecretString=token)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=name, SecretString=token)
    except (BotoCoreError, ClientError, ValueError) as error:  # boto3's own ValueError: AWS_ENDPOINT_URL is no URL
        tell(token)
        raise ConnectorError(
            f"AWS Secrets Manager did not take the secret {name} ({aws_fault(error)}); "
            "the token is printed above, this once: its code can't be used again"
        ) from None
