"""What polled lists showed: shipments and returns first, then the watermark; what a crash leaves out is asked again."""

from collections.abc import Iterable, Sequence

from connector.agents.incoming import Incoming, Received
from connector.agents.polling.answers import AnsweredPage, AnsweredRead, list_answer
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.orders import ListedOrders
from connector.agents.polling.returns import ListedReturns
from connector.agents.polling.rows import RowEdit, WatermarkRows
from connector.agents.polling.troubles import ListTroubles
from connector.domain.ids import stable_id
from connector.domain.outcomes import ACCEPTED, FINAL
from connector.domain.polling.polls import LISTS, ReadReturns, list_name
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.merchants import OPERATIONS


class PollingSettlements:
    def __init__(
        self,
        incoming: Incoming,
        lists: PolledLists,
        rows: WatermarkRows,
        *,
        orders: ListedOrders,
        returns: ListedReturns,
        troubles: ListTroubles,
    ) -> None:
        self._incoming = incoming
        self._lists = lists
        self._rows = rows
        self._orders = orders
        self._returns = returns
        self._troubles = troubles

    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None:
        """All calls of the partition: any that Amazon accepted tells that the merchant's access as such is good."""
        for received in api_calls:
            call = received.value
            if call["outcome"] == ACCEPTED and call["operation"] in OPERATIONS and call["operation"] not in LISTS:
                self._troubles.accepted(call["merchant_id"], call["operation"])
        ours = [each for each in api_calls if each.value["operation"] in LISTS and each.value["outcome"] in FINAL]
        async with self._rows.editing(partition) as edit:
            answered = list(self._read(edit, ours))
            pages = [each for each in answered if isinstance(each, AnsweredPage)]
            reads = [each for each in answered if isinstance(each, AnsweredRead)]
            await self._orders.apply(edit, pages, now_ms)
            await self._returns.apply(edit, pages, reads, now_ms)
            for page in pages:
                self._settle(edit, page)
        for (merchant_id, key), wait_s in edit.waits.items():
            self._lists.settle(merchant_id, key, wait_s)

    def _read(self, edit: RowEdit, ours: Sequence[Received]) -> Iterable[AnsweredPage | AnsweredRead]:
        for received in ours:
            try:
                yield list_answer(received)
            except BadRecord as bad:
                edit.publish([self._incoming.dead_letter(received.record, bad)])

    def _settle(self, edit: RowEdit, each: AnsweredPage) -> None:
        poll = self._lists.get(each.merchant_id, each.asked.key)
        if poll is None or isinstance(poll, ReadReturns):
            return  # gone from the merchants file: asked again from where it stands, should it return
        edit.publish(self._shells(edit, each))
        self._troubles.settle(edit, poll, each)

    def _shells(self, edit: RowEdit, each: AnsweredPage) -> Iterable[OutRecord]:
        """Items without an id, once each while the list shows them."""
        row = edit.get(each.asked.key)
        known = set(row.shells if row else ())
        fresh = [shell for shell in each.listed.unread if stable_id(shell.raw) not in known] if each.listed else []
        if fresh:
            yield self._incoming.unread_letter(each.received.record, {list_name(each.asked.key): fresh})
