"""Where a secret may be besides its own variable: in a file, or in AWS Secrets Manager. Never shown."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from connector.settings.variables import UNWRITABLE, without_space_around

FILE, AWS_SECRET = "_FILE", "_AWS_SECRET"
"""What a secret's variable ends with when it names a file, or a secret of AWS Secrets Manager, in its stead."""

LONGEST_SECRET = 65_536  # bytes, as of AWS Secrets Manager

_AWS_NAME = re.compile(r"[A-Za-z0-9/_+=.@:!-]{1,2048}")
_NO_SUCH = ("ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException")


class SecretFault(Exception):
    """Why it can't be had, without a word of it. `may_pass`: nobody has to do anything, perhaps."""

    def __init__(self, text: str, *, may_pass: bool = False) -> None:
        super().__init__(text)
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True)
class ReadSecrets:
    """`values`: by variable. `faults`: by variable, why a secret can't be had where another variable says it is."""

    values: Mapping[str, str]
    faults: Mapping[str, str]


def secret_sources(secrets: Iterable[str]) -> list[str]:
    """The variables that say where those are."""
    return [name + suffix for name in secrets for suffix in (FILE, AWS_SECRET)]


def read_secrets(given: Mapping[str, str], secrets: Iterable[str]) -> ReadSecrets:
    """Those of the variables `secrets` whose text is elsewhere, as it is now. Blocks where that is AWS."""
    of_aws = cache(text_of_aws)  # one secret may hold several: MSK's have user and password
    values, faults = dict(given), dict[str, str]()
    for name in secrets:
        ways: dict[str, Callable[[str], str]] = {
            name + FILE: lambda place: text_of_file(Path(place)),
            name + AWS_SECRET: partial(_of_aws, of_aws, name.rpartition("__")[2]),
        }
        here = [each for each in (name, *ways) if each in given]
        places = {each: values.pop(each) for each in ways if each in given}
        if len(here) > 1:
            faults[name] = f"{' and '.join(here)}: give one of them only"
            continue
        for variable, place in places.items():
            try:
                values[name] = _checked(ways[variable](place))
            except SecretFault as fault:
                faults[name] = f"{variable}: {fault}"
    return ReadSecrets(values, faults)


def text_of_file(file: Path) -> str:
    """As it is. Raises SecretFault."""
    try:
        if not file.is_file():
            raise SecretFault(f"{file}: there is no such file")
        with file.open("rb") as opened:
            content = opened.read(LONGEST_SECRET + 1)
        if len(content) > LONGEST_SECRET:
            raise SecretFault(f"{file}: it is too long for a secret")
        return content.decode()
    except UnicodeDecodeError:
        raise SecretFault(f"{file}: it is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it can't be the name of a file"
        raise SecretFault(f"{file}: {reason}") from None


def text_of_aws(name: str) -> str:
    """As it is; blocks. Raises SecretFault."""
    import boto3  # slow to import: not where nobody has such a secret
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    from connector.foreign.aws import aws_code, aws_fault

    where = f"AWS Secrets Manager, secret {name}"
    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})  # who asked, asks again
    try:
        session = boto3.session.Session()  # the shared default one is not for several threads
        text = session.client("secretsmanager", config=config).get_secret_value(SecretId=name).get("SecretString")
    except ClientError as error:
        raise SecretFault(f"{where}: {aws_fault(error)}", may_pass=aws_code(error) not in _NO_SUCH) from None
    except (BotoCoreError, ValueError) as error:  # boto3's own ValueError: AWS_ENDPOINT_URL is no URL
        raise SecretFault(f"{where}: it could not be asked for: {aws_fault(error)}", may_pass=True) from None
    if not text:
        raise SecretFault(f"{where}: it holds no text")
    return text


def member_of(text: str, name: str) -> str | None:
    """A JSON object's text of that name (lower-case letters), however it is spelt, or its only text. Consoles keep
    secrets so. None where that is not clear."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict):
        return None
    texts = [(_letters(each), value) for each, value in members.items() if isinstance(value, str)]
    named = [value for each, value in texts if each.endswith(name)]
    shorter = [value for each, value in texts if each and name.endswith(each)]  # password, of sasl_password
    choices = (named, shorter, [value for _, value in texts])
    return next((candidates[0] for candidates in choices if len(candidates) == 1), None)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _of_aws(read: Callable[[str], str], setting: str, place: str) -> str:
    if not _AWS_NAME.fullmatch(place):
        raise SecretFault("give the name or ARN of a secret of AWS Secrets Manager")
    text = read(place)
    if not text.lstrip().startswith("{"):
        return text
    held = member_of(text, _letters(setting))
    if held is None:
        raise SecretFault(f"AWS Secrets Manager, secret {place}: it is JSON; name the text {setting.lower()} in it")
    return held


def _checked(text: str) -> str:
    """As a variable's: what editors and consoles put around it is left out."""
    bare = without_space_around(text)
    if not bare:
        raise SecretFault("there is nothing in it")
    if UNWRITABLE.search(bare):
        raise SecretFault("there is a line break or another control character in it; write it anew")
    return bare
