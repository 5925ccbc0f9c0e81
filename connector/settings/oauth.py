"""Who we are to Kafka by a token: OAuth 2.0's client credentials, as OpenID Connect providers give them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from connector.settings.addresses import checked_secure_url
from connector.settings.certificates import CaFile
from connector.settings.group import Group

_EXTENSION = re.compile(r"(?P<name>[A-Za-z]+)=(?P<value>[!-+\--~]+)")  # RFC 7628, 3.1, without commas
_TAKEN = "auth"  # the token's own place, ibid.


def extensions_of(text: str) -> dict[str, str]:
    """By name. Raises ValueError."""
    found = [_EXTENSION.fullmatch(part.strip()) for part in text.split(",")] if text else []
    pairs = {one["name"]: one["value"] for one in found if one is not None and one["name"] != _TAKEN}
    if len(pairs) != len(found):
        raise ValueError("give name=value, several with commas between; names are letters, each once, and not auth")
    return pairs


def _checked_extensions(value: str) -> str:
    extensions_of(value)
    return value


class OAuthSettings(Group):
    """All of it with the mechanism OAUTHBEARER alone."""

    token_url: Annotated[str, AfterValidator(checked_secure_url)] = Field(
        default="", description="the identity provider's token endpoint, with OAUTHBEARER"
    )
    client_id: str = Field(default="", description="of the identity provider, with OAUTHBEARER")
    client_secret: SecretStr = Field(default=SecretStr(""), description="its secret")
    scope: str = Field(
        default="", pattern=r"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?$", description="asked for; several with spaces between"
    )
    extensions: Annotated[str, AfterValidator(_checked_extensions)] = Field(
        default="", description="SASL extensions that the broker asks for, name=value, comma-separated"
    )
    ca_file: CaFile = Field(default=None, description="PEM file of the token endpoint's CA; empty = the system's")
