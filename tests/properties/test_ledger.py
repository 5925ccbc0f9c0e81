"""Whatever Amazon does with numbers, and the log, the file and operators with a row: the newest word ends at Amazon."""

from collections import defaultdict

from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.domain.inventory.ledger import CallKind, LedgerRow, Phase
from connector.domain.inventory.settlement import CONTESTED_BEAT_MS, settle_inventory
from tests.kit.inventory.model import FATES, AmazonSku, SkuModel
from tests.kit.inventory.rows import accepted, everything, taken, update

LOCATIONS = ("WH1", "WH2")
NAMES = st.frozensets(st.sampled_from(LOCATIONS))

SAY = st.tuples(st.just("say"), st.sampled_from(LOCATIONS), st.integers(0, 9), st.integers(-3, 3))
AGAIN = st.tuples(st.just("again"), st.integers(0, 30))
CALL = st.tuples(st.just("call"), st.sampled_from(FATES))
CRASH = st.tuples(st.just("crash"))
EDIT = st.tuples(st.just("edit"), NAMES, st.booleans())
SEED = st.tuples(st.just("seed"), st.integers(-6, 6))
FREE = st.tuples(st.just("free"))
RESEND = st.tuples(st.just("resend"))
ZERO = st.tuples(st.just("zero"), st.booleans(), st.booleans())
# Updates and calls most of the time: else few rows get anywhere
ONE_OF = (*[SAY] * 6, *[CALL] * 7, AGAIN, CRASH, EDIT, SEED, SEED, FREE, RESEND, ZERO, ZERO)
STEP = st.integers(0, len(ONE_OF) - 1).flatmap(ONE_OF.__getitem__)
STEPS = st.integers(3, 25).flatmap(lambda size: st.lists(STEP, min_size=size, max_size=size))

# A lower number that is applied all the same can't be told from one that fits: nothing to heal, nothing lost
LOWER = st.sampled_from(["conflict", "ignore", "ignore-echo", "refuse", "accept"])
REPEAT = st.sampled_from(["accept", "conflict", "ignore", "ignore-echo"])


