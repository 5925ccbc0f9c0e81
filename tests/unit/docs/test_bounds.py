"""The page on bounds has the bounds that are kept."""

import pytest

from connector.cli.stock.sheets import LARGEST_SHEET_BYTES, MOST_SHEET_COLUMNS, MOST_SHEET_ROWS
from connector.foreign.masking import LONGEST_MASKED
from connector.kafka.avro.decoder.binary import MAX_ITEMS, MAX_LEVELS, MAX_SKIPPED
from connector.kafka.avro.decoder.scalars import DECIMAL_BYTES
from connector.kafka.avro.parsing import MAX_SCHEMA_DEPTH, MAX_SCHEMA_TEXT, MAX_SCHEMA_TYPES
from connector.kafka.avro.registry.client import LARGEST_SCHEMA_ANSWER_BYTES, LONGEST_ANSWER_S
from connector.settings.toml import (
    LARGEST_TOML_BYTES,
    MOST_KEY_PARTS,
    MOST_TOML_ENTRIES,
    MOST_TOML_LINES,
    MOST_TOML_VALUES,
)
from connector.smartconnect.label_hosts import AMAZONS, NOT_ALLOWED
from connector.smartconnect.messages import MOST_JSON_VALUES
from connector.smartconnect.transport import LARGEST_ANSWER_BYTES
from connector.smartconnect.wire.fields import LONGEST_ID
from connector.smartconnect.wire.source import MOST_BYTES
from connector.smartconnect.wire.values import LONGEST_TEXT, MOST_DIGITS
from tests.kit.examples import ROOT

PAGE = (ROOT / "docs/reference/bounds.md").read_text()
MB = 1024**2


@pytest.mark.parametrize(
    "words",
    [
        f"| an answer, decompressed too | {LARGEST_ANSWER_BYTES // MB} MB |",
        f"| values in its JSON | {MOST_JSON_VALUES:,} |",
        f"| a number | {MOST_DIGITS} digits",
        f"| an id, SKU or state | {LONGEST_ID} characters |",
        f"| another text of an answer | {LONGEST_TEXT:,} characters |",
        f"| {MOST_BYTES:,} bytes of side facts |",
        f"| {LONGEST_MASKED} characters |",
        ", ".join(f"`{host}`" for host in AMAZONS),
        f"`{NOT_ALLOWED}`",
        f"| {LARGEST_SCHEMA_ANSWER_BYTES // MB} MB, {LONGEST_ANSWER_S} s |",
        f"| {MAX_SCHEMA_TEXT:,} characters |",
        f"| {MAX_SCHEMA_TYPES:,} and {MAX_SCHEMA_DEPTH} |",
        f"| {MAX_ITEMS:,} |",
        f"| {MAX_SKIPPED:,}, and {MAX_LEVELS} within each other |",
        f"| bytes of a decimal | {DECIMAL_BYTES} |",
        f"| {LARGEST_TOML_BYTES // MB} MB, {MOST_TOML_LINES:,} lines and commas, {MOST_TOML_VALUES:,} values, "
        f"{MOST_TOML_ENTRIES:,} in one list",
        f"| a key of it | {MOST_KEY_PARTS} parts",
        f"| {LARGEST_SHEET_BYTES // MB} MB, {MOST_SHEET_ROWS:,} rows, {MOST_SHEET_COLUMNS:,} columns |",
    ],
)
def test_a_bound(words: str) -> None:
    assert words in PAGE
