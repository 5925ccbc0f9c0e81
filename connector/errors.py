"""Errors that are told to an operator as they are: one clear text, no traceback.

ConnectorError
├── SettingsError          environment or .env, by variable
├── MerchantsError         the merchants file, by path
├── InputFileError         a file given to a command, by row and column: nothing of it was used
├── InputError             what a command was given, or is configured with: nothing was done
├── Fenced                 kafka/engine/membership.py: another worker runs under the same name
├── RegistryUnavailable    kafka/avro/registry/: it does not answer
├── RegistryRefused        kafka/avro/registry/: it does not take a schema of ours
├── UnreadableDocument     documents/store.py: it can't be read from the store
└── UnreadableState        kafka/follower.py: what operators said can't be read
"""

from collections.abc import Sequence

SHOWN = 100  # faults on a screen; a wrong column of a long file has thousands


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


class InputError(ConnectorError):
    exit_code = 2


class InputFileError(ConnectorError):
    exit_code = 2

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        super().__init__(_listed(f"{source} can't be used, and nothing of it was", faults))
        self.faults = tuple(faults)


def rows_lost(where: str, applied: int) -> ConnectorError:
    """`where`: what of a changelog does not fit to `applied`, the offset of the last row that was known of it."""
    return ConnectorError(
        f"{where}, though {applied} was written before: Kafka lost rows, or the topic was made anew. Stop all workers "
        "and restore it; if that can't be done, start again with what is left, and seed what is missing (`connector "
        "ledger seed`)"
    )


class PartitionLost(Exception):
    """No operator's business: a partition was given up, or may be another worker's by now, before or during a write.
    Its new owner has what was to be written still before it.
    """


def _listed(title: str, faults: Sequence[str]) -> str:
    if len(faults) == 1:
        return f"{title}: {faults[0]}"
    more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return "\n  - ".join([f"{title}:", *faults[:SHOWN], *more])
