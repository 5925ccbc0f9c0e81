"""Which calls Amazon throttled because of who sent them, and which because they were held up on their way.

The simulator counts calls as they arrive. On a machine with more work than it can do it stands still now and then, and
what was sent over a second arrives at once: then a worker that kept its limit is throttled. How long a call was on its
way is told by the worker's own measure of it, on a clock that no step of the wall clock changes, less the time that
the simulator took.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]

WINDOW_S = 1.5
"""A limit's second, and what the simulator tolerates of it."""
HELD_UP_S = 0.25


def throttled_by_worker(calls: Sequence[Record], api_calls: Iterable[Record]) -> Iterator[Record]:
    """`calls`: as Amazon saw them. `api_calls`: what workers recorded of them. Those that were throttled though none of
    their merchant and operation within the second before was held up."""
    latency_s = {record["request_id"]: record["latency_ms"] / 1000 for record in api_calls if record["request_id"]}

    def held_up(call: Record) -> bool:
        measured_s, ended_s = latency_s.get(call["request_id"]), call["answered_at"]
        return measured_s is not None and ended_s is not None and measured_s - (ended_s - call["at"]) > HELD_UP_S

    for call in calls:
        if call["throttled"] and not any(held_up(other) for other in _before(call, calls)):
            yield call


def _before(call: Record, calls: Sequence[Record]) -> Iterator[Record]:
    for other in calls:
        same = (other["merchant_id"], other["operation"]) == (call["merchant_id"], call["operation"])
        if same and 0 <= call["at"] - other["at"] < WINDOW_S:
            yield other
