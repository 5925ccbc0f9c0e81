"""What a list's answer does to its row: a window settled or failed, a list parked or split, an API not enabled."""

import logging
from typing import assert_never

from msgspec.structs import replace

from connector.agents.polling.answers import AnsweredPage, answer_of
from connector.agents.polling.api_access import AccessVerdict, ApiAccess
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.rows import RowEdit
from connector.domain.ids import stable_id
from connector.domain.outcomes import NAMES, Forbidden, Refused
from connector.domain.polling.alerts import closed_api_key
from connector.domain.polling.polls import PolledList, at_location, is_by_location_alone, key_at, list_name
from connector.domain.polling.windows import (
    Answered,
    Watermark,
    fail_window,
    is_misdated,
    page_wait_ms,
    resume,
    settle_page,
    window_wait_ms,
)
from connector.domain.quarantine import TRIES
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

TRY_LOCATION_AFTER = 2  # refusals of the whole merchant's list: the first may be a passing one
MERCHANT_WAIT_MS = 60_000
FORBIDDEN = NAMES[Forbidden]
NOT_GIVEN = (FORBIDDEN, NAMES[Refused])

log = logging.getLogger(__name__)


class ListTroubles:
    def __init__(self, lists: PolledLists, access: ApiAccess) -> None:
        self._lists = lists
        self._access = access

    def accepted(self, merchant_id: str, operation: str) -> None:
        """Amazon took a call that is none of a list's."""
        self._access.accepted(merchant_id, operation)

    def settle(self, edit: RowEdit, poll: PolledList, each: AnsweredPage) -> None:
        """The row after the page, and its list's next time."""
        row, asked = edit.get(poll.key), each.asked
        from_ms = asked.opened.settled_ms if asked.from_ms is None else asked.from_ms
        found = resume(row, asked.opened, from_ms)
        if row is None and not poll.is_sweep and is_misdated(each.page, each.received.value["answered_at"]):
            edit.wait(poll, None)  # once more, by Amazon's time, which is known now
        elif each.listed is None:
            self._fail(edit, poll, found, each)
        else:
            self._accept(edit, poll, found, each, each.listed)

    # The list was given

    def _accept(
        self,
        edit: RowEdit,
        poll: PolledList,
        found: Watermark,
        each: AnsweredPage,
        listed: ShipmentsPage | ReturnsPage,
    ) -> None:
        self._heard(edit, poll)
        answered = Answered(
            next_token=listed.next_token,
            version=listed.version,
            answered_ms=each.received.value["answered_at"],
            shells=tuple(stable_id(shell.raw) for shell in listed.unread),
        )
        after = settle_page(found, each.page, answered, self._lists.window_terms.lag_ms, edit.now_ms)
        if not poll.location_id:
            after = replace(after, by_location=False)
        elif not is_by_location_alone(poll):
            self._split(edit, poll)
        edit.put(poll.key, after)
        if after.page is not None:
            edit.wait(poll, page_wait_ms(after) / 1000)
        elif after.trouble is not None:
            edit.wait(poll, window_wait_ms(after.trouble, found.progress.pages + 1) / 1000)
        elif not self._lists.is_needed(poll):
            self._lists.drop(poll.merchant_id, poll.key)
            edit.delete(poll.key)
        else:
            if not poll.location_id:
                self._forget_parts(edit, poll)
            is_behind = each.page.is_bounded and after.settled_ms > found.settled_ms
            edit.wait(poll, 0.0 if is_behind else None)

    def _heard(self, edit: RowEdit, poll: PolledList) -> None:
        """Amazon gives this list of the API: it is open to the merchant."""
        self._access.accepted(poll.merchant_id, poll.operation, poll.key)
        key = closed_api_key(poll.merchant_id, poll.operation)
        if edit.get(key) is not None:
            edit.delete(key)
            self._access.not_enabled.discard(f"{poll.merchant_id}|{poll.operation}")
            for other in self._lists.of(poll.merchant_id, poll.operation):
                edit.wait(other, 0.0)

    def _split(self, edit: RowEdit, part: PolledList) -> None:
        """One location's list is given where the whole merchant's was refused: each is asked from now on."""
        whole = at_location(part, "")
        row = edit.get(whole.key)
        if row is not None and row.trouble is not None and not row.by_location:
            edit.put(whole.key, replace(row, by_location=True, trouble=None))
            self._lists.split(whole)
            log.warning(
                "Amazon refuses a list of the whole merchant and gives that of a location: each location is asked",
                extra={"merchant": part.merchant_id, "list": list_name(whole.key)},
            )

    def _forget_parts(self, edit: RowEdit, whole: PolledList) -> None:
        """The whole merchant's list is given: those of its locations, as version 0.1 had them, are needed no more."""
        for part in self._lists.parts(whole):
            self._lists.drop(whole.merchant_id, part)
            edit.delete(part)

    # The list was not given

    def _fail(self, edit: RowEdit, poll: PolledList, found: Watermark, each: AnsweredPage) -> None:
        after = fail_window(found, each.page, answer_of(each.received), edit.now_ms)
        if after.trouble is None or after is found:
            edit.wait(poll, 0.0)  # it was another window's
            return
        outcome = each.received.value["outcome"]
        whole = edit.get(key_at(poll, "")) if poll.location_id else None
        if poll.location_id and not is_by_location_alone(poll) and (whole is None or not whole.by_location):
            self._lists.drop(poll.merchant_id, poll.key)  # it was only tried
            edit.delete(poll.key)
            if outcome == FORBIDDEN:
                self._access.refused(poll.merchant_id, poll.operation, poll.key, ())
            return
        if found.by_location:
            edit.put(poll.key, replace(after, trouble=None))
            edit.wait(poll, self._lists.sweep_interval_s)
            return
        wait_ms, verdict = window_wait_ms(after.trouble, found.progress.pages + 1), AccessVerdict.LIST
        if outcome == FORBIDDEN:
            verdict = self._verdict(poll)
        match verdict:
            case AccessVerdict.LIST:
                if outcome in NOT_GIVEN and not each.page.token and after.trouble.count >= TRY_LOCATION_AFTER:
                    self._lists.try_location(poll)
            case AccessVerdict.NOT_ENABLED:
                self._close_api(edit, poll)
                after, wait_ms = _not_parked(after), round(self._access.rest_s * 1000)
            case AccessVerdict.MERCHANT:
                after, wait_ms = _not_parked(after), min(wait_ms, MERCHANT_WAIT_MS)
            case _:
                assert_never(verdict)
        edit.put(poll.key, after)
        edit.wait(poll, wait_ms / 1000)
        log.warning(
            "Amazon does not give a list",
            extra={
                "merchant": poll.merchant_id,
                "list": list_name(poll.key),
                "outcome": outcome,
                "code": each.received.value["code"],
                "parked": after.trouble is not None and after.trouble.is_parked,
            },
        )

    def _verdict(self, poll: PolledList) -> AccessVerdict:
        """Of a 403. Only when a location's list was refused too is that of the whole merchant taken for refused."""
        if self._access.rests(poll.merchant_id, poll.operation):
            return AccessVerdict.NOT_ENABLED  # still, though a restart has not tried all of its lists yet
        lists = [other.key for other in self._lists.of(poll.merchant_id, poll.operation) if not other.is_sweep]
        tried = [] if is_by_location_alone(poll) else list(self._lists.parts(poll))[:1]
        return self._access.refused(poll.merchant_id, poll.operation, poll.key, [*lists, *tried])

    def _close_api(self, edit: RowEdit, poll: PolledList) -> None:
        """All of the API's lists are refused: one alert instead of one for each."""
        key = closed_api_key(poll.merchant_id, poll.operation)
        self._access.not_enabled.add(f"{poll.merchant_id}|{poll.operation}")
        if edit.get(key) is not None:
            return
        edit.put(key, Watermark(edit.now_ms))
        for other in self._lists.of(poll.merchant_id, poll.operation):
            row = edit.get(other.key)
            if row is not None and row.trouble is not None and row.trouble.is_parked:
                edit.put(other.key, _not_parked(row))
            edit.wait(other, self._access.rest_s)
        log.warning(
            "Amazon refuses one API and opens others: not enabled for the merchant; tried again slowly",
            extra={"merchant": poll.merchant_id, "operation": poll.operation},
        )


def _not_parked(row: Watermark) -> Watermark:
    """It is not this list that is in trouble."""
    trouble = row.trouble
    return replace(row, trouble=replace(trouble, count=min(trouble.count, TRIES - 1))) if trouble else row
