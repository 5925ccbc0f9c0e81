"""What a merchant's polling lanes call: the lists that are due, a page a call, and single returns."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from connector.agents.polling.lists import PolledLists
from connector.agents.polling.pages.calls import PageCalls
from connector.agents.polling.rows import Recovery
from connector.agents.returns.reads import ReadCalls
from connector.agents.returns.refreshes import refreshed_return
from connector.domain.polling.polls import LISTS, Poll, ReadReturns, list_name
from connector.lanes.call import Call
from connector.merchants import Merchant
from connector.telemetry.counter import MerchantCounter

KINDS = ("orders", "returns")


class PollCalls:
    """The polling lanes of each merchant."""

    def __init__(
        self,
        lists: PolledLists,
        recovery: Recovery,
        *,
        pages: PageCalls,
        reads: ReadCalls,
        found_by_sweep: MerchantCounter,
    ) -> None:
        self._lists = lists
        self._recovery = recovery
        self._pages = pages
        self._reads = reads
        self._found_by_sweep = found_by_sweep

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        yield from self._recovery.read(partition, merchant.merchant_id)
        for kind in KINDS:
            self._found_by_sweep.add(merchant.merchant_id, kind, by=0)  # there from the start, at 0
        prepare_of = partial(partial, self._prepare, merchant.merchant_id, partition)
        yield from self._lists.open(merchant, partition, prepare_of)
        self._reads.open(merchant.merchant_id)

    def close(self) -> None:
        """All partitions were given up."""
        self._lists.close()
        self._recovery.close()
        self._pages.close()

    def ask_now(self, merchant_id: str, name: str) -> None:
        """An operator says that the list of this name can be read again."""
        for operation in LISTS:
            for poll in self._lists.of(merchant_id, operation):
                if list_name(poll.key) == name:
                    self._lists.offer(poll, 0.0)

    def _prepare(
        self, merchant_id: str, partition: int, _operation: str, due: Sequence[tuple[str, int]]
    ) -> Call | None:
        ((key, attempts),) = due
        if (return_id := refreshed_return(key)) is not None:
            return self._reads.prepare_refresh(merchant_id, partition, return_id, key, attempts + 1)
        poll = self._lists.get(merchant_id, key)
        if poll is None:
            return None
        if poll.is_sweep and (wait_s := self._lists.sweep_wait_s(poll)) > 0:
            self._offer_later(poll, wait_s)  # its share of the lane is used up
            return None
        if not isinstance(poll, ReadReturns):
            return self._pages.prepare(poll, partition, attempts + 1)
        return self._reads.prepare(merchant_id, partition, key, attempts + 1)

    def _offer_later(self, poll: Poll, wait_s: float) -> None:
        """The lane drops a key for which nothing is called, once that is said."""
        asyncio.get_running_loop().call_soon(self._lists.offer, poll, wait_s)
