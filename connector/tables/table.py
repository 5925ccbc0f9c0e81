"""What agents ask of a table. `durable.py` keeps this promise on Kafka."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

V = TypeVar("V")
R = TypeVar("R")


class Table(Protocol[V]):
    """Rows by key, per partition; only agents write, and only into partitions that their worker owns."""

    def get(self, partition: int, key: str) -> V | None: ...

    def of_merchant(self, partition: int, merchant_id: str) -> Mapping[str, V]:
        """A live view of one merchant's rows: copy it where something may be written meanwhile."""

    def rows(self, partition: int) -> Mapping[str, V]:
        """A live view of all rows, empty where the partition is not held here. It takes long to go through them."""

    def lock(self, partition: int) -> asyncio.Lock:
        """Hold it around read, decide, write: a row must not change in between."""

    def is_changing(self, partition: int, key: str) -> bool:
        """A new row is decided on but not visible yet: nothing may be done by the old one."""

    def changing(self, partition: int, keys: Iterable[str]) -> AbstractContextManager[None]:
        """From the decision to the write, where something must be published in between."""

    async def write(self, partition: int, rows: Mapping[str, V | None]) -> None:
        """Returns when the rows are durable and visible. None deletes. Raises PartitionLost, or what the log raises."""

    def expired(self, partition: int, before_ms: int, keys: Iterable[str]) -> Iterator[str]:
        """Those of `keys` whose row is there and was final before that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec(Generic[R]):
    """A table's name, its rows (a dataclass), and what is told of a row.

    `decode`: how a row is read where its type alone does not say. `final_at_ms`: since when nothing more is expected of
    a row, None before that.
    """

    name: str
    row_type: type[R]
    decode: Callable[[bytes], R] | None = None
    final_at_ms: Callable[[R], int | None] = lambda _: None
