"""Many records of one partition as one Faust message."""

from collections.abc import Iterable, Sequence
from typing import Any

import faust
from faust.types import TP
from faust.types.tuples import ConsumerMessage


class BatchSchema(faust.Schema):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    """Hands a batch's records to the agent untouched."""

    def loads_key(self, *_: Any, **__: Any) -> None:
        return None

    def loads_value(self, _: Any, message: Any, **__: Any) -> Any:
        return message.value


class Batch(ConsumerMessage):  # type: ignore[misc]  # as above
    """Consecutive records of one partition; `value` is the list of its KafkaRecords.

    It covers all offsets before `end`, those of skipped records (aborted, compacted, transaction markers) too.
    `begin` is its first record's offset; `offset` is `end - 1`, as Faust expects of a message. `live` until its
    partition is seeked or revoked. `taken`: an agent has its records.
    """

    def __init__(self, tp: TP, records: Sequence[Any], end: int, *, generation_id: int) -> None:
        timestamp = records[-1].timestamp / 1000 if records else 0.0
        super().__init__(
            tp.topic, tp.partition, end - 1, timestamp, 0, None, None, records, None, tp=tp, generation_id=generation_id
        )
        self.begin = records[0].offset if records else end
        self.end = end
        self.live = True
        self.taken = False


def together(batch: Batch, in_flight: Iterable[Batch], most: int) -> list[Batch]:
    """The batch, and those of its partition that come after it, as many as have no more than `most` records with it.
    Alone, where it is not in flight any more: those that are then are of another log, which begins before its offsets.
    """
    found, left, in_flight = [batch], most - len(batch.value), tuple(in_flight)
    for later in in_flight if batch in in_flight else ():
        if later.begin >= batch.end and not later.taken:
            left -= len(later.value)
            if left < 0:
                break
            found.append(later)
    return found
