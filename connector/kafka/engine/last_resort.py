"""A record that ends the worker again and again is parked, so that none holds a partition for ever.

How often the worker ended, and at which records, stands in the metadata of the partition's committed offset: the next
worker, here or elsewhere, applies those one by one. A kill says nothing of a record, nor does a fault of Kafka's, and
neither counts.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import TypeAlias

import msgspec
from faust.types import TP

from connector.kafka.engine.fetch.records import KafkaRecord

Park: TypeAlias = Callable[[KafkaRecord, Exception], Awaitable[None]]
"""Returns when the record, and what was raised at it, is where a person finds it."""

ENDS = 3
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)
"""What a record may be at fault for. Whatever else is raised may be Kafka's or the machine's, and waiting mends it."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """The worker ended `ends` times at one of the records from offset `first` to `last`."""

    first: int
    last: int
    ends: int

    @classmethod
    def read(cls, metadata: str) -> "Suspects | None":
        """None: it is nothing of ours."""
        parts = metadata.split()
        if len(parts) != 4 or parts[0] != "ended" or not all(part.isascii() and part.isdigit() for part in parts[1:]):
            return None
        first, last, ends = map(int, parts[1:])
        return cls(first, last, ends)

    @property
    def metadata(self) -> str:
        return f"ended {self.first} {self.last} {self.ends}"

    def has(self, offset: int) -> bool:
        return self.first <= offset <= self.last


class LastResort:
    """What is known of each partition's suspects."""

    def __init__(self) -> None:
        self._suspects: dict[TP, Suspects] = {}

    def load(self, metadata: Mapping[TP, str]) -> None:
        """Of the committed offsets, when the partitions are begun with."""
        read = {tp: Suspects.read(text) for tp, text in metadata.items()}
        self._suspects = {tp: suspects for tp, suspects in read.items() if suspects is not None}

    def metadata(self, tp: TP, offset: int) -> str:
        """For the commit of this offset."""
        suspects = self._suspects.get(tp)
        return "" if suspects is None or offset > suspects.last else suspects.metadata

    def runs(self, tp: TP, records: Sequence[KafkaRecord]) -> Sequence[Sequence[KafkaRecord]]:
        """In their order; each suspect by itself. Of tens of thousands that were applied together some at a time, as
        long as an end among these still leaves one for the suspect alone: each run is a transaction, and all of the
        topic's partitions wait for it."""
        suspects = self._suspects.get(tp)
        if suspects is None:
            return [records]
        before = [record for record in records if record.offset < suspects.first]
        among = [record for record in records if suspects.has(record.offset)]
        size = isqrt(len(among)) if suspects.ends < ENDS - 1 else 1
        some = [among[at : at + size] for at in range(0, len(among), max(1, size))]
        after = [record for record in records if record.offset > suspects.last]
        return [run for run in (before, *some, after) if run]

    def ended_at(self, tp: TP, records: Sequence[KafkaRecord]) -> None:
        """One of these ends the worker now."""
        first, last = records[0].offset, records[-1].offset
        known = self._suspects.get(tp)
        ends = known.ends if known is not None and known.has(first) and known.has(last) else 0
        self._suspects[tp] = Suspects(first, last, ends + 1)

    def is_due(self, tp: TP, records: Sequence[KafkaRecord]) -> bool:
        """It ended the worker as often as it may."""
        suspects = self._suspects.get(tp)
        return suspects is not None and suspects.ends >= ENDS and len(records) == 1 and suspects.has(records[0].offset)
