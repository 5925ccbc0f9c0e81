"""The form of the release before, in which all commands shared one class and all steps another. JSON named no version.

Kept for one release: then this file goes, and with it what current.py says of it.
"""

from typing import Any

import msgspec

from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import Step

PREVIOUS_VERSION = 1


def read_previous_step(text: str) -> Step | None:
    """None where time alone had ended a command: an internal command says so now, and says it again."""
    step = msgspec.json.decode(text, type=dict[str, Any])
    if step.get("kind") == "EXPIRE":
        return None
    return msgspec.convert(step | {"call": _tagged(step, step.get("kind"))}, Step)


def read_previous_row(data: bytes) -> ShipmentRow:
    row = msgspec.json.decode(data, type=dict[str, Any])
    queue = [work | {"command": _command(work["command"])} for work in row["queue"]]
    return msgspec.convert(row | {"queue": queue}, ShipmentRow)


def _command(command: dict[str, Any]) -> dict[str, Any]:
    return command | {"action": _tagged(command, command["action"])}


def _tagged(fields: dict[str, Any], tag: str | None) -> dict[str, Any]:
    """Fields that the tag's class does not have are ignored. A package update held its package as the one of many."""
    return fields | {"type": tag, "package": next(iter(fields.get("packages", ())), None)}
