"""An operator's word on a merchant, on connector.control: a record holds all of it, so what others said is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import remark
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.kafka.topics import CONTROL

Control = Mapping[str, Any]
"""In the shape of schemas/merchant_control.avsc."""

ControlChange = Callable[[Control], Control]
"""The same where nothing is to change. It may be asked again, of what another operator said in between."""

_Read = tuple[int, Control | BadRecord]
"""A record's offset, and the record."""


def control_of(broker: Broker, merchant_id: str) -> Control:
    """As it stands. Raises BadRecord where that can't be read."""
    return _last(merchant_id, _records(broker, merchant_id))


def change_control(broker: Broker, merchant_id: str, change: ControlChange) -> None:
    """In force within seconds on all workers. Where another operator said something meanwhile, both are in force.
    Raises ConnectorError."""
    records = _records(broker, merchant_id)
    seen = records[-1][0] if records else -1
    now: Control | None
    try:
        now = _last(merchant_id, records)
        wanted = change(now)
    except BadRecord as bad:
        remark(f"what was said of {merchant_id} can't be read, so stock that it took off sale is restored: {bad}")
        now, wanted = None, change(_nothing(merchant_id))
    while wanted != now:
        key = merchant_id.encode()
        broker.write_all([OutRecord(CONTROL.name, broker.home(key), key, broker.encode(CONTROL.name, dict(wanted)))])
        since = [(at, record) for at, record in _records(broker, merchant_id) if at > seen]
        seen, now = since[-1][0], _last(merchant_id, since)
        # Written between our look and our word, which may have taken its place
        if others := [record for _, record in since if record != wanted and not isinstance(record, BadRecord)]:
            wanted = change(others[-1])


def _records(broker: Broker, merchant_id: str) -> list[_Read]:
    """What the topic still has of the merchant since it was last deleted."""
    key = merchant_id.encode()
    found = [message for message in broker.read(CONTROL.name, merchant_id) if message.key() == key]
    deleted = max((number for number, message in enumerate(found) if message.value() is None), default=-1)
    found = found[deleted + 1 :]
    values = broker.decode(CONTROL.name, [message.value() for message in found])
    return [(message.offset() or 0, value) for message, value in zip(found, values, strict=True)]


def _last(merchant_id: str, records: Sequence[_Read]) -> Control:
    last = records[-1][1] if records else _nothing(merchant_id)
    if isinstance(last, BadRecord):
        raise last
    return last


def _nothing(merchant_id: str) -> Control:
    return {"merchant_id": merchant_id, "paused": False, "by": "", "at": 0, "reason": "", "zeroed_stock": []}
