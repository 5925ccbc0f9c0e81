"""Whatever Amazon does with lower and repeated sequence numbers, the last word of the OMS ends up at Amazon."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.inventory.ledger import (
    CallKind,
    InventoryResult,
    InventoryUpdate,
    LedgerRow,
    Phase,
    UpdateVerdict,
    take_update,
)
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import CONTESTED_BEAT_MS, settle_inventory
from connector.domain.outcomes import Accepted, Answer, Conflict, Outcome, Refused, Unavailable

OK, SAID_409, SAID_400 = Answer(http_status=200), Answer(http_status=409), Answer(http_status=400)


@dataclass
class Amazon:
    """One SKU at Amazon, under one reading of what its documentation leaves open."""

    lower: str
    repeat: str
    sequence: int = 0
    quantity: int = 0
    heard: list[tuple[int, int]] = field(default_factory=list)

    def update(self, sequence: int, quantity: int) -> Outcome[InventoryLevel]:
        self.heard.append((sequence, quantity))
        rule = self.repeat if sequence == self.sequence else self.lower if sequence < self.sequence else "accept"
        if rule == "conflict":
            return Conflict(SAID_409)
        if rule == "refuse":
            return Refused(SAID_400)
        if rule == "accept":
            self.sequence, self.quantity = sequence, quantity
        return self.level(sequence if rule == "ignore-echo" else self.sequence)

    def level(self, sequence: int) -> Outcome[InventoryLevel]:
        return Accepted(OK, InventoryLevel(sequence, self.quantity, 0))


UPDATES = st.tuples(st.just("update"), st.integers(0, 9), st.integers(-3, 3))
CALLS = st.tuples(st.just("call"), st.sampled_from(["fine", "lost before", "lost after"]), st.just(0))
CRASHES = st.tuples(st.just("crash"), st.just(""), st.just(0))


def call(amazon: Amazon, row: LedgerRow, fate: str, now_ms: int) -> tuple[LedgerRow, InventoryResult | None]:
    kind = CallKind.UPDATE if row.phase is Phase.SEND else CallKind.FETCH
    outcome: Outcome[InventoryLevel] = Unavailable(Answer())
    if fate != "lost before":
        answered = (
            amazon.update(row.sequence, row.quantity) if kind is CallKind.UPDATE else amazon.level(amazon.sequence)
        )
        outcome = answered if fate == "fine" else outcome
    return settle_inventory(row, kind, row.sequence, outcome, now_ms)


@settings(max_examples=400)
@given(
    # a lower number that is applied all the same can't be told from one that fits: nothing to heal, nothing lost
    lower=st.sampled_from(["conflict", "ignore", "ignore-echo", "refuse", "accept"]),
    repeat=st.sampled_from(["accept", "conflict", "ignore", "ignore-echo"]),
    known=st.integers(0, 5),
    steps=st.lists(st.one_of(UPDATES, CALLS, CALLS, CRASHES), max_size=25),
)
def test_the_newest_update_reaches_amazon_under_every_rule(
    lower: str, repeat: str, known: int, steps: list[tuple[str, object, int]]
) -> None:
    amazon = Amazon(lower, repeat, sequence=known, quantity=99)
    row: LedgerRow | None = None
    maybe_sent, newest, now_ms = False, (-1, 0), 0
    announced: list[str] = []
    settled: list[InventoryResult] = []

    def do_call(fate: str) -> None:
        nonlocal row, maybe_sent
        assert row is not None
        before, maybe_sent = row.sequence, True
        row, result = call(amazon, row, fate, now_ms)
        maybe_sent = row.sequence == before and row.phase is not Phase.SETTLED
        settled.extend([result] if result else [])

    for position, (what, detail, shift) in enumerate(steps):
        now_ms += CONTESTED_BEAT_MS
        if what == "update":
            assert isinstance(detail, int)
            update = InventoryUpdate(f"u{position}", "M", "L", "S", detail, 1_000 + position + shift)
            row, verdict = take_update(row, update, maybe_sent, now_ms)
            if verdict is not UpdateVerdict.STALE:
                newest = (update.occurred_at_ms, detail)
            if verdict is UpdateVerdict.WAITING:
                announced.append(update.update_id)
            if verdict is UpdateVerdict.UNCHANGED:
                assert row.wanted == row.accepted_quantity
        elif row is not None and row.phase is not Phase.SETTLED:
            if what == "crash":
                maybe_sent = True  # a recovered row is in doubt
            else:
                do_call(str(detail))
    for _ in range(12):
        now_ms += CONTESTED_BEAT_MS
        if row is not None and row.phase is not Phase.SETTLED:
            do_call("fine")
    if row is None:
        return
    assert row.phase is Phase.SETTLED
    assert not row.refusal
    assert (row.wanted, row.quantity if amazon.heard else row.wanted) == (newest[1], newest[1])
    if amazon.heard:
        assert amazon.quantity == newest[1]
    pairs = dict(amazon.heard)
    assert all(pairs[sequence] == quantity for sequence, quantity in amazon.heard), "a number carried two quantities"
    sequences = [sequence for sequence, _ in amazon.heard]
    assert sequences == sorted(sequences), "a number went backwards"
    if known == 0:
        assert sorted(set(sequences)) == list(range(1, len(set(sequences)) + 1)), "a number was skipped"
    named = [name for result in settled for name in (*result.origin.superseded_update_ids, result.origin.update_id)]
    assert sorted(named) == sorted(announced), "each update is named in exactly one result"


def test_a_crowd_of_updates_names_a_hundred_and_counts_all() -> None:
    row: LedgerRow | None = None
    for position in range(300):
        row, _ = take_update(row, InventoryUpdate(f"u{position}", "M", "L", "S", position, position), False, 0)
    assert row is not None
    row, result = settle_inventory(row, CallKind.UPDATE, 1, Accepted(OK, InventoryLevel(1, 299, 0)), 1)
    assert result is not None
    assert (result.quantity, result.sequence, result.origin.update_id) == (299, 1, "u299")
    assert (len(result.origin.superseded_update_ids), result.origin.superseded_count) == (100, 299)
    assert replace(row, origin=result.origin) == row
