"""A durable table for Faust: the changelog of a table that stores nothing itself."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import faust

from connector.errors import ConnectorError

if TYPE_CHECKING:  # which makes one of these of itself
    from connector.tables.durable import DurableTable


class Changelog(faust.Table):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    def __init__(self, app: faust.App, table: "DurableTable[Any]", **options: Any) -> None:
        self.durable = table
        # Not 1: with 1, Faust 0.15.3 goes on reading an active partition's changelog after recovery.
        super().__init__(app, recovery_buffer_size=4, **options)

    async def on_changelog_event(self, event: Any) -> None:
        try:
            await self.durable.replay(event.message.partition, event.value, event.message.offset)
        except Exception as fault:
            self.app.add_future(self.app.crash(fault))  # Faust's recovery would log it and go on without the rows
            raise

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Nothing: applied as they came. In Faust's buffer a standby's batches would wait for the next rebalance."""

    def persisted_offset(self, tp: Any) -> int | None:
        return self.durable.applied(tp.partition)

    def known_end(self, partition: int) -> int:
        return self.durable.known_end(partition)

    async def restore(self, partition: int, first: int, last: int) -> int | None:
        return await self.durable.restore(partition, first, last)

    async def on_rebalance(self, assigned: set[Any], *_: Any) -> None:
        await self.durable.hold(frozenset(tp.partition for tp in assigned if tp.topic == self.changelog_topic_name))

    async def on_recovery_completed(self, active_tps: Iterable[Any], _: Any) -> None:
        """Faust's would drop the keys of standbys. Faust does not look at how this ends."""
        try:
            for tp in active_tps:
                self.durable.check_readable(tp.partition)
        except ConnectorError as fault:
            self.app.end(fault)
