"""Returns that are to be read by themselves: a list shows them in a shape that can't be read, or an operator asks."""

from collections.abc import Iterable

from msgspec.structs import replace

from connector.agents.polling.lists import PolledLists
from connector.agents.polling.rows import RowEdit, WatermarkRows
from connector.agents.returns.queue import ReadQueue
from connector.domain.polling.alerts import return_read_key
from connector.domain.polling.polls import ReadReturns
from connector.domain.polling.windows import Watermark


def want_return(edit: RowEdit, queue: ReadQueue, merchant_id: str, return_id: str) -> None:
    """It is read as soon as the merchant's lane lets, after a restart too; one that can't be read keeps its slow beat,
    and is known to be listed still."""
    key = return_read_key(merchant_id, return_id)
    row = edit.get(key)
    if row is None:
        edit.put(key, Watermark(edit.now_ms))
        queue.want(merchant_id, return_id, 0.0)
    elif row.trouble is not None:
        edit.put(key, replace(row, settled_ms=edit.now_ms))


class ReturnRereads:
    def __init__(self, rows: WatermarkRows, lists: PolledLists, queue: ReadQueue) -> None:
        self._rows = rows
        self._lists = lists
        self._queue = queue

    async def ask(self, partition: int, merchant_id: str, return_ids: Iterable[str]) -> None:
        """At once, one that can't be read too. Nothing where the merchants file switches the merchant's returns off:
        nothing is told of them."""
        reads = self._lists.get(merchant_id, ReadReturns(merchant_id, 0.0).key)
        if reads is None:
            return
        async with self._rows.editing(partition) as edit:
            for return_id in return_ids:
                key = return_read_key(merchant_id, return_id)
                edit.put(key, edit.get(key) or Watermark(edit.now_ms))
                self._queue.want(merchant_id, return_id, 0.0)
        self._lists.offer(reads, 0.0)
