"""The newest values of a compacted topic, whichever partition is read first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from connector.cli.shared.broker import Broker
from connector.kafka.topics import CONTROL
from connector.settings import load_settings


@dataclass(frozen=True)
class Said:
    at: int
    where: int
    name: bytes
    what: bytes | None

    def key(self) -> bytes:
        return self.name

    def value(self) -> bytes | None:
        return self.what

    def partition(self) -> int:
        return self.where

    def timestamp(self) -> tuple[int, int]:
        return (1, self.at)


class ReadBroker(Broker):
    said: Sequence[Said] = ()

    def read(self, name: str, merchant_id: str = "") -> Iterator[Any]:
        del name, merchant_id
        return iter(self.said)


OLD = (Said(1, 0, b"M1", b"paused"), Said(5, 0, b"M1", None))
NEW = (Said(1, 3, b"M1", b"paused"), Said(7, 3, b"M1", b"resumed"))
OTHER = (Said(9, 1, b"M2", b"deleted"), Said(10, 1, b"M2", None))


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("order", [*permutations((OLD, NEW, OTHER))])
def test_a_key_that_was_moved_is_deleted_where_it_was_alone(order: Sequence[Sequence[Said]]) -> None:
    broker = ReadBroker(load_settings())
    broker.said = [message for part in order for message in part]
    assert broker.latest(CONTROL.name) == {b"M1": b"resumed"}


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("order", [*permutations((OLD[:1], NEW))])
def test_of_two_partitions_the_newer_word_counts(order: Sequence[Sequence[Said]]) -> None:
    broker = ReadBroker(load_settings())
    broker.said = [message for part in order for message in part]
    assert broker.latest(CONTROL.name) == {b"M1": b"resumed"}
