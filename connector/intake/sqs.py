"""Amazon's notifications from SQS: saved first, deleted after. Region, credentials, endpoint: AWS's own settings."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from connector.errors import ConnectorError
from connector.foreign.aws import aws_code, aws_fault, aws_request_id
from connector.foreign.codes import code_of

BATCH = 10  # the most that SQS hands out, and deletes, at once
WAIT_S = 2  # a thread can't be interrupted: stopping takes that long at most
FIRST_REST_S = 0.5
LONGEST_REST_S = 60.0

IntakeStage = Literal["receive", "save", "delete"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RawMessage:
    """As received, readable or not. `message_id` stays the same when SQS hands it out again."""

    message_id: str
    body: str = field(repr=False)
    receipt_handle: str = field(repr=False)


class NotDeleted(Exception):
    """SQS kept some messages, and will hand them out again."""


class SqsIntake:
    """`save` returns when the messages are durable, and raises if they are not; it gets the same one twice at times.

    `chance`: a random number in [0, 1) that spreads the rests after a fault.
    """

    def __init__(
        self, queue_url: str, save: Callable[[Sequence[RawMessage]], Awaitable[None]], chance: Callable[[], float]
    ) -> None:
        """Raises ConnectorError where AWS's settings can't be used. Connects to nothing yet."""
        import boto3  # slow to import: not where there is no queue
        from botocore.config import Config

        config = Config(connect_timeout=3, read_timeout=WAIT_S + 5, retries={"total_max_attempts": 1})
        try:
            self._sqs = boto3.client("sqs", config=config)
        except BotoCoreError as error:
            raise ConnectorError(
                f"SQS can't be used: {aws_fault(error)}; see AWS_DEFAULT_REGION and the other AWS_* ones"
            ) from None
        except ValueError:  # boto3's own, whose text quotes it
            raise ConnectorError("SQS can't be used: AWS_ENDPOINT_URL is no URL") from None
        self._queue_url = queue_url
        self._save = save
        self._chance = chance
        self._troubles: dict[IntakeStage, str] = {}

    @property
    def troubles(self) -> Mapping[IntakeStage, str]:
        """What does not work now, and why."""
        return self._troubles

    async def run(self) -> None:
        """Until cancelled. What was received and not deleted by then, SQS hands out again."""
        failures = 0
        while True:
            failures = 0 if await self._round() else failures + 1
            if failures:
                await asyncio.sleep(_rest_s(failures, self._chance()))

    async def _round(self) -> bool:
        stage: IntakeStage = "receive"
        try:
            messages = await asyncio.to_thread(self._receive)
            self._works(stage)
            if messages:
                stage = "save"
                await self._save(messages)
                self._works(stage)
                stage = "delete"
                await asyncio.to_thread(self._delete, messages)
                self._works(stage)
        except Exception as error:  # noqa: BLE001 - whatever failed, the queue still holds the messages
            self._fails(stage, error)
            return False
        return True

    def _receive(self) -> list[RawMessage]:
        answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=WAIT_S)
        return [
            RawMessage(message["MessageId"], message["Body"], message["ReceiptHandle"])
            for message in answer.get("Messages", [])
        ]

    def _delete(self, messages: Sequence[RawMessage]) -> None:
        answer = self._sqs.delete_message_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message.receipt_handle} for number, message in enumerate(messages)
            ],
        )
        if failed := answer.get("Failed", []):
            raise NotDeleted(
                f"{len(failed)} of {len(messages)} messages, first reason {code_of(failed[0].get('Code'))}"
            )

    def _works(self, stage: IntakeStage) -> None:
        if self._troubles.pop(stage, None):
            log.info("the queue of notifications works again", extra={"stage": stage})

    def _fails(self, stage: IntakeStage, error: Exception) -> None:
        """Told when it begins, or has another reason; a queue that is away for a day is no reason for a full disk."""
        reason = _reason(error)
        if self._troubles.get(stage) != reason:
            self._troubles[stage] = reason
            told = {"stage": stage, "because": reason, "request_id": aws_request_id(error)}
            log.warning("the queue of notifications can't be emptied", extra=told)


def _rest_s(failures: int, chance: float) -> float:
    longest = min(FIRST_REST_S * 2.0 ** min(failures - 1, 16), LONGEST_REST_S)
    return longest * (0.5 + chance / 2)


def _reason(error: Exception) -> str:
    """Texts of others may quote a message, so only their kind is told."""
    match error:
        case ClientError():
            return aws_code(error) or "an error without a code"
        case BotoCoreError():
            return aws_fault(error)
        case NotDeleted():
            return str(error)
        case _:
            return type(error).__name__
