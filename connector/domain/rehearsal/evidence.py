"""What a rehearsal has seen of each thing that a workflow is about: a SKU's stock, a shipment, a return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

RecordPlace = tuple[str, int, int]
"""(topic, partition, offset) of a record."""

ThingKind = Literal["stock", "shipments", "returns"]


@dataclass(slots=True)
class Thing:
    """`signs`: what was seen of it, by name, and where it first was; what no topic tells has no place. `said`: why a
    sign that was wanted did not come, such as the refusal of a command."""

    program: str
    signs: dict[str, RecordPlace | None] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def note(self, sign: str, place: RecordPlace | None = None) -> None:
        """The first counts."""
        self.signs.setdefault(sign, place)


@dataclass
class Evidence:
    """`stock` by location of the OMS and SKU, all else by Amazon's id. `committed`: by topic and partition the offset
    that the consumer group which has read most reads next, the connector's own groups left out."""

    stock: dict[str, Thing] = field(default_factory=dict)
    shipments: dict[str, Thing] = field(default_factory=dict)
    returns: dict[str, Thing] = field(default_factory=dict)
    committed: dict[tuple[str, int], int] = field(default_factory=dict)

    def is_read(self, place: RecordPlace | None) -> bool:
        if place is None:
            return False
        topic, partition, offset = place
        return self.committed.get((topic, partition), 0) > offset

    def of(self, kind: ThingKind) -> Mapping[str, Thing]:
        return {"stock": self.stock, "shipments": self.shipments, "returns": self.returns}[kind]
