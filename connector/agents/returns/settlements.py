"""What calls for single returns came to for the commands that asked: after the returns' own rows and events."""

from collections.abc import Sequence

from connector.agents.incoming import Received
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.edits import ShipmentEdits
from connector.agents.polling.answers import AnsweredRead, answer_of, list_answer
from connector.agents.returns.commands import end_refresh
from connector.agents.returns.flows import is_told
from connector.agents.returns.refreshes import ReturnRefreshes
from connector.domain.orders.results import Finish
from connector.domain.outcomes import FINAL, NAMES, Forbidden, Unknown
from connector.domain.polling.polls import LIST_RETURNS
from connector.domain.quarantine import Trouble, troubled, wait_ms
from connector.domain.returns.refreshes import found, not_given
from connector.kafka.avro.codec import BadRecord

STRANGE = (NAMES[Forbidden], NAMES[Unknown])


class RefreshSettlements:
    """After PollingSettlements: a command is DONE when what it asked for is told.

    A call that fails strangely is made a few times, seconds apart; then its commands are refused: the OMS may ask
    again.
    """

    def __init__(self, shipments: ShipmentEdits, refreshes: ReturnRefreshes, merchants: KnownMerchants) -> None:
        self._shipments = shipments
        self._refreshes = refreshes
        self._merchants = merchants
        self._troubles: dict[tuple[str, str], Trouble] = {}

    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None:
        reads = [read for each in api_calls if (read := _answered(each)) is not None]
        if not reads:
            return
        waits: dict[tuple[str, str], float] = {}
        async with self._shipments.editing(partition, now_ms) as edit:
            for read in reads:
                end = self._end(read, now_ms)
                which = read.merchant_id, read.return_id
                trouble = self._troubles.get(which)
                waits[which] = wait_ms(trouble) / 1000 if trouble else 0.0
                if end is not None:
                    for key in read.commands:
                        end_refresh(edit, key, end)
        for (merchant_id, return_id), wait_s in waits.items():
            self._refreshes.settled(merchant_id, return_id, wait_s)

    def _end(self, read: AnsweredRead, now_ms: int) -> Finish | None:
        """None: it is tried again."""
        which, answer = (read.merchant_id, read.return_id), answer_of(read.received)
        if read.found is not None:
            self._troubles.pop(which, None)
            (facts,) = read.found.returns
            return found(facts, is_told=is_told(self._merchants, read.merchant_id, facts))
        if read.received.value["outcome"] in STRANGE:
            trouble = troubled(self._troubles.get(which), answer, now_ms)
            if not trouble.is_parked:
                self._troubles[which] = trouble
                return None
        self._troubles.pop(which, None)
        return not_given(read.return_id, answer)


def _answered(each: Received) -> AnsweredRead | None:
    call = each.value
    if call["operation"] != LIST_RETURNS or not call["return_id"] or not call["asked"] or call["outcome"] not in FINAL:
        return None
    try:
        read = list_answer(each)
    except BadRecord:  # a dead letter by now: PollingSettlements reads the same
        return None
    return read if isinstance(read, AnsweredRead) else None
