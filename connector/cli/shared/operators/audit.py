"""Who changed what: on connector.audit, before it is done and after."""

import os
import socket
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from connector.cli.shared.screen import user
from connector.clock import now_ms
from connector.errors import ConnectorError, InputError
from connector.kafka.producer import OutRecord
from connector.kafka.topics import AUDIT
from connector.settings.variables import ASKED_ADDRESS, ASKED_WORKER

_LONGEST = 1000  # characters of a text
_CUT = "..."


class AuditBroker(Protocol):
    """A Broker, of what is asked of it here."""

    def topic(self, name: str, /) -> AbstractContextManager[object]: ...
    def encode(self, topic: str, record: dict[str, Any], /) -> bytes: ...
    def home(self, key: bytes, /) -> int: ...
    def write_all(self, records: Sequence[OutRecord], /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """`action`: the command's words. `merchant_id` "": it is about several. `subject`: what of the merchant, "" all.
    `by` "": the user of this machine."""

    action: str
    merchant_id: str = ""
    subject: str = ""
    by: str = ""
    reason: str = ""


@contextmanager
def audited(broker: AuditBroker, deed: Deed) -> Iterator[None]:
    """For what changes something: it is not done where Kafka does not take the record that it begins. Raises
    ConnectorError."""
    audit_id = uuid.uuid4().hex
    _check_topic(broker)
    _write(broker, deed, audit_id, "BEGUN")
    try:
        yield
    except ConnectorError as fault:
        _tell_failure(broker, deed, audit_id, str(fault))
        raise
    except BaseException as fault:
        _tell_failure(broker, deed, audit_id, type(fault).__name__)
        raise
    _write(broker, deed, audit_id, "DONE")


def only_one(merchant_ids: Iterable[str]) -> str:
    """Whose all of it is; "" where it is several merchants'."""
    owners = set(merchant_ids)
    return owners.pop() if len(owners) == 1 else ""


def _check_topic(broker: AuditBroker) -> None:
    """Else some brokers would make it, with one partition."""
    try:
        with broker.topic(AUDIT.name):
            pass
    except InputError:
        raise ConnectorError(f"{AUDIT.name}: missing; run `connector topics create`, nothing was done") from None


def _tell_failure(broker: AuditBroker, deed: Deed, audit_id: str, why: str) -> None:
    """Kafka may be away: then that is what is told."""
    with suppress(ConnectorError):
        _write(broker, deed, audit_id, "FAILED", why)


def _write(broker: AuditBroker, deed: Deed, audit_id: str, outcome: str, message: str = "") -> None:
    record: dict[str, Any] = {
        "audit_id": audit_id,
        "merchant_id": deed.merchant_id,
        "at": now_ms(),
        "by": _cut(deed.by or user()),
        "action": deed.action,
        "subject": _cut(deed.subject),
        "reason": _cut(deed.reason),
        "outcome": outcome,
        "message": _cut(message),
        "worker": os.environ.get(ASKED_WORKER, ""),
        "address": os.environ.get(ASKED_ADDRESS) or socket.gethostname(),
    }
    key = deed.merchant_id.encode()
    broker.write_all([OutRecord(AUDIT.name, broker.home(key), key, broker.encode(AUDIT.name, record))])


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT
