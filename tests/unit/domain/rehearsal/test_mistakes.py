"""What an OMS wrote wrongly, by cause."""

from typing import Any

from connector.domain.rehearsal.mistakes import MOST_EXAMPLES, REMEDIES, Example, Mistakes

SOURCES = frozenset({"rehearsal.oms.inventory", "rehearsal.oms.order-commands"})


def letter(reason: str, message: str, offset: int = 7, topic: str = "rehearsal.oms.inventory", **facts: Any) -> Any:
    place = {"topic": topic, "partition": 2, "offset": offset, "first_partition": None, "first_offset": None}
    return {**place, "reason": reason, "message": message, **facts}


def test_they_are_counted_by_topic_and_cause_with_examples_of_the_field_and_the_remedy() -> None:
    mistakes = Mistakes(SOURCES)
    for offset in range(20):
        mistakes.dead_letter(letter("UNKNOWN_LOCATION", "location_id: it is none of the merchant's; add it", offset))
    mistakes.dead_letter(letter("UNDECODABLE", "the value is cut off within the oms.inventory"))
    first, second = mistakes
    assert (first.cause, first.count, len(first.examples)) == ("UNKNOWN_LOCATION", 20, MOST_EXAMPLES)
    assert first.remedy == REMEDIES["UNKNOWN_LOCATION"]
    message = "location_id: it is none of the merchant's; add it"
    assert first.examples[0] == Example("rehearsal.oms.inventory", 2, 0, "location_id", message)
    assert second.examples[0].field == "", "the whole record is at fault"


def test_what_amazon_told_badly_is_not_the_oms_mistake() -> None:
    mistakes = Mistakes(SOURCES)
    mistakes.dead_letter(letter("UNREADABLE_FACT", "status: no text", topic="rehearsal.connector.api-calls"))
    assert list(mistakes) == []


def test_the_place_is_where_the_oms_wrote_it_not_where_it_was_sent_on_to() -> None:
    mistakes = Mistakes(SOURCES)
    mistakes.dead_letter(letter("INVALID", "sku: it is empty", first_partition=5, first_offset=11))
    ((example,),) = [mistake.examples for mistake in mistakes]
    assert (example.partition, example.offset) == (5, 11)


def test_a_command_that_our_own_rules_forbid_is_one_and_amazons_refusal_is_none() -> None:
    mistakes = Mistakes(SOURCES)
    for offset, code in enumerate(("InvalidInput", "INVALID_COMMAND", "INVALID_COMMAND")):
        command_id = f"c-{code}"
        mistakes.command({"command_id": command_id}, ("rehearsal.oms.order-commands", 1, offset))
        result = {"command_id": command_id, "outcome": "REFUSED", "code": code, "action": "Ship"}
        for _ in range(2):  # published again
            mistakes.result({**result, "message": "status: it is ACCEPTED"})
    (mistake,) = mistakes
    assert (mistake.cause, mistake.count) == ("Ship REFUSED INVALID_COMMAND", 2)
    message = "status: it is ACCEPTED"
    assert mistake.examples[0] == Example("rehearsal.oms.order-commands", 1, 1, "status", message)
