"""What the OMS wrote that could not be used, or was refused: by cause, counted, with examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.domain.rehearsal.evidence import RecordPlace

MOST_EXAMPLES = 5

REMEDIES: Mapping[str, str] = {
    "INCOMPATIBLE_SCHEMA": "write with the schema in schemas/, or one that is compatible with it",
    "INVALID": "correct the field that is named, and write the record again",
    "UNDECODABLE": "write Avro: the registry's wire format, or single-object encoding; and the topic's own schema",
    "UNEXPECTED": "report what the message names: it is a fault of the connector's",
    "UNKNOWN_LOCATION": "name a location of oms_locations in the merchants file, or add it there",
    "UNKNOWN_MERCHANT": "write the merchant_id of the merchants file; a rehearsal knows one merchant alone",
    "UNKNOWN_SCHEMA": "register the schema that the record was written with, then write it again",
    "WRONG_KEY": "the record's key must be its merchant_id, as UTF-8",
}
OUR_REFUSALS = ("INVALID_COMMAND", "QUEUE_FULL")
OF_A_REFUSAL = "correct what the message names, and send it under a new command_id"


@dataclass(frozen=True, slots=True)
class Example:
    """Where the OMS wrote it, before it was sent on to its home. `field`: the one at fault, "" where all of it is."""

    topic: str
    partition: int
    offset: int
    field: str
    message: str


@dataclass(slots=True)
class Mistake:
    """All records of one topic that have one cause."""

    topic: str
    cause: str
    remedy: str
    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass
class Mistakes:
    """`sources`: the topics that the OMS writes. Dead letters of others are of Amazon's making."""

    sources: frozenset[str]
    _found: dict[tuple[str, str], Mistake] = field(default_factory=dict)
    _commands: dict[str, RecordPlace] = field(default_factory=dict)

    def __iter__(self) -> Any:
        return iter(sorted(self._found.values(), key=lambda mistake: (-mistake.count, mistake.topic, mistake.cause)))

    def dead_letter(self, letter: Mapping[str, Any]) -> None:
        if letter["topic"] not in self.sources:
            return
        place = (letter["partition"], letter["offset"])
        if letter["first_partition"] is not None and letter["first_offset"] is not None:
            place = (letter["first_partition"], letter["first_offset"])
        self._count(letter["topic"], letter["reason"], REMEDIES.get(letter["reason"], ""), *place, letter["message"])

    def command(self, command: Mapping[str, Any], place: RecordPlace) -> None:
        """It may be refused."""
        self._commands.setdefault(command["command_id"], place)

    def result(self, result: Mapping[str, Any]) -> None:
        """Of a command that our own rules forbid: Amazon was not asked. Seen again, it is answered again."""
        place = self._commands.pop(result["command_id"], None)
        if place is not None and result["outcome"] == "REFUSED" and result["code"] in OUR_REFUSALS:
            topic, partition, offset = place
            cause = f"{result['action']} REFUSED {result['code']}"
            self._count(topic, cause, OF_A_REFUSAL, partition, offset, result["message"])

    def _count(self, topic: str, cause: str, remedy: str, partition: int, offset: int, message: str) -> None:
        mistake = self._found.setdefault((topic, cause), Mistake(topic, cause, remedy))
        mistake.count += 1
        if len(mistake.examples) < MOST_EXAMPLES:
            name, colon, _ = message.partition(":")
            named = name if colon and " " not in name else ""
            mistake.examples.append(Example(topic, partition, offset, named, message))
