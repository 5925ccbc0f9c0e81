"""The workers as Kafka's list of the group's members tells of them, and a worker that Kafka tells an old address of."""

import asyncio
from collections.abc import Sequence

import pytest

from connector.kafka import address
from connector.kafka.address import AddressInGroup
from connector.kafka.members import GroupMember


class App:
    """A BatchApp, of what is asked of it here. `joins`: anew."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.ready = asyncio.Event()
        self.ready.set()
        self.joins = 0

    async def join_anew(self) -> None:
        self.joins += 1


@pytest.mark.parametrize(
    ("told", "joins"),
    [
        ([[GroupMember("w-1", "http://new", frozenset()), GroupMember("w-2", "http://x", frozenset())]], 0),
        ([[GroupMember("w-1", "http://old", frozenset())]], 1),
        ([[GroupMember("w-1", "", frozenset())]], 1),
        ([[], [], [GroupMember("w-1", "http://old", frozenset())]], 1),
        ([[]], 0),
    ],
)
async def test_a_worker_joins_anew_once_where_kafka_tells_another_address(
    told: list[Sequence[GroupMember]], joins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "LOOK_AGAIN_S", 0.001)
    app, looks = App("http://new"), 0

    async def members() -> Sequence[GroupMember]:
        nonlocal looks
        looks += 1
        return told[min(looks, len(told)) - 1]

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):  # it runs for ever
            await AddressInGroup(app, "w-1", members).run()
    assert (app.joins, looks <= address.LOOKS) == (joins, True)
