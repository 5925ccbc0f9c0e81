"""Writes facts.json anew from Amazon's published models: `python -m tests.kit.amazon.model.extract`.

Facts alone, in a form of our own: a field's name, type, values and bounds. No descriptions, no examples.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.kit.amazon.model.facts import FACTS
from tests.kit.amazon.spapi_model import MODELS

# The operations that the connector calls and that answer with facts of orders, returns and stock
OPERATIONS = {
    "inventory": ("batchInventory",),
    "shipments": (
        "getShipments",
        "getShipment",
        "processShipment",
        "createPackages",
        "updatePackage",
        "updatePackageStatus",
        "retrieveShippingOptions",
        "generateInvoice",
        "retrieveInvoice",
        "generateShipLabels",
    ),
    "returns": ("listReturns", "getReturn"),
}
ERRORS = "ErrorList"

# What a text or a number stands for, where its definition's name tells it
MEANINGS = {"DateTime": "time", "Decimal": "decimal"}
# ... and where only Amazon's prose does: epochs, and a document in base64
TOLD_IN_PROSE = {
    "shipments.ShipmentInfo.orderPlacedTimestamp": "time",
    "shipments.TimeWindow.startTime": "time",
    "shipments.TimeWindow.endTime": "time",
    "shipments.Document.content": "base64",
    "returns.OtpDetails.validTill": "time",
}
BOUNDS = {
    "minLength": "least",
    "minItems": "least",
    "minimum": "least",
    "maxLength": "most",
    "maxItems": "most",
    "maximum": "most",
}


def extract(models: Path) -> dict[str, Any]:
    """The content of facts.json. Definitions of the same name differ between models: each name has its model's."""
    operations: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    for short, wanted in OPERATIONS.items():
        (path,) = models.glob(f"externalFulfillment{short.capitalize()}_*.json")
        model = json.loads(path.read_text())
        reader = _Reader(short, model["definitions"])
        for name, method, operation in _operations(model):
            if name in wanted:
                operations[name] = _operation(reader, method, operation)
        reader.shape_of(ERRORS)
        shapes |= reader.shapes
    return {"operations": operations, "shapes": dict(sorted(shapes.items()))}


def _operations(model: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for methods in model["paths"].values():
        for method, operation in methods.items():
            if "operationId" in operation:
                yield operation["operationId"], method.upper(), operation


def _operation(reader: "_Reader", method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    statuses = sorted(int(status) for status in operation["responses"])
    success = next(status for status in statuses if 200 <= status <= 299)
    schema = operation["responses"][str(success)].get("schema")
    return {
        "method": method,
        "status": success,
        "shape": reader.shape_of(_target(schema)) if schema else None,
        "refusals": [status for status in statuses if status != success],
    }


def _target(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


class _Reader:
    def __init__(self, short: str, definitions: Mapping[str, Any]) -> None:
        self._short = short
        self._definitions = definitions
        self.shapes: dict[str, Any] = {}

    def shape_of(self, name: str) -> str:
        """The name of an object definition, whose fields are read if they were not yet."""
        full = f"{self._short}.{name}"
        if full not in self.shapes:
            self.shapes[full] = {}
            definition = self._definitions[name]
            required = definition.get("required", ())
            for field, schema in definition["properties"].items():
                fact = self._fact(schema, TOLD_IN_PROSE.get(f"{full}.{field}", ""))
                self.shapes[full][field] = {"required": True, **fact} if field in required else fact
        return full

    def _fact(self, schema: Mapping[str, Any], meaning: str) -> dict[str, Any]:
        if "$ref" in schema:
            name = _target(schema)
            target = self._definitions[name]
            if target["type"] == "object":
                return {"type": "object", "shape": self.shape_of(name)}
            return self._fact(target, meaning or MEANINGS.get(name, ""))
        fact: dict[str, Any] = {"type": schema["type"]}
        if meaning:
            fact["means"] = meaning
        if schema["type"] == "array":
            fact["items"] = self._fact(schema["items"], "")
        if "enum" in schema:
            fact["values"] = schema["enum"]
        return fact | {ours: schema[theirs] for theirs, ours in BOUNDS.items() if theirs in schema}


def main() -> None:
    FACTS.write_text("".join(_lines(extract(MODELS), depth=0, one_line_at=3)) + "\n")


def _lines(value: Any, depth: int, one_line_at: int) -> Iterator[str]:
    """JSON with one operation, and one field of a shape, on each line."""
    if not isinstance(value, dict) or depth == one_line_at:
        yield json.dumps(value, ensure_ascii=False)
        return
    yield "{\n"
    for number, (name, inner) in enumerate(value.items(), start=1):
        yield f"{' ' * (depth + 1)}{json.dumps(name)}: "
        yield from _lines(inner, depth + 1, 2 if name == "operations" else one_line_at)
        yield ",\n" if number < len(value) else "\n"
    yield " " * depth + "}"


if __name__ == "__main__":
    main()
