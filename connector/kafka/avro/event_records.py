"""Order events as records. All of a shipment's events have most of their snapshot in common: that is written once."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Protocol

from connector.domain.orders.events import OrderEvent
from connector.domain.orders.facts.shipment import Shipment
from connector.kafka.avro.encoder.compounds import WrittenArray
from connector.kafka.avro.records import domain_record
from connector.kafka.topics import ORDERS

COMMON = ("line_items", "charges", "recommended_packages")
"""Arrays of the snapshot that our calls leave alone, and that take most of the time to write."""

MOST_KNOWN = 4_000  # shipments, of about 2 kB each

_common_of = attrgetter(*COMMON)


class ArrayWriter(Protocol):
    def __call__(self, topic: str, path: tuple[str, ...], items: Sequence[Any], /) -> WrittenArray: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """`facts`: kept, so that nothing else gets their identity."""

    facts: tuple[Any, ...]
    names: Hashable
    written: dict[str, WrittenArray]


class EventRecords:
    """`named`: a record (with merchant and location) with the OMS's names of its SKUs. `names_of(merchant, location)`:
    what these are given by; as long as it is the same, so are they."""

    def __init__(
        self,
        write_array: ArrayWriter,
        named: Callable[[dict[str, Any]], dict[str, Any]],
        names_of: Callable[[str, str], Hashable],
    ) -> None:
        self._write_array = write_array
        self._named = named
        self._names_of = names_of
        self._known: dict[tuple[int, ...], _Known] = {}

    def record(self, event: OrderEvent) -> dict[str, Any]:
        """`domain_record` of the event, with what it has in common with others as it is written."""
        snapshot = _values(event.snapshot)
        for name in COMMON:
            del snapshot[name]
        record = domain_record(_values(event) | {"snapshot": snapshot})
        record["snapshot"] |= self._written(event)
        return record

    def _written(self, event: OrderEvent) -> dict[str, WrittenArray]:
        facts: tuple[Any, ...] = _common_of(event.snapshot)
        names, key = self._names_of(event.merchant_id, event.location_id), tuple(map(id, facts))
        known = self._known.get(key)
        if known is None or known.names != names:
            if len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            known = self._known[key] = _Known(facts, names, self._write(event, facts))
        return known.written

    def _write(self, event: OrderEvent, facts: tuple[Any, ...]) -> dict[str, WrittenArray]:
        told = domain_record(dict(zip(COMMON, facts, strict=True)))
        named = self._named(told | {"merchant_id": event.merchant_id, "location_id": event.location_id})
        return {name: self._write_array(ORDERS.name, ("snapshot", name), named[name]) for name in COMMON}


def _values(value: OrderEvent | Shipment) -> dict[str, Any]:
    names = _FIELDS[type(value)]
    return dict(zip(names, attrgetter(*names)(value), strict=True))


_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in (OrderEvent, Shipment)}
