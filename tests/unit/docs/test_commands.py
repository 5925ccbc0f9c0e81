"""The OMS developer's examples of a command's union, against the schema."""

import io
import json
import re
from typing import Any

import fastavro

from connector.kafka.avro.schemas import SCHEMAS_DIR
from tests.kit.examples import ROOT

PAGE = (ROOT / "docs/oms.md").read_text()
SCHEMA = fastavro.schema.load_schema(SCHEMAS_DIR / "order_command.avsc")


def test_the_json_of_a_command_is_avros() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (record,) = fastavro.json_reader(io.StringIO(json.dumps(json.loads(text))), SCHEMA)  # a record a line
    assert isinstance(record, dict)
    assert record["action"]["reason"] == "OUT_OF_STOCK"


def test_the_pair_of_a_command_is_fastavros() -> None:
    (text,) = re.findall(r"```python\n(from decimal.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"order": {"allocations": [{"line_item_id": "L1", "quantity": 2, "sku": "S"}]}}
    exec(text, names)  # noqa: S102 - our own page
    command = {"command_id": "c", "merchant_id": "M", "shipment_id": "S", "issued_at": 1, "action": names["pack"]}
    assert fastavro.validate(command, SCHEMA)
