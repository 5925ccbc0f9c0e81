"""The failing inputs of tests/cases. They say now = 2026-03-02T10:00:00Z; times are moved to a test's own now."""

import json
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "cases"
CASE_NOW_MS = 1_772_445_600_000


def case_file(name: str) -> Path:
    return CASES / "files" / name


def read_case(name: str) -> Any:
    """`name`: folder/name, without .json."""
    return json.loads((CASES / f"{name}.json").read_text())


def moved(at_ms: int, now_ms: int) -> int:
    return at_ms - CASE_NOW_MS + now_ms
