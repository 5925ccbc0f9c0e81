"""One trace from the OMS's record to its result: the record's own `traceparent` is the parent of all of it.

    process oms.inventory            until its row is durable
      wait inventory                 in the merchant's lane, once before each call
      POST inventory                 a call to Amazon, once each
        process connector.api-calls  from the answer to the row that says what became of it
          send connector.inventory-results, whose `traceparent` header is this span

The rows are the queue, and have no trace in them: what a trace is of is remembered in this process, and forgotten with
it. So a crash or a rebalance ends a trace early, and its result has no `traceparent`; nothing else depends on it. A
call for several SKUs is in the trace of each. A value that was overtaken is linked from the result that names it.

Attributes are named by OpenTelemetry's semantic conventions of messaging and HTTP, those of our own begin with
`connector.`. None has an error's text, a buyer's data or a token.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from connector.agents.api_calls import CallMade
from connector.agents.incoming import Received, Record
from connector.domain.outcomes import Accepted
from connector.kafka.cloudevents import Headers
from connector.kafka.engine.agent import Apply
from connector.kafka.topics import API_CALLS, COMMAND_RESULTS, INVENTORY, INVENTORY_RESULTS, ORDER_COMMANDS, Topic

MOST_REMEMBERED = 100_000
"""Updates and commands without their result: the oldest are forgotten."""
EXPORTED_WITHIN_S = 2.0
"""For what was not exported yet: a stop is not held up by whoever takes traces."""

_ID_OF = {INVENTORY.name: "update_id", ORDER_COMMANDS.name: "command_id"}

_Key = tuple[str, str]
"""The merchant, and the update or command."""


@dataclass(slots=True)
class _Remembered:
    """Of an update or command: the span of its record, that of the last call made for it, and since when it waits for
    what comes next."""

    record: Context
    since_ns: int
    call: Context | None = None


class Traces:
    """`group`: the consumer group. `server`: host and port of Amazon's API. `now_ns`: epoch nanoseconds. `on_close`:
    exports what was not yet, and ends."""

    def __init__(
        self,
        tracer: Tracer,
        *,
        group: str,
        server: tuple[str, int],
        now_ns: Callable[[], int],
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._tracer = tracer
        self._group = group
        self._server = server
        self._now_ns = now_ns
        self._on_close = on_close
        self._propagator = TraceContextTextMapPropagator()
        self._open: OrderedDict[_Key, _Remembered] = OrderedDict()
        self._processing: dict[tuple[str, int], list[tuple[_Key, Span]]] = {}

    def close(self) -> None:
        """Blocks, for EXPORTED_WITHIN_S at most."""
        closing = threading.Thread(target=self._on_close, name="traces", daemon=True)
        closing.start()
        closing.join(EXPORTED_WITHIN_S)

    def received(self, topic: str, received: Received) -> None:
        """A record that an agent is about to apply."""
        if topic not in _ID_OF:
            return
        record, value = received
        key, now_ns = (value["merchant_id"], value[_ID_OF[topic]]), self._now_ns()
        carrier = {name: given.decode(errors="replace") for name, given in record.headers or () if given is not None}
        attributes = self._messaging(topic, "process") | {
            "messaging.consumer.group.name": self._group,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
            "messaging.kafka.message.key": value["merchant_id"],
            "messaging.message.id": key[1],
        }
        parent = self._propagator.extract(carrier, Context())
        span = self._start(f"process {topic}", parent, SpanKind.CONSUMER, now_ns, attributes)
        if not span.is_recording():
            return
        self._open[key] = _Remembered(set_span_in_context(span, Context()), now_ns)
        self._open.move_to_end(key)
        if len(self._open) > MOST_REMEMBERED:
            self._open.popitem(last=False)
        self._processing.setdefault((topic, record.partition), []).append((key, span))

    def around(self, topic: str, apply: Apply) -> Apply:
        """`apply`, after which what it received is durable."""
        if topic not in _ID_OF:
            return apply

        async def traced(partition: int, records: Sequence[Record]) -> None:
            try:
                await apply(partition, records)
            finally:
                self._processed(topic, partition)

        return traced

    def _processed(self, topic: str, partition: int) -> None:
        now_ns = self._now_ns()
        for key, span in self._processing.pop((topic, partition), ()):
            span.end(now_ns)
            if (remembered := self._open.get(key)) is not None and remembered.call is None:
                remembered.since_ns = now_ns

    def called(self, call: CallMade) -> None:
        """A call that came to its end; of one that never left nothing is told."""
        report, latency_ns = call.report, round(call.report.latency_s * 1e9)
        if report.sent_at is None:
            return
        for made_for in call.made_for:
            remembered = self._open.get((call.merchant_id, made_for))
            if remembered is None:
                continue
            attributes = {"connector.operation": call.operation, "connector.merchant_id": call.merchant_id}
            waits = self._start(
                f"wait {call.operation}", remembered.record, SpanKind.INTERNAL, remembered.since_ns, attributes
            )
            begin_ns = _begin_ns(call.started_at_ms, remembered.since_ns)
            waits.end(max(begin_ns, remembered.since_ns))
            name = f"{report.method} {call.operation}"
            span = self._start(name, remembered.record, SpanKind.CLIENT, begin_ns, attributes | dict(self._http(call)))
            if not isinstance(report.outcome, Accepted):
                span.set_status(Status(StatusCode.ERROR))
            remembered.since_ns = begin_ns + latency_ns
            remembered.call = set_span_in_context(span, Context())
            span.end(remembered.since_ns)

    def _http(self, call: CallMade) -> Iterator[tuple[str, str | int]]:
        report, answer = call.report, call.report.outcome.answer
        yield "http.request.method", report.method
        yield "url.full", report.url
        yield "server.address", self._server[0]
        yield "server.port", self._server[1]
        if answer.http_status:
            yield "http.response.status_code", answer.http_status
        if call.attempt > 1:
            yield "http.request.resend_count", call.attempt - 1
        if answer.request_id:
            yield "connector.amazon_request_id", answer.request_id
        if not isinstance(report.outcome, Accepted):
            yield "error.type", str(answer.http_status or answer.code)

    def told(self, topic: Topic, record: Mapping[str, Any]) -> Headers:
        """Headers of a result, which ends the trace of what it names."""
        if topic is INVENTORY_RESULTS:
            names = (record["update_id"], *record["superseded_update_ids"])
        elif topic is COMMAND_RESULTS:
            names = (record["command_id"],)
        else:
            return ()
        ended = [each for name in names if (each := self._open.pop((record["merchant_id"], name), None)) is not None]
        if not ended:
            return ()
        first, *others = ended
        now_ns, context = self._now_ns(), first.record
        if first.call is not None:
            process = self._messaging(API_CALLS.name, "process") | {"messaging.consumer.group.name": self._group}
            name = f"process {API_CALLS.name}"
            settling = self._start(name, first.call, SpanKind.CONSUMER, first.since_ns, process)
            settling.end(max(now_ns, first.since_ns))
            context = set_span_in_context(settling, Context())
        attributes = self._messaging(topic.name, "send") | {
            "messaging.kafka.message.key": record["merchant_id"],
            "messaging.message.id": record["result_id"],
            "connector.outcome": str(record["outcome"]),
        }
        links = [Link(get_current_span(other.record).get_span_context()) for other in others]
        sending = self._tracer.start_span(f"send {topic.name}", context, SpanKind.PRODUCER, attributes, links, now_ns)
        sending.end(now_ns)
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, set_span_in_context(sending, Context()))
        return tuple((name, value.encode()) for name, value in carrier.items())

    def _start(
        self, name: str, parent: Context, kind: SpanKind, start_ns: int, attributes: Mapping[str, str | int]
    ) -> Span:
        return self._tracer.start_span(name, parent, kind, attributes, start_time=start_ns)

    def _messaging(self, topic: str, operation: str) -> dict[str, str | int]:
        return {
            "messaging.system": "kafka",
            "messaging.operation.name": operation,
            "messaging.operation.type": operation,
            "messaging.destination.name": topic,
        }


def _begin_ns(started_at_ms: int, since_ns: int) -> int:
    """Of a call, which is known in milliseconds: within that one it began after its wait did."""
    return since_ns if since_ns // 1_000_000 == started_at_ms else started_at_ms * 1_000_000
