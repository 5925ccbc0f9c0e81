"""Returns that lists showed, or a reading of one by itself: into their table, and onto amazon.returns."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from connector.agents.incoming import Incoming
from connector.agents.merchants.known import KnownMerchants
from connector.agents.polling.answers import AnsweredPage, AnsweredRead, answer_of
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.rows import RowEdit
from connector.agents.returns.edits import ReturnEdits, ReturnSight
from connector.agents.returns.flows import is_told
from connector.agents.returns.index import ReturnIndex
from connector.agents.returns.rereads import want_return
from connector.domain.polling.alerts import return_read_key
from connector.domain.polling.polls import PollNewReturns, PollReturns, ReadReturns
from connector.domain.polling.windows import Watermark
from connector.domain.quarantine import troubled, wait_ms
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return
from connector.domain.unread import UnreadFact
from connector.kafka.producer import OutRecord
from connector.smartconnect.wire.returns import ReturnsPage
from connector.tables.returns import return_key
from connector.telemetry.counter import MerchantCounter

NOT_FOUND = 404


class ListedReturns:
    """`found_by_sweep`: counts what no poll could find, by merchant and kind."""

    def __init__(
        self,
        incoming: Incoming,
        returns: ReturnEdits,
        index: ReturnIndex,
        *,
        lists: PolledLists,
        merchants: KnownMerchants,
        found_by_sweep: MerchantCounter,
    ) -> None:
        self._incoming = incoming
        self._returns = returns
        self._index = index
        self._lists = lists
        self._merchants = merchants
        self._found_by_sweep = found_by_sweep

    async def apply(
        self, edit: RowEdit, answered: Sequence[AnsweredPage], reads: Sequence[AnsweredRead], now_ms: int
    ) -> None:
        """`now_ms`: by the worker's clock, which the returns' rows go by."""
        shown: list[tuple[AnsweredPage | AnsweredRead, ReturnsPage]] = [
            *((each, each.listed) for each in answered if isinstance(each.listed, ReturnsPage)),
            *((read, read.found) for read in reads if read.found is not None),
        ]
        sights = [
            ReturnSight(each.merchant_id, facts.return_id, facts)
            for each, page in shown
            for facts in page.returns
            if is_told(self._merchants, each.merchant_id, facts)
        ]
        changed = await self._returns.observe(edit.partition, sights, now_ms)
        edit.publish(self._letters(shown, changed))
        for each, page in shown:
            for facts in page.returns:
                key = return_key(each.merchant_id, facts.return_id)
                if key in changed and self._is_late(edit, each, facts, is_new=changed[key] is None):
                    self._found_by_sweep.add(each.merchant_id, "returns")
        for each, page in shown:
            for facts in page.returns:
                self._read_after_all(edit, return_read_key(each.merchant_id, facts.return_id))
            for item in page.unreadable:
                want_return(edit, self._index.queue, each.merchant_id, item.object_id)
        for read in reads:
            if read.found is not None or not read.commands:
                await self._settle_read(edit, read)
        self._schedule(edit, {each.merchant_id for each in answered} | {read.merchant_id for read in reads})

    def _letters(
        self, shown: Iterable[tuple[AnsweredPage | AnsweredRead, ReturnsPage]], changed: Mapping[str, ReturnRow | None]
    ) -> Iterable[OutRecord]:
        """What of the returns could not be read, where that is news: it is kept as it came."""
        for each, page in shown:
            unread: dict[str, Sequence[UnreadFact]] = {}
            for facts in page.returns:
                key = return_key(each.merchant_id, facts.return_id)
                before = changed.get(key)
                told = tuple(fact for fact in facts.unread if fact.raw)  # else only assumed
                if told and key in changed and (before is None or before.facts.unread != facts.unread):
                    unread[f"return {facts.return_id}"] = told
            if unread:
                yield self._incoming.unread_letter(each.received.record, unread)

    def _read_after_all(self, edit: RowEdit, key: str) -> None:
        """The return was shown whole: that its own reading failed hides nothing any more."""
        row = edit.get(key)
        if row is not None and row.trouble is not None:
            edit.delete(key)

    async def _settle_read(self, edit: RowEdit, read: AnsweredRead) -> None:
        key = return_read_key(read.merchant_id, read.return_id)
        if read.found is not None:
            edit.delete(key)
            return
        answer, row = answer_of(read.received), edit.get(key) or Watermark(edit.now_ms)
        trouble = troubled(row.trouble, answer, edit.now_ms)
        if answer.http_status == NOT_FOUND and trouble.is_overdue(row.settled_ms, edit.now_ms):
            edit.delete(key)
            await self._returns.forget(edit.partition, read.merchant_id, read.return_id)
            return
        edit.put(key, replace(row, trouble=trouble))
        self._index.queue.want(read.merchant_id, read.return_id, wait_ms(trouble) / 1000)

    def _schedule(self, edit: RowEdit, merchant_ids: Iterable[str]) -> None:
        """When the next single return is to be read."""
        for merchant_id in merchant_ids:
            self._lists.learn(merchant_id)
            due = self._index.queue.next(merchant_id)
            if due is not None:
                edit.wait(ReadReturns(merchant_id, 0.0), max(due[1], 0.0))

    def _is_late(self, edit: RowEdit, each: AnsweredPage | AnsweredRead, facts: Return, *, is_new: bool) -> bool:
        """No poll could have shown it any more."""
        merchant_id = each.merchant_id
        if isinstance(each, AnsweredPage):
            poll = self._lists.get(merchant_id, each.asked.key)
            if poll is None or not poll.is_sweep:
                return False
        if is_new:
            at_ms, polls = facts.created_at_ms or facts.last_updated_at_ms, [PollNewReturns(merchant_id, 0.0).key]
        else:
            at_ms = facts.last_updated_at_ms
            polls = [PollReturns(merchant_id, facts.status, 0.0, place).key for place in facts.locations]
        settled = [row.settled_ms for key in polls if (row := edit.get(key)) is not None]
        if is_new and not settled:
            return False  # the first poll is yet to come
        return all(at_ms < settled_ms - self._lists.window_terms.overlap_ms for settled_ms in settled)
