"""What the release before wrote, by its own code: rows of shipments, the step it planned for each, and answers.

rows.json and steps.json by what the shipment's command is, answers.json by the call's kind. All three go with
connector/domain/orders/stored/previous.py.
"""

import json
from pathlib import Path
from typing import Any


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_text())
    return read


ROWS, STEPS, ANSWERS = _read("rows"), _read("steps"), _read("answers")
