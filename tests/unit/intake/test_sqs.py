"""The intake from SQS: nothing is deleted before it is saved, and nothing stops it for good."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from typing import Any

import pytest

from connector.errors import ConnectorError
from connector.intake.sqs import LONGEST_REST_S, RawMessage, SqsIntake, _rest_s
from tests.kit.aws import Aws, Queue
from tests.kit.http.aws import AwsProxy, Forward, Request, Response

DEADLINE_S = 20.0
Save = Callable[[Sequence[RawMessage]], Any]


class Saved:
    """A save that the test scripts: `before` runs first and may fail."""

    def __init__(self) -> None:
        self.messages: list[RawMessage] = []
        self.before: Callable[[], Any] = lambda: None

    async def __call__(self, messages: Sequence[RawMessage]) -> None:
        self.before()
        self.messages += messages

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test ends with waiting for one."""
    monkeypatch.setattr("connector.intake.sqs.WAIT_S", 0)


@pytest.fixture
def queue(aws: Aws) -> Queue:
    return Queue(aws, visibility_s=1)


@pytest.fixture
def saved() -> Saved:
    return Saved()


@asynccontextmanager
async def running(queue: Queue, save: Save) -> AsyncIterator[SqsIntake]:
    intake = SqsIntake(queue.url, save, chance=lambda: 0.0)
    task = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - the queue tells nobody
            await asyncio.sleep(0.02)


async def test_all_are_saved_then_deleted(queue: Queue, saved: Saved) -> None:
    bodies = [f"message {number}" for number in range(25)]
    queue.send(*bodies)
    async with running(queue, saved):
        await until(lambda: queue.held() == 0)
    assert sorted(saved.bodies) == sorted(bodies)


async def test_a_kill_between_save_and_delete_loses_nothing(queue: Queue, saved: Saved) -> None:
    queue.send("one", "two")
    killed: list[RawMessage] = []

    async def save_then_die(messages: Sequence[RawMessage]) -> None:
        killed.extend(messages)
        raise asyncio.CancelledError  # the process ends here: nothing after the save runs

    with suppress(asyncio.CancelledError):
        await SqsIntake(queue.url, save_then_die, chance=lambda: 0.0).run()
    assert killed
    assert queue.held() == 2
    async with running(queue, saved):
        await until(lambda: queue.held() == 0)
    assert sorted(saved.bodies) == ["one", "two"]
    assert {message.message_id for message in killed} <= {message.message_id for message in saved.messages}


async def test_nothing_is_deleted_while_the_save_goes_on(queue: Queue, saved: Saved) -> None:
    queue.send("one")
    started, release = asyncio.Event(), asyncio.Event()

    async def slow(messages: Sequence[RawMessage]) -> None:
        started.set()
        await release.wait()
        await saved(messages)

    async with running(queue, slow):
        await asyncio.wait_for(started.wait(), DEADLINE_S)
        assert queue.held() == 1
        release.set()
        await until(lambda: queue.held() == 0)


