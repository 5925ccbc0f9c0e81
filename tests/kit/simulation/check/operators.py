"""What operators say is in force: a paused merchant is only read, and stock off sale is 0."""

from collections.abc import Iterator

from tests.kit.simulation import plan as p
from tests.kit.simulation.amazon import Departed
from tests.kit.simulation.check.evidence import Evidence
from tests.kit.simulation.parties.operators import FOR_EVER_S, InForce

HEARD_S = 60.0
"""Within so long every worker has heard what an operator said, and its calls in flight are over."""


def called_while_paused(evidence: Evidence) -> Iterator[str]:
    """Nothing changes at Amazon for a merchant that is paused, but by a worker that Kafka did not hear."""
    pauses = [said for said in evidence.world.operators.said if isinstance(said.word, p.Pause)]
    for call in evidence.world.network.departed:
        if not _changes(call) or evidence.world.was_cut_off(call.worker, call.at_s, HEARD_S):
            continue
        for pause in pauses:
            is_in_force = pause.begin_s + HEARD_S < call.at_s < pause.end_s
            if is_in_force and pause.word.merchant_id == call.merchant_id:
                yield f"{call.worker} called {call.method} {call.path} at {call.at_s:.3f}, paused is {pause.word}"


def _changes(call: Departed) -> bool:
    if call.operation == "inventory":
        return '"quantity"' in call.body
    return call.operation != "token" and call.method != "GET"


def off_sale(evidence: Evidence) -> Iterator[str]:
    """Stock off sale gets no new number for units of it; what may be on its way ends under its own."""
    zeros = [said for said in evidence.world.operators.said if isinstance(said.word, p.OffSale)]
    for key, postings in evidence.postings.items():
        begun_s: dict[int, float] = {}
        for at_s, sequence, quantity in postings:
            begun_s.setdefault(sequence, at_s)
            if quantity == 0:
                continue
            for zero in zeros:
                if covers(zero, key) and zero.begin_s + HEARD_S < begun_s[sequence] < zero.end_s:
                    yield f"{key}: posted {quantity} at {at_s:.3f}, off sale is {zero.word}"


def covers(said: InForce, key: tuple[str, str, str]) -> bool:
    """Stock off sale covers the SKU. `key`: (merchant, Amazon's location, SKU)."""
    word = said.word
    if not isinstance(word, p.OffSale):
        return False
    return word.merchant_id == key[0] and word.location_id in ("", key[1]) and word.sku in ("", key[2])


def is_left_off_sale(evidence: Evidence, key: tuple[str, str, str]) -> bool:
    """In the end, too."""
    return any(said.end_s == FOR_EVER_S and covers(said, key) for said in evidence.world.operators.said)


def times_off_sale(evidence: Evidence, key: tuple[str, str, str]) -> int:
    return sum(covers(said, key) for said in evidence.world.operators.said)
