"""Faults as they are written on a command line: "503,before,op=inventory,p=0.1"."""

from dataclasses import fields

from connector.simulator.base.faults import Fault

SYNTAX = (
    "KIND[,before|after][,item][,op=OPERATION][,merchant=ID][,match=TEXT][,p=0..1][,count=N][,nth=N][,seconds=S]"
    "[,code=CODE]. "
    "KIND: an HTTP status (500, 503, 429, 403, ...), timeout (never answers), close (drops the connection), "
    "malformed (a body cut short), slow (answers after `seconds`). before (default) or after the effect. "
    "item: inside a 207, for single items. op: inventory, get_shipment, ..., token. match: a part of the path or body "
    "(a SKU, a shipment). p: probability; count: at most so often; nth: only the nth matching call. "
    "Example: 503,before,op=inventory,p=0.1"
)
_NAMES = {"op": "operation", "p": "probability"}
_NUMBERS = {"probability": float, "count": int, "nth": int, "seconds": float}


def parse_fault(text: str) -> Fault:
    """Reads the mini-syntax (SYNTAX). ValueError names the part that is wrong."""
    kind, *parts = (part.strip() for part in text.split(","))
    arguments: dict[str, object] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = _NAMES.get(name, name)
        if not equals and name in ("before", "after"):
            arguments["phase"] = name
        elif not equals and name == "item":
            arguments["item"] = True
        elif equals and name in {f.name for f in fields(Fault)} - {"kind", "phase", "item", "matched", "fired"}:
            try:
                arguments[name] = _NUMBERS.get(name, str)(value)
            except ValueError as error:
                raise ValueError(f"fault {text!r}: {part!r} needs a number") from error
        else:
            raise ValueError(f"fault {text!r}: {part!r} is not understood; the form is {SYNTAX}")
    return Fault(kind, **arguments)  # type: ignore[arg-type]  # each value was made with its field's type above