def play(sku: SkuModel, steps: list[tuple[object, ...]]) -> None:
    for position, step in enumerate(steps):
        sku.now_ms += CONTESTED_BEAT_MS
        match step:
            case ("say", str(location), int(quantity), int(shift)):
                sku.say(location, quantity, 1_000 + position // 2 + shift)  # by twos: equal times are common
            case ("again", int(back)) if sku.log:
                sku.deliver(back % len(sku.log))
            case ("call", str(fate)):
                sku.call(fate)
            case ("crash",):
                sku.crash()
            case ("edit", frozenset() as names, bool(at_once)):
                sku.edit_file(frozenset(str(name) for name in names))
                if at_once:
                    sku.recount()
            case ("seed", int(shift)):
                sku.seed(max(0, (sku.row.sequence if sku.row else 0) + shift))
            case ("zero", bool(in_force), bool(at_once)):
                sku.zeroed = in_force
                if at_once:
                    sku.recount()
            case ("resend",):
                sku.resend()
            case ("free",):
                sku.free()
            case _:
                pass


def check_numbers(sku: SkuModel) -> None:
    pairs = defaultdict[int, set[int]](set)
    for sequence, quantity in sku.amazon.heard:
        pairs[sequence].add(quantity)
    assert all(len(quantities) == 1 for quantities in pairs.values()), "a number carried two quantities"
    sequences = [sequence for sequence, _ in sku.amazon.heard]
    assert sequences == sorted(sequences), "a number went backwards"


def check_results(sku: SkuModel) -> None:
    """Each update is named in exactly one result, however often that is told."""
    named = defaultdict[str, set[object]](set)
    for result in sku.results:
        word = (result.origin.update_id, result.outcome, result.quantity, result.sequence)
        for update_id in (*result.origin.superseded_update_ids, result.origin.update_id):
            named[update_id].add(word)
    assert {update_id: len(words) for update_id, words in named.items()} == {update.update_id: 1 for update in sku.log}


@settings(max_examples=1_000)
@example(
    lower="refuse", repeat="accept", known=2, steps=[("say", "WH1", 0, 0), ("call", "fine"), ("call", "numberless")]
)
@given(lower=LOWER, repeat=REPEAT, known=st.integers(0, 5), steps=STEPS)
def test_the_newest_word_that_counts_ends_at_amazon(
    lower: str, repeat: str, known: int, steps: list[tuple[object, ...]]
) -> None:
    sku = SkuModel(AmazonSku(lower, repeat, sequence=known, quantity=99))
    play(sku, steps)
    if sku.zeroed:
        sku.drain()
        if sku.log and sku.blind < 2:
            assert sku.amazon.quantity == 0, "off sale, whatever the OMS said before and since"
        sku.zeroed = False
    sku.drain()
    check_numbers(sku)
    if not sku.log:
        return
    assert sku.row is not None
    event(f"{len(sku.amazon.heard)} calls")
    if sku.blind >= 2:  # whether its refusal was of a stale number, nobody can tell
        return
    assert (sku.row.phase, sku.row.refusal) == (Phase.SETTLED, None)
    assert sku.row.wanted(sku.counted) == sku.wanted
    if sku.amazon.heard:
        assert sku.amazon.quantity == sku.wanted
    # A number of units that Amazon has not taken is left where their stock goes off sale
    if known == 0 and not any(step[0] == "seed" or step[:2] == ("zero", True) for step in steps):
        sequences = {sequence for sequence, _ in sku.amazon.heard}
        assert sorted(sequences) == list(range(1, len(sequences) + 1)), "a number was skipped"
    check_results(sku)


@settings(max_examples=300)
@given(steps=st.lists(st.sampled_from([*["say"] * 3, *["call"] * 3, "crash", "zero", "restore"]), max_size=20))
def test_no_update_is_answered_with_a_zero_that_an_operator_said(steps: list[str]) -> None:
    """The nth update says n + 1 units: what is told of one is what Amazon was told of it."""
    sku = SkuModel(AmazonSku("conflict", "accept"))
    for step in steps:
        match step:
            case "say":
                sku.say("WH1", len(sku.log) + 1, 1_000 + len(sku.log))
            case "call":
                sku.call("fine")
            case "crash":
                sku.crash()
            case _:
                sku.zeroed = step == "zero"
                sku.recount()
    assert all(result.quantity == int(result.origin.update_id[1:]) + 1 for result in sku.results)
    check_results_hold(sku)
    assert all(result.quantity == int(result.origin.update_id[1:]) + 1 for result in sku.results)


@settings(max_examples=300)
@given(steps=STEPS, order=st.lists(st.integers(0, 30), max_size=30))
def test_a_redelivery_in_whatever_order_changes_nothing(steps: list[tuple[object, ...]], order: list[int]) -> None:
    sku = SkuModel(AmazonSku("conflict", "accept"))
    play(sku, steps)
    row = sku.row
    for back in order if sku.log else ():
        sku.deliver(back % len(sku.log))
        assert sku.row is row
    check_results_hold(sku)


def check_results_hold(sku: SkuModel) -> None:
    sku.zeroed = False
    sku.drain()
    check_results(sku)


def test_a_crowd_of_updates_names_a_hundred_and_counts_all() -> None:
    row: LedgerRow | None = None
    for position in range(300):
        row, _ = taken(row, update(position, position + 1, f"u{position}"))
    assert row is not None
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(1, 299, 0), everything, 1)
    assert result is not None
    assert (result.quantity, result.sequence, result.origin.update_id) == (299, 1, "u299")
    assert (len(result.origin.superseded_update_ids), result.origin.superseded_count) == (100, 299)
    assert replace(row, origin=result.origin) == row
