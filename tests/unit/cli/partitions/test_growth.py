"""From how many partitions to how many, by what the topics have; who moves, and what a row says afterwards."""

import pytest

from connector.cli.partitions.growth import Growth, TopicCounts
from connector.cli.partitions.rows import digest_of, home_key_of
from connector.domain.inventory.ledger import LedgerRow, LocationCount
from connector.domain.inventory.updates import forget_offsets
from connector.errors import InputError
from connector.kafka.homes import home_partition
from connector.kafka.topics import AUDIT, CONTROL, DEAD_LETTER_MARKS, INVENTORY, LISTINGS

OTHERS = (CONTROL.name, INVENTORY.name)


def counts(audit: int, *others: int) -> TopicCounts:
    return TopicCounts({AUDIT.name: audit, **dict(zip(OTHERS, others, strict=True))}, [])


def test_all_have_as_many_already() -> None:
    assert counts(24, 24, 24).growth_to(24) is None


@pytest.mark.parametrize(("found", "raised"), [((12, 12, 12), [*OTHERS]), ((12, 24, 12), [OTHERS[1]])])
def test_connector_audit_says_how_many_there_were(found: tuple[int, int, int], raised: list[str]) -> None:
    topics = counts(*found)
    growth = topics.growth_to(24)
    assert growth == Growth(12, 24)
    assert topics.to_raise(growth) == sorted(raised), "it is raised last"
    assert topics.is_begun(growth) == (24 in found)


@pytest.mark.parametrize(
    ("found", "new", "told"),
    [
        ((12, 12, 12), 6, "--to 6: say more than the 12"),
        ((12, 12, 12), 10_001, "10000 at most"),
        ((12, 24, 12), 36, "end it first, by --to 24"),
        ((12, 24, 36), 36, "different numbers of partitions"),
        ((24, 24, 12), 36, "made anew"),
    ],
)
def test_what_can_not_be(found: tuple[int, int, int], new: int, told: str) -> None:
    with pytest.raises(InputError, match=told):
        counts(*found).growth_to(new)


def test_without_connector_audit_nothing_is_known() -> None:
    with pytest.raises(InputError, match="topics create"):
        TopicCounts({CONTROL.name: 12}, [AUDIT.name]).growth_to(24)


@pytest.mark.parametrize("new", [24, 18, 13])
def test_who_leaves_is_at_home_now_and_will_be_elsewhere(new: int) -> None:
    growth = Growth(12, new)
    for number in range(200):
        key = b"M%d" % number
        old_home, new_home = home_partition(key, 12), home_partition(key, new)
        assert growth.leaves_for(key, old_home) == (None if old_home == new_home else new_home)
        for other in {*range(new)} - {old_home}:
            assert growth.leaves_for(key, other) is None, "what was moved before, or never was at home, stays"


def test_what_a_partition_is_made_of() -> None:
    assert home_key_of(LISTINGS.name, b"M1|IN|sku|1") == b"M1"
    assert home_key_of(CONTROL.name, b"M1") == b"M1"
    assert home_key_of(DEAD_LETTER_MARKS.name, b"3/17") == b"3/17"


def test_offsets_of_another_log_are_forgotten_and_nothing_else() -> None:
    word, other = LocationCount(5, 10, "u1", 7, "sku"), LocationCount(6, 11, "u2")
    row = LedgerRow(counts={"WH1": word, "WH2": other}, sequence=3, quantity=11)
    moved = forget_offsets(row)
    assert moved == LedgerRow(
        counts={"WH1": LocationCount(5, 10, "u1", -1, "sku"), "WH2": other}, sequence=3, quantity=11
    )
    assert forget_offsets(moved) is moved


def test_a_digest_tells_keys_from_values_and_nothing_from_empty() -> None:
    pairs = [
        (b"ab", b"c"),
        (b"a", b"bc"),
        (None, b""),
        (b"", b""),
        (b"", None),
        (None, None),
        (b"k", b"-"),
        (b"k", None),
    ]
    assert len({digest_of(key, value) for key, value in pairs}) == len(pairs)
