"""What needs no broker of a durable table."""

from collections.abc import Sequence

import pytest

from connector.tables.durable import PartitionLost, while_held


async def test_a_worker_without_its_lease_writes_no_row() -> None:
    written: list[tuple[str, int]] = []

    async def append(topic: str, partition: int, rows: Sequence[tuple[bytes, bytes | None]]) -> int:
        written.append((topic, partition))
        return len(rows)

    holds = True
    guarded = while_held(append, lambda: holds)
    assert await guarded("changelog", 3, [(b"key", b"row")]) == 1
    holds = False
    with pytest.raises(PartitionLost, match="changelog/3"):
        await guarded("changelog", 3, [(b"key", b"row")])
    assert written == [("changelog", 3)]
