"""Secrets and certificates that were replaced since they were read."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from connector.settings import Settings, load_settings, variable
from connector.settings.group import Group

_Kind = TypeVar("_Kind", bound=Group)


def fingerprints(settings: Settings) -> Mapping[str, bytes]:
    """By variable, of each secret and of what is in each file of certificates now. Raises OSError."""
    return dict(_fingerprints(settings, ()))


def with_current_secrets(settings: Settings) -> Settings:
    """The same settings but for the secrets, which are read anew. Blocks. Raises SettingsError."""
    return _renewed(settings, load_settings(lambda _: None))


def _fingerprints(group: Group, path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for name, field in type(group).model_fields.items():
        value, where = getattr(group, name), (*path, name)
        if isinstance(value, Group):
            yield from _fingerprints(value, where)
        elif isinstance(value, SecretStr):
            yield variable(where), hashlib.sha256(value.get_secret_value().encode()).digest()
        elif isinstance(value, Path) and field.annotation == Path | None:
            yield variable(where), hashlib.sha256(value.read_bytes()).digest()


def _renewed(old: _Kind, fresh: _Kind) -> _Kind:
    values = {}
    for name in type(old).model_fields:
        was, now = getattr(old, name), getattr(fresh, name)
        if isinstance(was, Group):
            values[name] = _renewed(was, now)
        elif isinstance(was, SecretStr):
            values[name] = now
    return old.model_copy(update=values)
