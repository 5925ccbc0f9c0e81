"""The end of the consumer's thread, whatever its fetches are about at that moment."""

import asyncio
from types import SimpleNamespace

from connector.kafka.engine.consumer_thread import BatchConsumerThread
from tests.kit.virtual_time import run_virtual


class Consumer:
    """As aiokafka's `stop`: it waits for a fetch that it has cancelled while that rests after a failure."""

    def __init__(self) -> None:
        self.has_closed_connections = False
        self._client = SimpleNamespace(close=self._close)

    async def stop(self) -> None:
        resting = asyncio.create_task(asyncio.sleep(1))
        await asyncio.sleep(0)
        resting.cancel()
        await resting

    async def _close(self) -> None:
        self.has_closed_connections = True


def test_a_fetch_that_had_just_failed_does_not_end_the_stop() -> None:
    async def scenario() -> None:
        thread, consumer = BatchConsumerThread.__new__(BatchConsumerThread), Consumer()
        thread._method_queue, thread._consumer = None, consumer
        await thread.on_thread_stop()
        assert consumer.has_closed_connections

    run_virtual(scenario())
