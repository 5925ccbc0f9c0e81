"""Internal commands on their topic: issued for what time or a finished document asks of the tables, and read."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import msgspec

from connector.agents.outbox import Outbox
from connector.domain.internal_commands import InternalAction
from connector.kafka.avro.codec import BadRecord
from connector.kafka.avro.records import domain_record
from connector.kafka.topics import INTERNAL_COMMANDS

KEYS_PER_COMMAND = 500

_ACTIONS: Mapping[str, type[InternalAction]] = {
    f"smartconnect.{action.__name__}": action for action in get_args(InternalAction)
}


class Issuer:
    """`new_id`: a fresh id per command. `worker`: the name of this process. `now_ms`: epoch milliseconds."""

    def __init__(self, outbox: Outbox, *, worker: str, now_ms: Callable[[], int], new_id: Callable[[], str]) -> None:
        self.now_ms = now_ms
        self._outbox = outbox
        self._worker = worker
        self._new_id = new_id

    async def issue(self, partition: int, merchant_id: str, action: InternalAction) -> None:
        """Returns when the command is durable. `partition`: the merchant's home. Raises ProduceFailed."""
        record = internal_command_record(self._new_id(), merchant_id, action, self.now_ms(), self._worker)
        await self._outbox.send_unleased([self._outbox.record(INTERNAL_COMMANDS, partition, merchant_id, record)])


def internal_command_record(
    command_id: str, merchant_id: str, action: InternalAction, now_ms: int, issued_by: str
) -> dict[str, object]:
    """In the shape of schemas/internal_command.avsc; the action as the codec takes a union of records."""
    return {
        "internal_command_id": command_id,
        "merchant_id": merchant_id,
        "issued_at": now_ms,
        "issued_by": issued_by,
        "action": (f"smartconnect.{type(action).__name__}", domain_record(action)),
    }


def read_action(value: Mapping[str, Any]) -> InternalAction:
    """Of a record of connector.internal-commands. Raises BadRecord."""
    name, fields = value["action"]
    try:
        return msgspec.convert(fields, _ACTIONS[name])
    except (KeyError, msgspec.ValidationError) as error:
        raise BadRecord("INVALID", f"action: {name} is none of this version's ({error})") from None
