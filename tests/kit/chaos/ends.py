"""How a worker may end: what docs/operations.md says under "What ends a worker", where a campaign gives cause to."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

import aiokafka.errors
from confluent_kafka import KafkaException

from connector.errors import PartitionLost
from connector.kafka.producer import ProduceFailed
from tests.kit.chaos.plan import Part


@dataclass(frozen=True, slots=True)
class ListedEnd:
    """`listed`: words of the page. `pattern`: what the log says then. `causes`: the parts whose disturbance is one."""

    listed: str
    pattern: re.Pattern[str]
    causes: frozenset[Part]


_KINDS = [kind.__name__ for kind in vars(aiokafka.errors).values() if isinstance(kind, type)]
_KINDS += [kind.__name__ for kind in (KafkaException, ProduceFailed, PartitionLost)]
# A log tells the kind of an exception without its module, and of what is not ours nothing else
KAFKA_FAULT = rf"^(?:{'|'.join(_KINDS)})(?::|$)"
LISTED = (
    ListedEnd(
        "Kafka can't be reached at the start",
        re.compile(r"^Kafka at \S+: "),
        frozenset({Part.BROKER}),
    ),
    ListedEnd(
        "Kafka does not answer while partitions are taken over",
        re.compile(r"^Kafka does not let this worker write partition \d+: _[A-Z_]+ \(Local: "),
        frozenset({Part.BROKER}),
    ),
    ListedEnd(
        "is not read to its end within 60 s",
        re.compile(r": could not be read to its end within"),
        frozenset({Part.BROKER, Part.REGISTRY}),
    ),
    ListedEnd(
        "does not answer at the start",
        re.compile(r"^the schema registry at \S+ did not answer as expected"),
        frozenset({Part.REGISTRY}),
    ),
    ListedEnd(
        "the clock was set back by more than five seconds",
        re.compile(r"^the clock was set back by \d+ s"),
        frozenset({Part.FIRST_CLOCK, Part.SECOND_CLOCK}),
    ),
    ListedEnd(
        "A stop that takes more than 30 s",
        re.compile(r"^the worker did not stop within 30 s"),
        frozenset({Part.BROKER, Part.FIRST_CLOCK, Part.SECOND_CLOCK}),
    ),
    ListedEnd(
        "Kafka away for long",
        re.compile(KAFKA_FAULT),
        frozenset({Part.BROKER}),
    ),
    ListedEnd(
        "a worker that stood still as long",
        re.compile(KAFKA_FAULT),
        frozenset({Part.FIRST, Part.SECOND}),
    ),
)


def listed_as(said: str, disturbed: Collection[Part]) -> str | None:
    """The page's words for an end with exit code 1, if they fit what was disturbed of late. `said`: its last word."""
    for end in LISTED:
        if end.causes & set(disturbed) and end.pattern.search(said):
            return end.listed
    return None


def last_word(log: str) -> str:
    """Why a worker ended, as its log tells: the fault itself where there was a traceback."""
    lines = log.splitlines()
    for line in reversed(lines):
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if told.get("level") == "critical" or told.get("event", "").startswith("the worker did not stop"):
            *_, fault = told.get("exception", told["event"]).splitlines()
            return str(fault)
    return lines[-1] if lines else ""
