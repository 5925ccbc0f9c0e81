"""Whatever body Amazon's answers, its notifications and the token endpoint's have: an outcome or Unreadable, soon."""

from collections.abc import Callable

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.documents.formats import recognise
from connector.domain.orders.facts.documents import Document
from connector.domain.outcomes import Accepted
from connector.foreign.masking import masked
from connector.smartconnect.auth import read_token_answer
from connector.smartconnect.label_hosts import AMAZONS, LabelHosts
from connector.smartconnect.messages import Response
from connector.smartconnect.outcomes import (
    failure,
    read_date_ms,
    read_rate_limit,
    read_retry_after,
)
from connector.smartconnect.wire.body import from_json, load, nothing
from connector.smartconnect.wire.documents import decoded_base64, read_invoice, read_labels, read_shipping_options
from connector.smartconnect.wire.model.pages import shipments_reader
from connector.smartconnect.wire.notifications import read_notification
from connector.smartconnect.wire.returns import read_return, read_returns, returns_reader
from connector.smartconnect.wire.shipments import read_shipment, read_shipments
from connector.smartconnect.wire.source import Unreadable
from tests.kit.amazon.bodies import LABELS, NOTIFICATION, RETURN, TOKEN
from tests.kit.cases import read_case
from tests.kit.hostile import FRAGMENTS, LONG, NUMBERS, TEXTS, outcome_of, spoilt_json, thrown

SHIPMENT = read_case("amazon/multi-piece")["body"]
ERRORS = {"errors": [{"code": "InvalidInput", "message": "no", "details": "x"}]}
READERS: dict[str, Callable[[Response], object]] = {
    "shipment": from_json(read_shipment),
    "shipments": from_json(read_shipments),
    "return": from_json(read_return),
    "returns": from_json(read_returns),
    "labels": from_json(read_labels),
    "options": from_json(read_shipping_options),
    "invoice": from_json(read_invoice),
    "nothing": nothing,
}
BODIES = spoilt_json(
    SHIPMENT,
    {"shipments": [SHIPMENT], "pagination": {"nextToken": "t"}},
    RETURN,
    {"returns": [RETURN], "nextToken": "t"},
    LABELS,
    {"shippingOptions": [{"shippingOptionId": "o", "pickupWindow": {"startTime": "2026-03-02T10:00:00Z"}}]},
    {"document": {"format": "PDF", "content": "JVBERi0="}},
)
ANY_TEXT = st.one_of(st.sampled_from(TEXTS), st.text(max_size=300), st.sampled_from(NUMBERS))


@given(st.sampled_from(sorted(READERS)), BODIES)
@thrown
def test_a_success(reader: str, body: bytes) -> None:
    outcome_of(lambda: READERS[reader](Response(200, content=body)), Unreadable)


@given(st.lists(BODIES, min_size=1, max_size=3))
@thrown
def test_pages_one_after_the_other_are_read_as_each_by_itself(bodies: list[bytes]) -> None:
    for alone, reader in ((read_shipments, shipments_reader()), (read_returns, from_json(returns_reader()))):
        for body in (*bodies, *bodies):
            found = outcome_of(lambda: reader(Response(200, content=body)), Unreadable)  # noqa: B023 - at once
            assert repr(found) == repr(outcome_of(lambda: from_json(alone)(Response(200, content=body)), Unreadable))  # noqa: B023


@given(
    spoilt_json(NOTIFICATION, {"Type": "Notification", "Message": "{}"}, {"detail-type": "x", "detail": NOTIFICATION})
)
@thrown
def test_a_notification(body: bytes) -> None:
    outcome_of(lambda: read_notification(body), Unreadable)


@given(st.sampled_from([400, 401, 403, 404, 409, 429, 500]), spoilt_json(ERRORS, ERRORS["errors"][0], "x", [ERRORS]))
@thrown
def test_an_error(status: int, body: bytes) -> None:
    found = failure(Response(status, content=body), 0.0)
    assert len(found.answer.message) <= 500
    outcome_of(lambda: failure(Response(status, content=body), 0.0))


@given(st.sampled_from([200, 400, 401, 403, 500]), spoilt_json(TOKEN, {"error": "invalid_grant"}))
@example(200, b'{"access_token": "Atza|1\\r\\nhost: x"}')
@thrown
def test_a_token(status: int, body: bytes) -> None:
    found = outcome_of(lambda: read_token_answer(Response(status, content=body)))
    assert not isinstance(found, Accepted) or found.value[0].value.isprintable()


@given(ANY_TEXT, ANY_TEXT)
@thrown
def test_headers_and_texts(text: str, other: str) -> None:
    outcome_of(lambda: read_retry_after(text, 0.0))
    outcome_of(lambda: masked(f"{text} {other}"))
    outcome_of(lambda: decoded_base64(text))
    header = text[:8_000].encode("ascii", "replace").decode()
    headers = {"date": header, "x-amzn-ratelimit-limit": header}
    outcome_of(lambda: (read_date_ms(headers), read_rate_limit(headers)))


@given(st.one_of(st.binary(max_size=200), st.sampled_from([b" " * 10**6, b"a^X" * 10**5, b"\xef\xbb\xbf" * 10**5])))
@thrown
def test_a_document(content: bytes) -> None:
    outcome_of(lambda: recognise(Document("PLAIN_TEXT", content)))


@given(st.one_of(ANY_TEXT, st.from_regex(r"(https?|ftp):[/\\]{0,3}[\w.@:\[\]%\\-]{0,40}(/.*)?")))
@thrown
def test_the_url_of_a_label(url: str) -> None:
    """What is not refused is asked of nobody but Amazon."""
    hosts = LabelHosts("https://sellingpartnerapi-eu.amazon.com")
    if outcome_of(lambda: hosts.refused(url)) is None:
        host = httpx.URL(url).host.rstrip(".")
        assert httpx.URL(url).scheme == "https"
        assert host.endswith(AMAZONS)


@pytest.mark.parametrize("size", [LONG, 1_000_000])
@pytest.mark.parametrize("piece", ["a", "a@", "@", "+1", "+1(", "a@a", "a@a.a ", ".", "-", "+", "1 ", "(", "é@"])
def test_the_patterns_take_no_more_time_than_their_text_is_long(piece: str, size: int) -> None:
    outcome_of(lambda: masked(piece * (size // len(piece))))
    outcome_of(lambda: masked(f"+1{piece * (size // len(piece))}"))


@pytest.mark.parametrize("piece", [b"[],", b"{},", b"[1.1],", b'"a":0,', b"1E+99999999999,"])
def test_millions_of_values_are_not_read(piece: bytes) -> None:
    body = b"[" + piece * (30_000_000 // len(piece)) + b"1]"
    with pytest.raises(Unreadable):
        load(body)
    outcome_of(lambda: load(body), Unreadable)
    outcome_of(lambda: failure(Response(400, content=body), 0.0))
    outcome_of(lambda: read_token_answer(Response(400, content=body)))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: fragment[:12])
def test_each_fragment_alone(fragment: str) -> None:
    outcome_of(lambda: load(fragment), Unreadable)
    outcome_of(lambda: read_notification(fragment), Unreadable)
    outcome_of(lambda: failure(Response(400, content=fragment.encode(errors="replace")), 0.0))