async def test_a_failed_save_deletes_nothing_and_is_tried_again(
    queue: Queue, saved: Saved, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    queue.send("a buyer's data")
    failures = 0

    def fail_three_times() -> None:
        nonlocal failures
        if failures < 3:
            failures += 1
            assert queue.held() == 1
            raise RuntimeError("could not save a buyer's data")

    saved.before = fail_three_times
    async with running(queue, saved) as intake:
        await until(lambda: queue.held() == 0)
    assert saved.bodies == ["a buyer's data"]
    assert intake.troubles == {}
    told = [record.getMessage() for record in caplog.records if record.name == "connector.intake.sqs"]
    assert told == ["the queue of notifications can't be emptied", "the queue of notifications works again"]
    assert "buyer" not in "".join(str(record.__dict__) for record in caplog.records)


@pytest.mark.parametrize("garbage", ["{", "\U0001f4e6 Zoë", "x" * 250_000, "null", " "])
async def test_garbage_is_saved_as_it_is(queue: Queue, saved: Saved, garbage: str) -> None:
    queue.send(garbage)
    async with running(queue, saved):
        await until(lambda: queue.held() == 0)
    assert saved.bodies == [garbage]


async def test_duplicates_are_saved_each(queue: Queue, saved: Saved) -> None:
    queue.send(*["the same"] * 10)
    async with running(queue, saved):
        await until(lambda: queue.held() == 0)
    assert saved.bodies == ["the same"] * 10


async def test_what_sqs_did_not_delete_comes_again(
    aws: Aws, queue: Queue, saved: Saved, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS on this machine never fails in part."""
    queue.send("one", "two")
    refused: list[str] = []

    def all_but_one_first(request: Request, forward: Forward) -> Response:
        if request.action != "DeleteMessageBatch" or refused:
            return forward(request)
        asked = json.loads(request.body)
        refused.append(asked["Entries"].pop()["Id"])
        response = forward(replace(request, body=json.dumps(asked).encode()))
        deleted = json.loads(response.body) if asked["Entries"] else {}
        failed = [{"Id": refused[0], "Code": "InternalError", "SenderFault": False}]
        return Response(200, response.headers, json.dumps({"Successful": [], **deleted, "Failed": failed}).encode())

    with closing(AwsProxy(aws, all_but_one_first)) as sqs:
        monkeypatch.setenv("AWS_ENDPOINT_URL", sqs.url)
        async with running(queue, saved):
            await until(lambda: queue.held() == 0)
    assert set(saved.bodies) == {"one", "two"}
    assert len(saved.bodies) == 3
    assert "first reason InternalError" in caplog.records[0].__dict__["because"]


async def test_a_queue_that_is_not_there_yet_is_told_once(
    aws: Aws, queue: Queue, saved: Saved, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "connector")
    monkeypatch.setattr("connector.intake.sqs.FIRST_REST_S", 0.05)
    rests = 0

    def chance() -> float:
        nonlocal rests
        rests += 1
        return 0.0

    aws.client("sqs").delete_queue(QueueUrl=queue.url)
    intake = SqsIntake(queue.url, saved, chance)
    task = asyncio.create_task(intake.run())
    await until(lambda: rests >= 3)
    assert "NonExistentQueue" in intake.troubles["receive"]
    Queue(aws, visibility_s=1).send("one")
    await until(lambda: queue.held() == 0 and not intake.troubles)
    task.cancel()
    assert saved.bodies == ["one"]
    assert len(caplog.records) == 2


async def test_an_unreachable_queue_is_no_crash(queue: Queue, saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    async with running(queue, saved) as intake:
        await until(lambda: bool(intake.troubles))
        assert intake.troubles == {"receive": "no connection could be made (EndpointConnectionError)"}


def test_an_address_that_is_none_is_told(saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "secret words")
    with pytest.raises(ConnectorError, match="AWS_ENDPOINT_URL is no URL") as told:
        SqsIntake("https://sqs.example/1/queue", saved, lambda: 0.5)
    assert "secret" not in str(told.value)


async def test_it_stops_at_once_while_it_waits(
    aws: Aws, queue: Queue, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.intake.sqs.WAIT_S", 1)
    waits = threading.Event()

    def told(request: Request, forward: Forward) -> Response:
        waits.set()
        return forward(request)

    with closing(AwsProxy(aws, told)) as sqs:
        monkeypatch.setenv("AWS_ENDPOINT_URL", sqs.url)
        task = asyncio.create_task(SqsIntake(queue.url, saved, chance=lambda: 0.0).run())
        assert await asyncio.to_thread(waits.wait, DEADLINE_S)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=DEADLINE_S)
        assert done == {task}
        assert task.cancelled()


def test_rests_grow_to_a_limit_and_are_spread() -> None:
    rests = [_rest_s(failures, 0.999) for failures in range(1, 40)]
    assert rests == sorted(rests)
    assert LONGEST_REST_S * 0.9 < rests[-1] <= LONGEST_REST_S
    assert _rest_s(1, 0.0) * 2 == pytest.approx(_rest_s(1, 1.0))


def test_a_message_shows_nothing_of_its_content() -> None:
    assert repr(RawMessage("m-1", "a buyer", "receipt")) == "RawMessage(message_id='m-1')"


def test_a_missing_region_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(ConnectorError, match="AWS_DEFAULT_REGION"):
        SqsIntake("https://queue.example", Saved(), chance=lambda: 0.0)
