"""What the release before wrote, by its own code: rows of shipments, the step it planned for each, and answers.

rows.json and steps.json by what the shipment's command is, answers.json by the call's kind. All three go with
connector/domain/orders/stored/previous.py.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from connector.domain.orders.facts.shipment import Shipment
from tests.kit.orders.samples import filled


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_text())
    return read


ROWS, STEPS, ANSWERS = _read("rows"), _read("steps"), _read("answers")


def facts_told_then() -> Shipment:
    """Every one that the release before knew, as its samples have them."""
    facts: Shipment = filled(Shipment)
    (line,) = facts.line_items
    assert line.gift
    assert line.gift.message
    message = replace(line.gift.message, uri="", sha256="")
    return replace(facts, line_items=(replace(line, gift=replace(line.gift, message=message)),), unread=())
