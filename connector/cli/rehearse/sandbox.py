"""The place of a rehearsal: topics, a worker and a simulator of its own. Nothing of it reaches Amazon or other topics.

What the worker gets is built here from nothing, not from what this process has: whatever the environment or `.env` say
of Amazon, queues, stores and merchants, it never hears of it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from connector.errors import InputError
from connector.kafka.topics import TOPIC_PREFIX, Topic
from connector.merchants import Merchant
from connector.settings import PREFIX, Settings, variable

TOKEN_VARIABLE, TOKEN = "REHEARSAL_TOKEN", "Atzr|rehearsal"
DEFAULT_PREFIX = "rehearsal."

_OF_THE_SYSTEM = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")  # to a registry or a token endpoint
_SLOW_LISTS_S = 5


@dataclass(frozen=True, slots=True)
class Sandbox:
    """`prefix`: of every topic. `run`: unlike that of any other rehearsal; ids of orders begin with it, so that an OMS
    that has rehearsed before does not take them for those. `directory`: for what the two processes write."""

    prefix: str
    run: str
    directory: Path

    @property
    def app_id(self) -> str:
        """A new one each time, so that no state of an earlier rehearsal is left."""
        return f"rehearsal-{self.run}"

    def name(self, topic: Topic) -> str:
        return self.prefix + topic.name.removeprefix(TOPIC_PREFIX)


def check_prefix(prefix: str) -> str:
    """Raises InputError for one that does not keep the topics apart."""
    if not prefix:
        raise InputError("--prefix: it can't be empty, for then it would be the topics of the real connector")
    if prefix == TOPIC_PREFIX:
        raise InputError(f"--prefix {prefix}: that is the real connector's (CONNECTOR_KAFKA__TOPIC_PREFIX)")
    if not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in prefix):
        raise InputError(f"--prefix {prefix}: letters, digits, dots, hyphens and underscores are needed")
    return prefix


def simulator_arguments(merchant: Merchant, *, seed: int, manners: str) -> list[str]:
    """It allows the merchant what the merchants file says that Amazon does."""
    limits = [f"{name}={limit.rate:g}/{limit.burst}" for name, limit in merchant.limits.by_operation.items()]
    return [
        "simulator",
        *("--port", "0", "--seed", str(seed), "--merchant", f"{merchant.merchant_id}={TOKEN}"),
        *(argument for limit in limits for argument in ("--limit", limit)),
        *("--switch", "limit_tolerance_s=0.5"),  # arrivals bunch where a machine is busy
        *(("--manners", manners) if manners else ()),
    ]


def worker_environment(settings: Settings, sandbox: Sandbox, url: str) -> dict[str, str]:
    """Of the settings only how Kafka and the registry are reached. `url`: the simulator's."""
    own = {
        "app_id": sandbox.app_id,
        "instance": sandbox.app_id,
        "data_dir": str(sandbox.directory / "data"),
        "merchants_file": str(sandbox.directory / "merchants.toml"),
        "kafka__topic_prefix": sandbox.prefix,
        "smartconnect__base_url": url,
        "smartconnect__token_url": f"{url}/auth/o2/token",
        "smartconnect__client_id": "rehearsal",
        "smartconnect__client_secret": "rehearsal",
        "documents__url": f"file://{sandbox.directory}/documents",
        "polling__slow_interval_s": str(_SLOW_LISTS_S),
        "web__port": "0",
        "tables__snapshot_interval_s": "0",
    }
    return {
        **bare_environment(settings),
        **dict(_variables(settings.kafka, ("kafka",))),
        **dict(_variables(settings.schema_registry, ("schema_registry",))),
        **{PREFIX + name.upper(): value for name, value in own.items()},
        TOKEN_VARIABLE: TOKEN,
    }


def bare_environment(settings: Settings) -> dict[str, str]:
    """What any process needs, and the way to Kafka and its registry; AWS's variables only where Kafka is AWS's."""
    is_of_aws = settings.kafka.sasl_mechanism == "AWS_MSK_IAM"
    names = [*_OF_THE_SYSTEM, *_PROXIES, *(name for name in os.environ if name.startswith("AWS_") and is_of_aws)]
    inside = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy", ""), "127.0.0.1"]
    found = {name: os.environ[name] for name in names if name in os.environ}
    return {**found, "NO_PROXY": ",".join(part for part in inside if part)}


def merchants_toml(merchant: Merchant) -> str:
    """The merchant as it is, but for its token; it flows, and its documents are not encrypted by its key."""
    facts = merchant.model_dump(mode="json") | {
        "mode": "active",
        "refresh_token_env": TOKEN_VARIABLE,
        "refresh_token_file": "",
        "refresh_token_secret": "",
        "kms_key_arn": "",
    }
    return f"merchants = [{_toml(facts)}]\n"


def _toml(value: Any) -> str:
    match value:
        case Mapping():
            return f"{{{', '.join(f'{name} = {_toml(each)}' for name, each in value.items() if each is not None)}}}"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case _:  # JSON's text, numbers and truth values are TOML's
            return json.dumps(value, ensure_ascii=False)


def _variables(group: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each setting that is set, as a variable; secrets as they are, wherever they came from, and paths from the root,
    for the worker runs elsewhere."""
    for name in type(group).model_fields:
        match value := getattr(group, name):
            case BaseModel():
                yield from _variables(value, (*path, name))
            case SecretStr():
                yield variable((*path, name)), value.get_secret_value()
            case Path():
                yield variable((*path, name)), str(value.absolute())
            case bool():
                yield variable((*path, name)), str(value).lower()
            case None:
                continue
            case _:
                yield variable((*path, name)), str(value)
