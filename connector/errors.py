"""Errors that are told to an operator as they are: one clear text, no traceback.

ConnectorError
├── SettingsError    environment or .env, by variable
└── MerchantsError   the merchants file, by path
"""

from collections.abc import Sequence


class ConnectorError(Exception):
    exit_code = 1


class SettingsError(ConnectorError):
    exit_code = 2

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(_listed("the settings can't be used", faults))
        self.faults = tuple(faults)


class MerchantsError(ConnectorError):
    exit_code = 2

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        super().__init__(_listed(f"{source} can't be used", faults))
        self.faults = tuple(faults)


def _listed(title: str, faults: Sequence[str]) -> str:
    return "\n  - ".join([f"{title}:", *faults])
