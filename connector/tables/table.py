"""What agents ask of a table. `durable.py` keeps this promise on Kafka."""

import asyncio
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from connector.errors import ConnectorError

V = TypeVar("V")
R = TypeVar("R")
S = TypeVar("S")

_MISFITS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class Table(Protocol[V]):
    """Rows by key, per partition; only agents write, and only into partitions that their worker owns."""

    def get(self, partition: int, key: str) -> V | None: ...

    def of_merchant(self, partition: int, merchant_id: str) -> Mapping[str, V]:
        """A live view of one merchant's rows: copy it where something may be written meanwhile."""

    def unsettled(self, partition: int) -> Mapping[str, Collection[str]]:
        """Keys by merchant of the rows that the table's TableSpec calls unsettled: a live view, as above."""

    def rows(self, partition: int) -> Mapping[str, V]:
        """A live view of all rows, empty where the partition is not held here. It takes long to go through them."""

    def lock(self, partition: int) -> asyncio.Lock:
        """Hold it around read, decide, write: a row must not change in between."""

    def is_changing(self, partition: int, key: str) -> bool:
        """A new row is decided on but not visible yet: nothing may be done by the old one."""

    def changing(self, partition: int, keys: Container[str]) -> AbstractContextManager[None]:
        """From the decision to the write, where something must be published in between. `keys` may grow meanwhile."""

    async def write(self, partition: int, rows: Mapping[str, V | None]) -> None:
        """Returns when the rows are durable and visible. None deletes. Raises PartitionLost, or what the log raises."""

    def expired(self, partition: int, before_ms: int, keys: Iterable[str]) -> Iterator[str]:
        """Those of `keys` whose row is there and was final before that time."""


class Short(Protocol[S]):
    """A row as bytes and back. `name`: its key without the merchant, so a row need not say again what that says. They
    never leave the process but for its own snapshots, so another release may have them otherwise."""

    def write(self, name: str, row: S) -> bytes: ...

    def read(self, name: str, kept: bytes) -> S: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec(Generic[R]):
    """A table's name, its rows (a dataclass), and what is told of a row.

    `decode`: how a row is read where its type alone does not say. `final_at_ms`: since when nothing more is expected of
    a row, None before that. `is_unsettled`: it is to be found without a look at all the others. `kept_short`: how rows
    are kept in memory as bytes, and read when they are asked for: a small row by the million, that is rarely asked for,
    takes a fourth of the memory. None: as they are. `names_recur`: what follows the merchant in a key is the same for
    most merchants, and kept once for all.
    """

    name: str
    row_type: type[R]
    decode: Callable[[bytes], R] | None = None
    final_at_ms: Callable[[R], int | None] = lambda _: None
    is_unsettled: Callable[[R], bool] = lambda _: False
    kept_short: Short[R] | None = None
    names_recur: bool = False

    def reader(self) -> Callable[[bytes], R]:
        """Reads a row. Raises UnreadableRow."""
        decode = self.decode or msgspec.json.Decoder(self.row_type).decode

        def read(content: bytes) -> R:
            try:
                return decode(content)
            except msgspec.MsgspecError as misfit:  # its text names the field
                raise UnreadableRow(str(misfit)) from None
            except _MISFITS as misfit:  # of a reader of older rows; its text may quote the row
                raise UnreadableRow(type(misfit).__name__) from None

        return read

    def unreadable(self, where: str, key: bytes, why: object) -> ConnectorError:
        """`where`: of the changelog."""
        return ConnectorError(
            f"{where}, key {key.decode(errors='backslashreplace')}: the row can't be read ({why}). If another version "
            f"wrote it, run that; else see `connector changelog show {self.name}`"
        )


def read_key(key: bytes) -> str:
    """Raises UnreadableRow."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise UnreadableRow("its key is no UTF-8") from None


class UnreadableRow(Exception):
    """A row of a changelog that this version can't read; its text says why, and quotes nothing of it."""
