"""Polls that told nothing new: all but every twelfth cost no record, no settlement and no row.

A merchant's lists are asked for every few seconds and say nothing new nearly always. Where the watermark stays, the
next window begins where this one did, so it misses nothing, and after a crash it is the same window again.
"""

from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.pages.windows import AskedPage
from connector.domain.polling.polls import PolledList, is_by_location_alone
from connector.domain.polling.windows import is_where_it_was
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.tables.watermarks import Watermarks

IN_A_ROW = 11  # with the usual five seconds between polls, and nine, a watermark is two minutes behind at most


class UnchangedLists:
    def __init__(self, lists: PolledLists, watermarks: Watermarks, access: ApiAccess) -> None:
        self._lists = lists
        self._watermarks = watermarks
        self._access = access
        self._in_a_row: dict[str, int] = {}

    def close(self) -> None:
        """All partitions were given up."""
        self._in_a_row.clear()

    def settle(
        self,
        poll: PolledList,
        partition: int,
        asked: AskedPage,
        news: ShipmentsPage | ReturnsPage,
        rate_limit: float | None,
    ) -> bool:
        """True: the list is due again when its interval has passed, and nothing of the answer need be kept.

        `news`: what the page showed that is not known. `rate_limit`: as Amazon stated it.
        """
        in_a_row = self._in_a_row.pop(poll.key, 0)
        if in_a_row >= IN_A_ROW or not self._is_unchanged(poll, partition, asked, news):
            return False
        if rate_limit is not None and rate_limit < self._lists.rate(poll):
            return False  # a lower limit is kept, for whoever owns the merchant next
        self._in_a_row[poll.key] = in_a_row + 1
        self._access.accepted(poll.merchant_id, poll.operation, poll.key)
        self._lists.settle(poll.merchant_id, poll.key, None)
        return True

    def _is_unchanged(
        self, poll: PolledList, partition: int, asked: AskedPage, news: ShipmentsPage | ReturnsPage
    ) -> bool:
        row, page = self._watermarks.get(partition, poll.key), asked.opened.page
        if poll.is_sweep or (poll.location_id and not is_by_location_alone(poll)):
            return False
        if row is None or row.trouble is not None or row.by_location or row.shells:
            return False
        if page is None or page.token or page.is_bounded or not is_where_it_was(row, asked.opened):
            return False  # a part of a window, or one that was set back
        if self._access.rests(poll.merchant_id, poll.operation) or not self._lists.is_needed(poll):
            return False
        return _is_empty(news)


def _is_empty(news: ShipmentsPage | ReturnsPage) -> bool:
    items = news.shipments if isinstance(news, ShipmentsPage) else news.returns
    return not (items or news.unreadable or news.unread or news.next_token)
