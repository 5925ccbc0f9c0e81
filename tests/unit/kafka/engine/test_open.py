"""How much is fetched ahead of an agent."""

from collections.abc import Sequence

import pytest

from connector.kafka.engine.app import DEFAULTS, BatchApp
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.engine.open import LARGE_WAITING, attach_agent
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS, Topic


async def apply(_partition: int, _records: Sequence[KafkaRecord]) -> None:
    raise AssertionError("nothing is delivered here")


async def park(_record: KafkaRecord, _fault: Exception) -> None:
    raise AssertionError("nothing is delivered here")


@pytest.mark.parametrize(
    ("topic", "batches"), [(INVENTORY, LARGE_WAITING), (ORDER_COMMANDS, DEFAULTS["stream_buffer_maxsize"])]
)
async def test_more_batches_wait_for_the_agent_of_a_topic_where_the_later_overtakes_the_earlier(
    topic: Topic, batches: int
) -> None:
    app = BatchApp("app", broker="kafka://nowhere")
    attach_agent(app, topic, apply, lambda *_: None, park)
    assert app.agents[topic.name].channel.clone(is_iterator=True).queue.maxsize == batches
