"""Whatever bytes come back, a call ends in an outcome: nothing is raised, fills the memory, or is believed."""

import asyncio
import gzip
import logging
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.outcomes import NAMES, Accepted, Outcome, Refused, Throttled, Unavailable, Unknown
from connector.smartconnect import transport
from connector.smartconnect.messages import TooLargeError
from connector.smartconnect.transport import LARGEST_ANSWER_BYTES, Timeouts
from tests.kit.amazon.server import MERCHANT, Reply, client_of, serving

# "Trop de requ\xeates": Latin-1, which is not UTF-8
REASON_NOT_UTF8 = b"HTTP/1.1 429 Trop de requ\xeates\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
QUICK = Timeouts(connect_s=2.0, read_s=0.3, total_s=1.0)


async def heard(reply: Reply, **options: Any) -> Outcome[Any]:
    async with serving() as server, client_of(server, **options) as client:
        server.default = reply
        report = await client.get_shipment(MERCHANT, "S1")
        assert len(server.asked) == 1
        assert report.sent_at is not None
        return report.outcome


def raw(status: str, *headers: bytes, body: bytes = b"", **reply: Any) -> Reply:
    return Reply(raw=b"\r\n".join([b"HTTP/1.1 " + status.encode(), *headers, b"", b""]) + body, close=True, **reply)


async def test_a_reason_phrase_that_is_not_utf8() -> None:
    assert isinstance(await heard(Reply(raw=REASON_NOT_UTF8, close=True)), Throttled)


@pytest.mark.parametrize(
    "header",
    [
        b"x-note: caf\xe9",
        b"x-amzn-requestid: \xff\xfe",
        b"retry-after: \xff",
        b"x-amzn-ratelimit-limit: \xff",
        b"retry-after: 1\r\nretry-after: 2",
        b"content-type: \x80; charset=\x80",
        b"set-cookie: \xff=\xff; domain=\xff",
        b"content-encoding: gzip",  # of nothing
        b"content-encoding: br",
        b"content-encoding: \xff",
        b"x-long: " + b"x" * 8_000,
    ],
)
async def test_odd_headers_hide_no_status(header: bytes) -> None:
    assert isinstance(await heard(raw("429 X", header, b"content-length: 0")), Throttled)


@pytest.mark.parametrize(
    "reply",
    [
        raw("429 X", b"content-encoding: gzip", b"content-length: 4", body=b"nope"),
        raw("429 X", b"content-length: 100", body=b"{"),
        raw("429 X", b"content-length: 1000000000", for_ever=b" " * 65536),
    ],
    ids=["not gzip", "cut", "no end"],
)
async def test_a_body_that_cannot_be_read_hides_no_status(reply: Reply) -> None:
    assert isinstance(await heard(reply), Throttled)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([b"x-long: " + b"x" * 100_000, b"content-length: 2"], b"{}"),
        ([b"x-%d: 1" % number for number in range(1_000)] + [b"content-length: 2"], b"{}"),
        ([b"content-length: 2", b"content-length: 3"], b"{}"),
        ([b"content-length: 2", b"transfer-encoding: chunked"], b"{}"),
        ([b"content-length: -2"], b"{}"),
        ([b"content-length: 99999999999999999999999999"], b"{}"),
        ([b"no colon"], b""),
        ([b": no name"], b""),
        ([b"transfer-encoding: gzip"], b"{}"),
        ([b"transfer-encoding: chunked"], b"zz\r\n"),
        ([b"content-encoding: gzip", b"connection: close"], gzip.compress(b"{}", mtime=0)[:-4]),
        ([b"content-encoding: gzip", b"connection: close"], gzip.compress(b"{}", mtime=0) + b"more"),
        ([b"content-encoding: deflate", b"connection: close"], b"\x00\xff"),
        ([b"connection: close"], b'{"id": 1E+9999999999999999999}'),
        ([b"connection: close"], b'{"shipmentInfo": ' * 100_000),
        ([b"connection: close"], b"\xff\xfe\x00"),
    ],
)
async def test_a_success_that_cannot_be_read_is_none(headers: list[bytes], body: bytes) -> None:
    assert isinstance(await heard(raw("200 OK", *headers, body=body)), Unknown | Unavailable)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
async def test_a_compressed_answer_is_read(encoding: str) -> None:
    body = b'{"errors": [{"code": "InvalidInput", "message": "said"}]}'
    packed = zlib.compress(body) if encoding == "deflate" else gzip.compress(body, mtime=0)
    length = b"content-length: %d" % len(packed)
    outcome = await heard(raw("400 X", b"content-encoding: " + encoding.encode(), length, body=packed))
    assert isinstance(outcome, Refused)
    assert outcome.answer.error_text == "said"


