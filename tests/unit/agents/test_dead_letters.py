"""A record that could not be used can always be kept: whole where it fits, else cut and described."""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.agents.dead_letters import FIRST_OFFSET, FIRST_PARTITION, KEPT_BYTES
from connector.agents.incoming import Incoming
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.topics import DEAD_LETTERS, MAX_RECORD_BYTES
from connector.telemetry import Telemetry
from tests.kit.kafka.records import consumed

CODEC = AvroCodec()
INCOMING = Incoming(CODEC, partitions=4, telemetry=Telemetry(), now_ms=lambda: 1_772_445_600_000)
BAD = BadRecord("INVALID", "it is bad")


def letter_of(record: Any, bad: BadRecord = BAD) -> dict[str, Any]:
    """As it is read back; it is small enough to be written, key included."""
    out = INCOMING.dead_letter(record, bad)
    assert out.value is not None
    assert len(out.value) + len(out.key or b"") < MAX_RECORD_BYTES
    return CODEC.decode(DEAD_LETTERS.name, out.value)


def test_what_fits_is_kept_whole() -> None:
    value = bytes(800_000)
    headers = (("x", b"1"), ("x", b"2"), ("null", None), ("", b""))
    letter = letter_of(consumed(value, b"M1", headers, partition=3, offset=9))
    assert (letter["value"], letter["key"], letter["value_length"]) == (value, b"M1", None)
    assert [(each["name"], each["value"]) for each in letter["headers"]] == [*headers], "in order, none lost"
    assert (letter["topic"], letter["partition"], letter["offset"]) == ("oms.inventory", 3, 9)
    assert letter["message"] == "it is bad"


def test_a_value_that_is_too_large_is_cut_and_named_by_length_and_hash() -> None:
    value = b"{" + b"x" * 1_000_000 + b"}"
    letter = letter_of(consumed(value, partition=3, offset=9))
    digest = hashlib.sha256(value).hexdigest()
    assert letter["value"] == value[:KEPT_BYTES]
    assert (letter["value_length"], letter["value_sha256"]) == (1_000_002, digest)
    assert "1000002" in letter["message"]
    assert digest in letter["message"]
    assert letter["message"].startswith("it is bad")


@pytest.mark.parametrize(
    ("partition", "offset", "read"),
    [
        (b"3", b"12", (3, 12)),
        (b"99999999999", b"1", None),
        (b"9" * 30, b"1", None),
        (b"1", b"9" * 5000, None),
        (b"-1", b"1", None),
        (b"4", b"1", None),  # there are four: 0 to 3
        ("\u0663".encode(), b"1", None),
        (b" 1", b"1", None),
        (b"", b"1", None),
        (None, b"1", None),
        (b"1", None, None),
    ],
)
def test_headers_of_somebody_else_are_not_believed(
    partition: bytes | None, offset: bytes | None, read: tuple[int, int] | None
) -> None:
    headers = ((FIRST_PARTITION, partition), (FIRST_OFFSET, offset))
    letter = letter_of(consumed(b"junk", headers=headers))
    assert (letter["first_partition"], letter["first_offset"]) == (read or (None, None))
    assert [(each["name"], each["value"]) for each in letter["headers"]] == [*headers], "as they came"


def test_a_lone_header_number_is_not_believed() -> None:
    assert letter_of(consumed(b"junk", headers=((FIRST_PARTITION, b"1"),)))["first_partition"] is None


contents = st.none() | st.binary(max_size=20) | st.binary(min_size=1, max_size=3).map(lambda data: data * 400_000)
keys = contents | st.text(max_size=8).map(lambda text: (text * 40_000).encode(errors="surrogatepass"))
texts = st.text(st.characters(), max_size=20) | st.sampled_from(["\ud800", "\x1b]0;title\x07\x00", "m" * 2_000_000])


@given(
    value=contents,
    key=keys,
    headers=st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=20), contents), max_size=5),
    copies=st.sampled_from([1, 1, 30_000]),
    message=texts,
    offset=st.integers(0, 2**63 - 1),
)
@settings(max_examples=150, deadline=None)
def test_whatever_it_is_it_can_be_kept(
    value: bytes | None,
    key: bytes | None,
    headers: list[tuple[str, bytes | None]],
    copies: int,
    message: str,
    offset: int,
) -> None:
    small = [header for header in headers if len(header[1] or b"") < 100]
    record = consumed(value, key, (*headers, *(small[:1] * copies)), offset=offset)
    letter = letter_of(record, BadRecord("INVALID", message))
    assert (letter["topic"], letter["partition"], letter["offset"]) == ("oms.inventory", 0, offset)
    if letter["value_length"] is None:
        assert letter["value"] == value
    else:
        assert value is not None
        assert letter["value_length"] == len(value)
        assert letter["value_sha256"] == hashlib.sha256(value).hexdigest()
