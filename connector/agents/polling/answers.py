"""What came of a poll, read again from its record on connector.api-calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.agents.incoming import Received
from connector.agents.polling.pages.windows import AskedPage
from connector.agents.returns.reads import AskedRead
from connector.domain.outcomes import ACCEPTED, Answer
from connector.domain.polling.polls import LIST_RETURNS, LIST_SHIPMENTS
from connector.domain.polling.windows import Page
from connector.kafka.avro.codec import BadRecord
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage

_PAGES: Mapping[str, type[ShipmentsPage] | type[ReturnsPage]] = {
    LIST_SHIPMENTS: ShipmentsPage,
    LIST_RETURNS: ReturnsPage,
}


@dataclass(frozen=True, slots=True)
class AnsweredPage:
    """`listed` None: it was not given."""

    received: Received
    asked: AskedPage
    page: Page
    listed: ShipmentsPage | ReturnsPage | None

    @property
    def merchant_id(self) -> str:
        return str(self.received.value["merchant_id"])


@dataclass(frozen=True, slots=True)
class AnsweredRead:
    """`found` None: it was not given. `commands`: keys of those that it answers; where there are none, it was made
    because no list shows the return."""

    received: Received
    return_id: str
    found: ReturnsPage | None
    commands: tuple[str, ...] = ()

    @property
    def merchant_id(self) -> str:
        return str(self.received.value["merchant_id"])


def answer_of(received: Received) -> Answer:
    call = received.value
    return Answer(
        http_status=call["http_status"], code=call["code"], message=call["message"], request_id=call["request_id"]
    )


def list_answer(received: Received) -> AnsweredPage | AnsweredRead:
    """Of a final outcome. Raises BadRecord."""
    call: Mapping[str, Any] = received.value
    accepted = call["outcome"] == ACCEPTED
    try:
        if call["return_id"]:
            found = msgspec.json.decode(call["answer"] or "", type=ReturnsPage) if accepted else None
            commands = msgspec.json.decode(call["asked"], type=AskedRead).commands if call["asked"] else ()
            return AnsweredRead(received, call["return_id"], found, commands)
        asked = msgspec.json.decode(call["asked"] or "", type=AskedPage)
        listed = msgspec.json.decode(call["answer"] or "", type=_PAGES[call["operation"]]) if accepted else None
    except msgspec.MsgspecError:
        raise BadRecord("INVALID", "asked, answer: no list's, or another version's") from None
    if asked.opened.page is None:
        raise BadRecord("INVALID", "asked: it names no page")
    return AnsweredPage(received, asked, asked.opened.page, listed)
