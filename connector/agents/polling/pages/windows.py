"""The window that a poll asks for next, by its row in the watermarks table."""

import logging

import msgspec

from connector.agents.polling.clock import ClockWatch
from connector.agents.polling.lists import PolledLists
from connector.domain.polling.polls import PolledList, PollNewReturns, is_by_location_alone, key_at
from connector.domain.polling.windows import Page, Watermark, is_ahead, open_sweep, open_window
from connector.tables.watermarks import Watermarks

log = logging.getLogger(__name__)


class AskedPage(msgspec.Struct, frozen=True):
    """Of which list, by which watermark (its `page` is the one asked for), and when by this worker's clock.

    `from_ms`: what was settled before, where the window was set back; None: the same as `opened`'s.
    """

    key: str
    opened: Watermark
    sent_at_ms: int
    from_ms: int | None = None


class Windows:
    def __init__(self, lists: PolledLists, watermarks: Watermarks, clock: ClockWatch) -> None:
        self._lists = lists
        self._watermarks = watermarks
        self._clock = clock

    def open(self, partition: int, poll: PolledList, sent_at_ms: int) -> tuple[AskedPage, Page] | None:
        """None while its last page is being settled: whoever settles it offers it again."""
        if self._watermarks.is_changing(partition, poll.key):
            return None
        row = self._watermarks.get(partition, poll.key) or self._inherited(partition, poll)
        now_ms, terms, scope = self._clock.now_ms(), self._lists.window_terms, self._lists.scope(poll)
        if poll.is_sweep:
            after_ms = now_ms - terms.look_back_ms if isinstance(poll, PollNewReturns) else 0
            opened, page = open_sweep(row, now_ms, scope, after_ms=after_ms)
        else:
            opened, page = open_window(row, now_ms, terms, scope)
        if row is not None and is_ahead(row, now_ms) and not poll.is_sweep:
            ahead_s = (row.settled_ms - now_ms) // 1000
            log.error("a watermark lies in the future: set back", extra={"list": poll.key, "ahead_s": ahead_s})
        from_ms = None if row is None else row.settled_ms
        return AskedPage(poll.key, opened, sent_at_ms, from_ms), page

    def _inherited(self, partition: int, poll: PolledList) -> Watermark | None:
        """Where a list of one location goes on from that of the whole merchant, and the other way round: version 0.1
        asked for each location."""
        if poll.is_sweep or is_by_location_alone(poll):
            return None
        others = [key_at(poll, "")] if poll.location_id else list(self._lists.parts(poll))
        rows = [row for other in others if (row := self._watermarks.get(partition, other)) is not None]
        return Watermark(min(row.settled_ms for row in rows)) if rows else None
