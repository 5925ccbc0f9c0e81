"""What a trace is made of, and what ends it."""

from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from connector.agents.api_calls import CallMade
from connector.agents.incoming import Received
from connector.domain.outcomes import Accepted, Answer, Outcome, Throttled
from connector.kafka.topics import INVENTORY, INVENTORY_RESULTS, ORDERS
from connector.smartconnect.caller import CallReport
from connector.tracing import traces as module
from connector.tracing.traces import Traces
from tests.kit.kafka.records import consumed

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Clock:
    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def __call__(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns


class Traced:
    """`spans`: those that ended, by their names."""

    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=sampler)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.clock = Clock()
        self.traces = Traces(
            provider.get_tracer("test"), group="connector", server=("amazon.test", 443), now_ns=self.clock
        )

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    async def take(self, *update_ids: str, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        async def apply(*_: object) -> None:
            for update_id in update_ids:
                record = consumed(b"", headers=tuple(headers))
                self.traces.received(INVENTORY.name, Received(record, {"merchant_id": "M1", "update_id": update_id}))

        await self.traces.around(INVENTORY.name, apply)(0, [])

    def call(
        self, outcome: Outcome[None], *made_for: str, attempt: int = 1, left: bool = True, after_ms: int = 5
    ) -> None:
        sent_at = 1.0 if left else None
        report = CallReport(outcome, None, sent_at, 0.02, None, "POST", "https://amazon.test/inventories")
        started_at_ms = self.clock.now_ns // 1_000_000 + after_ms
        self.traces.called(CallMade("M1", "inventory", report, attempt, started_at_ms, made_for))

    def tell(self, update_id: str, *superseded: str) -> dict[str, bytes]:
        record = {
            "result_id": "r",
            "merchant_id": "M1",
            "update_id": update_id,
            "superseded_update_ids": list(superseded),
            "outcome": "ACCEPTED",
        }
        return dict(self.traces.told(INVENTORY_RESULTS, record))


ANSWER = Answer(http_status=207, request_id="amazon-1")
ACCEPTED = Accepted(ANSWER, None)
THROTTLED = Throttled(Answer(http_status=429, code="QuotaExceeded", message="Asha Example"), None)


@pytest.fixture
def traced() -> Traced:
    return Traced()


async def test_a_record_without_a_parent_begins_a_trace(traced: Traced) -> None:
    await traced.take("u1", headers=[("traceparent", b"\xff not one")])
    assert traced.spans["process oms.inventory"].parent is None
    assert "send connector.inventory-results" not in traced.spans


async def test_each_try_is_a_call_of_its_own_with_its_wait(traced: Traced) -> None:
    await traced.take("u1")
    traced.call(THROTTLED, "u1")
    traced.call(ACCEPTED, "u1", attempt=2)
    traced.tell("u1")
    finished = traced.exporter.get_finished_spans()
    calls = [span for span in finished if span.name == "POST inventory"]
    waits = [span for span in finished if span.name == "wait inventory"]
    assert [dict(span.attributes or {}).get("error.type") for span in calls] == ["429", None]
    assert [dict(span.attributes or {}).get("http.request.resend_count") for span in calls] == [None, 1]
    assert [span.status.is_ok for span in calls] == [False, True]
    assert [(span.end_time or 0) - (span.start_time or 0) for span in calls] == [20_000_000] * 2, "the latency"
    assert waits[1].start_time == calls[0].end_time, "the second waits since the first was answered"
    settled = traced.spans["process connector.api-calls"].parent
    assert settled is not None
    assert settled.span_id == calls[1].context.span_id
    assert "Asha" not in repr([span.attributes for span in finished]), "no error's text"


async def test_a_call_begins_when_its_wait_ends_though_it_is_known_in_milliseconds(traced: Traced) -> None:
    traced.clock.now_ns += 700_000
    await traced.take("u1")
    traced.call(ACCEPTED, "u1", after_ms=0)
    waited, called = traced.spans["wait inventory"], traced.spans["POST inventory"]
    assert waited.start_time == waited.end_time == called.start_time


async def test_a_call_that_never_left_is_none(traced: Traced) -> None:
    await traced.take("u1")
    traced.call(THROTTLED, "u1", left=False)
    assert "POST inventory" not in traced.spans


async def test_a_call_for_several_is_in_the_trace_of_each(traced: Traced) -> None:
    await traced.take("u1", "u2")
    traced.call(ACCEPTED, "u1", "u2", "", "unknown")
    calls = [span for span in traced.exporter.get_finished_spans() if span.name == "POST inventory"]
    assert len({span.context.trace_id for span in calls}) == 2


async def test_what_was_overtaken_is_linked_from_the_result_that_names_it(traced: Traced) -> None:
    await traced.take("u1")
    await traced.take("u2")
    first, second = (span.context for span in traced.exporter.get_finished_spans())
    traced.call(ACCEPTED, "u2")
    traced.tell("u2", "u1")
    sent = traced.spans["send connector.inventory-results"]
    assert sent.context.trace_id == second.trace_id
    assert [link.context.span_id for link in sent.links] == [first.span_id]
    assert traced.tell("u1") == {}, "it has ended"


async def test_a_result_without_a_call_is_told_by_the_record_itself(traced: Traced) -> None:
    await traced.take("u1")
    headers = traced.tell("u1")
    sent, record = traced.spans["send connector.inventory-results"], traced.spans["process oms.inventory"]
    assert sent.parent is not None
    assert sent.parent.span_id == record.context.span_id
    assert headers["traceparent"].decode().split("-")[2] == f"{sent.context.span_id:016x}"
    assert "process connector.api-calls" not in traced.spans


async def test_a_trace_that_nobody_samples_is_none() -> None:
    traced = Traced(ALWAYS_OFF)
    await traced.take("u1")
    assert traced.tell("u1") == {}


async def test_the_oldest_are_forgotten(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 2)
    await traced.take("u1", "u2", "u3")
    assert traced.tell("u1") == {}
    assert traced.tell("u2") != {}


async def test_a_record_ends_with_its_batch_though_that_fails(traced: Traced) -> None:
    async def apply(*_: object) -> None:
        record = consumed(b"")
        traced.traces.received(INVENTORY.name, Received(record, {"merchant_id": "M1", "update_id": "u1"}))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await traced.traces.around(INVENTORY.name, apply)(0, [])
    assert "process oms.inventory" in traced.spans


def test_other_topics_have_none(traced: Traced) -> None:
    assert traced.traces.told(ORDERS, {"merchant_id": "M1"}) == ()
