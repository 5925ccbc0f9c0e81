"""Amazon's SQS in memory: at least once, in any order, again when a message is not deleted in time."""

from dataclasses import dataclass
from typing import Any

from tests.kit.simulation.engine.timeline import Blocked, News, Timeline

VISIBILITY_S = 30.0


@dataclass(slots=True)
class _Message:
    number: int
    body: str
    visible_at_s: float


class Queue:
    """boto3's client, as the intake uses it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._messages: list[_Message] = []
        self._news = News()
        self.sent = 0

    @property
    def left(self) -> int:
        return len(self._messages)

    async def notify(self, body: str) -> None:
        self.sent += 1
        self._messages.append(_Message(self.sent, body, self._timeline.now_s))
        self._news.tell()

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # SQS's names
        now_s = self._timeline.now_s
        visible = [message for message in self._messages if message.visible_at_s <= now_s][:MaxNumberOfMessages]
        if not visible:
            raise Blocked(self._news)
        for message in visible:
            message.visible_at_s = now_s + VISIBILITY_S
        self._timeline.after(VISIBILITY_S, self._news.tell)
        return {
            "Messages": [
                {"MessageId": f"sqs-{each.number}", "Body": each.body, "ReceiptHandle": str(each.number)}
                for each in visible
            ]
        }

    def delete_message_batch(self, *, Entries: list[dict[str, str]], **_: Any) -> dict[str, Any]:
        gone = {int(entry["ReceiptHandle"]) for entry in Entries}
        self._messages = [message for message in self._messages if message.number not in gone]
        return {}