@pytest.mark.parametrize("way", ["length", "chunks", "until closed", "a bomb", "behind the end"])
async def test_an_answer_without_end_is_cut_off(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER_BYTES", 1_000_000)
    blanks = b" " * 100_000
    bomb = gzip.compress(b" " * 20_000_000, mtime=0)
    replies = {
        "length": raw("200 OK", b"content-length: 1000000000", for_ever=blanks),
        "chunks": raw("200 OK", b"transfer-encoding: chunked", for_ever=b"%x\r\n%s\r\n" % (len(blanks), blanks)),
        "until closed": raw("200 OK", b"connection: close", for_ever=blanks),
        "a bomb": raw("200 OK", b"content-encoding: gzip", b"content-length: %d" % len(bomb), body=bomb),
        "behind the end": raw(
            "200 OK",
            b"content-encoding: gzip",
            b"connection: close",
            body=gzip.compress(b"{}", mtime=0),
            for_ever=blanks,
        ),
    }
    outcome = await heard(replies[way], timeouts=Timeouts(total_s=20))
    assert outcome == Unknown(outcome.answer)
    assert outcome.answer.message == "the answer is too large"


async def test_what_is_inflated_never_takes_more_room_than_an_answer_may() -> None:
    inflater = transport._Inflater()
    bomb = gzip.compress(b" " * (LARGEST_ANSWER_BYTES + 10_000_000))
    with pytest.raises(TooLargeError):
        inflater.inflated(bomb)


@pytest.mark.parametrize("status", ["100 Continue", "103 Early Hints", "101 Switching Protocols"])
async def test_informational_answers_without_end(status: str) -> None:
    reply = raw(status, b"x: 1", for_ever=b"HTTP/1.1 %s\r\n\r\n" % status.encode())
    assert isinstance(await heard(reply, timeouts=QUICK), Unknown | Unavailable)


async def test_an_informational_answer_before_the_real_one() -> None:
    body = b'{"errors": [{"code": "InvalidInput", "message": "said"}]}'
    after = b"HTTP/1.1 400 X\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    assert isinstance(await heard(raw("103 Early Hints", b"link: x", body=after)), Refused)


async def test_bytes_that_drip_end_with_the_call() -> None:
    async with serving() as server, client_of(server, timeouts=QUICK) as client:
        server.default = Reply(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{", hold=None, close=False)
        outcome = (await client.get_shipment(MERCHANT, "S1")).outcome
        assert isinstance(outcome, Unavailable)
        assert outcome.sent


async def test_a_fault_of_ours_in_a_reader_is_unknown_and_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise KeyError("a buyer's name")

    monkeypatch.setattr("connector.smartconnect.wire.model.pages.read_shipment", broken)
    async with serving() as server, client_of(server) as client:
        server.default = Reply(200, {"id": "S1"})
        outcomes = [(await client.get_shipment(MERCHANT, "S1")).outcome for _ in range(3)]
    assert {type(outcome) for outcome in outcomes} == {Unknown}
    assert caplog.text.count("KeyError in broken") == 1
    assert "buyer" not in caplog.text + repr(outcomes)


STATUS_LINES = st.sampled_from([200, 204, 207, 301, 400, 403, 404, 409, 429, 500, 503, 100, 999]).map(
    lambda status: b"HTTP/1.1 %d X" % status
) | st.binary(max_size=40)
HEADERS = st.lists(
    st.sampled_from(
        [
            b"content-length: 2",
            b"content-length: 60000",
            b"content-length: 0",
            b"transfer-encoding: chunked",
            b"content-encoding: gzip",
            b"content-encoding: deflate",
            b"connection: close",
            b"connection: upgrade",
            b"retry-after: 0",
            b"content-type: application/json",
        ]
    )
    | st.binary(max_size=60),
    max_size=4,
)
BODIES = st.sampled_from(
    [
        b"",
        b"{}",
        b"[1]",
        b'{"errors": [{"code": "InvalidInput"}]}',
        b'{"a": 1E+9999999999999999999}',
        b"2\r\n{}\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n{}",
        gzip.compress(b"{}", mtime=0),
        gzip.compress(b"{}", mtime=0)[:9],
        b"\xff" * 500,
    ]
) | st.binary(max_size=80)


@settings(max_examples=300, deadline=None)
@given(STATUS_LINES, HEADERS, BODIES, st.integers(0, 300))
def test_any_bytes_at_all(status_line: bytes, headers: list[bytes], body: bytes, cut: int) -> None:
    answer = b"\r\n".join([status_line, *headers, b"", body])
    told: list[str] = []
    asyncio_log = logging.getLogger("asyncio")
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    asyncio_log.addHandler(handler)
    try:
        reply = Reply(raw=answer[: len(answer) - cut] if cut < 50 else answer, close=True)
        outcome = asyncio.run(heard(reply, timeouts=QUICK))
    finally:
        asyncio_log.removeHandler(handler)
    assert type(outcome) in NAMES
    assert not isinstance(outcome, Accepted), "no shipment can be read from any of these"
    assert told == []
