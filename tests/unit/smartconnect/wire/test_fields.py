"""Amazon's JSON is read leniently, and never wrongly: what can't be read is left empty, and noted."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connector.smartconnect.wire import fields
from connector.smartconnect.wire.source import (
    MOST_BYTES,
    MOST_RAW_CHARACTERS,
    MOST_UNREAD,
    Source,
    Unreadable,
    bytes_of,
)
from connector.smartconnect.wire.values import LONGEST_TEXT

Read = Callable[[Source, str], Any]
EMPTY: list[tuple[Read, object]] = [
    (fields.text, ""),
    (fields.decimal, None),
    (fields.integer, None),
    (fields.time_ms, None),
    (fields.texts, ()),
    (fields.content, ""),
    (lambda source, name: fields.optional(source, name, lambda inner: inner), None),
    (lambda source, name: fields.each(source, name, lambda inner: inner), ()),
]


def id_of(source: Source) -> str:
    return fields.required(source, "id")


def test_numbers_and_text_may_stand_for_each_other() -> None:
    assert [fields.integer(Source({"n": value}), "n") for value in (3, "3", Decimal("3.0"), None, "")] == [
        3,
        3,
        3,
        None,
        None,
    ]
    assert [fields.text(Source({"t": value}), "t") for value in (3, True, None, Decimal("1.50"))] == [
        "3",
        "true",
        "",
        "1.50",
    ]


@pytest.mark.parametrize(("read", "empty"), EMPTY)
def test_what_is_absent_is_empty_and_no_fault(read: Read, empty: object) -> None:
    for values in ({}, {"it": None}):
        source = Source(values)
        assert read(source, "it") == empty
        assert source.unread == ()


@pytest.mark.parametrize(
    ("read", "value", "empty"),
    [
        (fields.text, {"SECRET": 1}, ""),
        (fields.text, ["SECRET"], ""),
        (fields.text, "S" * (LONGEST_TEXT + 1), ""),
        (fields.content, {"SECRET": 1}, ""),
        (fields.decimal, "SECRET", None),
        (fields.decimal, "NaN", None),
        (fields.decimal, "1E+14", None),
        (fields.decimal, 10**14, None),
        (fields.integer, "SECRET", None),
        (fields.integer, "3.5", None),
        (fields.integer, "1E+999999999", None),
        (fields.integer, 2**31, None),
        (fields.integer, [3], None),
        (fields.time_ms, "SECRET", None),
        (fields.time_ms, 10**20, None),
        (fields.time_ms, {"x": 1}, None),
        (fields.texts, "SECRET", ()),
        (EMPTY[6][0], ["SECRET"], None),
        (EMPTY[7][0], {"SECRET": 1}, ()),
    ],
)
def test_what_cant_be_read_is_empty_and_noted_with_its_path(read: Read, value: object, empty: object) -> None:
    source = Source({"inner": {"it": value}})
    assert read(fields.child(source, "inner"), "it") == empty
    (fact,) = source.unread
    assert fact.path == "inner.it"
    assert "SECRET" not in fact.why
    assert "SECRET" not in repr(fact)
    assert ("SECRET" in fact.raw) == ("SECRET" in str(value))
    with pytest.raises(Unreadable, match=r"^inner.it is") as raised:
        read(fields.child(source.strict(), "inner"), "it")
    assert "SECRET" not in str(raised.value)


def test_as_many_bits_as_the_schema_has() -> None:
    assert fields.integer(Source({"n": 2**31 - 1}), "n") == 2**31 - 1
    assert fields.integer(Source({"n": -(2**31)}), "n") == -(2**31)
    assert fields.integer(Source({"n": 2**63 - 1}), "n", bits=64) == 2**63 - 1
    assert fields.integer(Source({"n": 2**63}), "n", bits=64) is None
    assert fields.decimal(Source({"n": "99999999999999.9999"}), "n") == Decimal("99999999999999.9999")


def test_an_odd_item_is_left_out_and_not_its_list() -> None:
    source = Source(
        {"of": [{"id": "1"}, None, "text", {"id": " "}, {"id": "2", "inner": {"t": []}}], "t": ["a", {}, 3]}
    )
    assert fields.each(source, "of", lambda item: (id_of(item), fields.text(fields.child(item, "inner"), "t"))) == (
        ("1", ""),
        ("2", ""),
    )
    assert fields.texts(source, "t") == ("a", "3")
    assert [fact.path for fact in source.unread] == ["of[2]", "of[3]", "of[4].inner.t", "t[1]"]


def test_what_lacks_what_is_required_of_it_is_left_out() -> None:
    source = Source({"of": {"name": "x"}})
    assert fields.optional(source, "of", id_of) is None
    assert [fact.path for fact in source.unread] == ["of"]


@pytest.mark.parametrize("value", [None, "", "  ", [], {}, {"id": "1"}, "x" * (fields.LONGEST_ID + 1)])
def test_what_is_required_is_there_or_nothing_is(value: object) -> None:
    with pytest.raises(Unreadable, match="id"):
        fields.required(Source({"id": value}), "id")
    assert fields.required(Source({"id": "x" * fields.LONGEST_ID}), "id") == "x" * fields.LONGEST_ID


@pytest.mark.parametrize("read", [fields.required_integer, fields.required_time_ms])
@pytest.mark.parametrize("value", [None, "", "two", {}, Decimal("-1.5")])
def test_a_number_or_time_that_is_required(read: Read, value: object) -> None:
    with pytest.raises(Unreadable, match="n "):
        read(Source({"n": value if read is fields.required_integer or value != Decimal("-1.5") else "x"}), "n")
    with pytest.raises(Unreadable, match="n is below 0"):
        fields.required_integer(Source({"n": -1}), "n")


@pytest.mark.parametrize("value", [None, [], "text", {}, [None], ["text"], [{}], [{"id": "1"}, {"id": ""}]])
def test_of_a_list_that_is_required_no_item_is_left_out(value: object) -> None:
    with pytest.raises(Unreadable, match="of"):
        fields.required_each(Source({"of": value}), "of", id_of)


def test_side_facts_within_what_is_required_are_side_facts() -> None:
    source = Source({"of": [{"id": "1", "n": "two"}]})
    assert fields.required_each(source, "of", lambda item: (id_of(item), fields.integer(item, "n"))) == (("1", None),)
    assert [fact.path for fact in source.unread] == ["of[0].n"]


def test_a_page_names_what_cant_be_read_and_leaves_out_what_has_no_name() -> None:
    shells = [{}, "text", [], {"id": {"value": "1"}}, {"id": "x" * 300}]
    page = Source({"of": [{"id": "1", "n": 1}, {"id": "2"}, *shells, None, {"id": "3", "n": 3}]})
    read = fields.page_of(page, "of", lambda item: (id_of(item), fields.required_integer(item, "n")))
    assert read.read == (("1", 1), ("3", 3))
    assert [item.object_id for item in read.unreadable] == ["2"]
    assert [fact.path for fact in page.unread] == [f"of[{place}]" for place in range(2, 7)]
    odd: list[dict[str, object]] = [{}, {"of": None}, {"of": "text"}, {"of": {}}]
    for told in odd:
        with pytest.raises(Unreadable, match="of"):
            fields.page_of(Source(told), "of", id_of)


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


class TestKnownItems:
    """Of what a list shows again and again, each version is read once."""

    def test_a_version_is_read_once(self) -> None:
        read: list[object] = []

        def kept(source: Source) -> tuple[str, ...]:
            read.append(source.values)
            return (id_of(source),)

        items = fields.KnownItems(kept)
        first = items.read(Source({"id": "1", "n": 1}))
        assert items.read(Source({"id": "1", "n": 1})) is first
        assert len(read) == 1

    @pytest.mark.parametrize("other", [2, "1", Decimal("1.0"), True, None, [1], {"n": 1}])
    def test_another_value_is_another_version_whatever_its_id_and_time(self, other: object) -> None:
        items = fields.KnownItems(lambda source: source.values["n"])
        seen = [items.read(Source({"id": "1", "lastUpdatedDateTime": "t", "n": value})) for value in (1, other)]
        assert seen == [1, other]
        assert type(seen[1]) is type(other)

    @pytest.mark.parametrize(
        "odd", ["\ud800", nested(100_000), "x" * fields.MOST_KNOWN_BYTES], ids=["surrogate", "deep", "large"]
    )
    def test_what_has_no_version_is_read_each_time(self, odd: object) -> None:
        items = fields.KnownItems(lambda source: [source.values])
        first, second = items.read(Source({"n": odd})), items.read(Source({"n": odd}))
        assert id(first) != id(second)

    def test_what_cant_be_read_is_told_each_time(self) -> None:
        items = fields.KnownItems(id_of)
        for _ in range(2):
            with pytest.raises(Unreadable, match="id is missing"):
                items.read(Source({"n": 1}))

    def test_the_last_shown_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fields, "MOST_KNOWN_ITEMS", 2)
        items = fields.KnownItems(lambda source: [id_of(source)])
        one, two = items.read(Source({"id": "1"})), items.read(Source({"id": "2"}))
        assert items.read(Source({"id": "1"})) is one
        items.read(Source({"id": "3"}))
        assert items.read(Source({"id": "1"})) is one
        assert items.read(Source({"id": "2"})) is not two


class TestSizes:
    """Whatever Amazon sends, what is kept of it fits into a record."""

    def test_there_is_an_end_to_what_is_noted(self) -> None:
        source = Source({"of": [{"t": {"deep": ["x" * 5000]}}] * 100_000})
        fields.each(source, "of", lambda item: fields.text(item, "t"))
        assert len(source.unread) == MOST_UNREAD + 1
        assert source.unread[-1].path == "..."
        assert sum(len(fact.raw) for fact in source.unread) <= MOST_RAW_CHARACTERS

    @pytest.mark.parametrize("item", [{}, {"t": "x" * 9000}, {"t": "\0" * 9000}, {"t": "\u20ac" * 9000}])
    def test_there_is_an_end_to_a_list(self, item: dict[str, Any]) -> None:
        source = Source({"of": [item] * 200_000, "after": "text", "n": 5})
        found = fields.each(source, "of", lambda inner: (fields.text(inner, "t"), fields.text(inner, "u"), [0] * 100))
        assert found
        assert bytes_of(found) < MOST_BYTES + 100_000
        assert (fields.text(source, "after"), fields.integer(source, "n")) == ("", None)
        assert [fact.path for fact in source.unread][-2:] == ["after", "n"]

    def test_there_is_an_end_to_what_is_required(self) -> None:
        with pytest.raises(Unreadable, match="of is too long"):
            fields.required_each(Source({"of": [{"id": "x" * 250}] * 10_000}), "of", id_of)

    def test_what_nests_is_counted_once(self) -> None:
        source = Source({"of": [{"of": [{"t": "x" * 1000}] * 10}] * 30})
        found = fields.each(source, "of", lambda item: fields.each(item, "of", lambda inner: fields.text(inner, "t")))
        assert source.unread == ()
        assert abs(source.reading.size - bytes_of(found)) < 100
