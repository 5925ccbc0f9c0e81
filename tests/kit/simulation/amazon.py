"""Amazon: the project's simulator, in this process, and the network to it. The client and its readers are real."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from connector.simulator.amazon.shipments.label_files import LABEL_PATH
from connector.simulator.http.operations import Operation
from connector.simulator.http.pipeline import Pipeline
from connector.simulator.simulator import Simulator
from connector.smartconnect.messages import Departure, Request, Response
from tests.kit.simulation.engine.loop import ProcessLoop
from tests.kit.simulation.engine.timeline import Timeline

ORIGIN = "https://amazon.test"


@dataclass(slots=True)
class Departed:
    """A request as it left a worker, which is what limits are about. `process`: which start of which worker.
    `heard_at_s`: when the worker heard of its answer or its failure, None for never; `status` 0 without an answer."""

    at_s: float
    worker: str
    process: int
    merchant_id: str
    operation: str
    method: str
    target: str
    body: str
    status: int = 0
    heard_at_s: float | None = None
    date: str = ""
    retry_after: str = ""
    limit: str = ""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class _Line:
    """The simulator's end of a connection, which it may break."""

    def __init__(self) -> None:
        self.is_broken = False
        self.written = b""

    def abort(self) -> None:
        self.is_broken = True

    close = abort

    def write(self, data: bytes) -> None:
        self.written += data


class _Request:
    """As much of aiohttp's as the simulator's pipeline asks for."""

    scheme, host = "https", "amazon.test"

    def __init__(self, request: Request) -> None:
        self.method = request.method
        self.path_qs = request.target
        path, _, query = self.path_qs.partition("?")
        self.path = path
        self.query = dict(parse_qsl(query, keep_blank_values=True))
        self.headers = CIMultiDict(request.headers)
        self.content_type = request.headers.get("content-type", "").partition(";")[0]
        self.match_info: Mapping[str, str] = {}
        self.transport = _Line()
        self.body = request.content.decode(errors="replace")

    async def text(self) -> str:
        return self.body

    async def post(self) -> dict[str, str]:
        return dict(parse_qsl(self.body))


Handler = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Arrival:
    worker: ProcessLoop
    departed: Departed
    asked: _Request
    handler: Handler
    answer: Any


class Network:
    """`lose(share)`: requests that never arrive, and answers that never come back, for a while."""

    def __init__(self, simulator: Simulator, loop: ProcessLoop, timeline: Timeline, chance: Random) -> None:
        self.simulator = simulator
        self.departed: list[Departed] = []
        self._merchants: dict[str, str] = {}  # by access token
        self.on_effect: Callable[[str, str], None] = lambda _effect, _worker: None
        self.losing = 0.0
        self.slow_until_s = 0.0
        self._loop = loop
        self._timeline = timeline
        self._chance = chance
        self._asking = ""
        simulator.effects.listeners.append(lambda effect: self.on_effect(effect.name, self._asking))
        pipeline = Pipeline(simulator)
        self._token, self._label = pipeline.token, pipeline.label_file
        self._routes = [
            (operation.method, _pattern(operation.path), pipeline.handler(operation), operation.name)
            for operation in simulator.operations()
        ]
        self._label_path = _pattern(LABEL_PATH)
        self._unknown = pipeline.handler(Operation("unknown", "*", "/", _nothing))

    def send(self, worker: ProcessLoop, request: Request, answer: Any) -> None:
        """`answer`: a future of the worker's loop."""
        asked = _Request(request)
        handler, operation = self._handler(asked)
        departed = Departed(
            self._timeline.now_s,
            worker.name,
            worker.number,
            self._merchants.get(request.headers.get("x-amz-access-token", ""), ""),
            operation,
            request.method,
            asked.path_qs,
            asked.body if operation == "inventory" else "",
        )
        self.departed.append(departed)
        if self.losing and self._chance.random() < self.losing / 2:
            self._break(worker, departed, answer)
            return
        arrive = _Arrival(worker, departed, asked, handler, answer)
        self._timeline.after(self._way_s(), self._arrive, arrive)

    def _way_s(self) -> float:
        slow = self._timeline.now_s < self.slow_until_s
        return self._chance.uniform(1.0, 20.0) if slow else self._chance.uniform(0.01, 0.08)

    def _arrive(self, arrival: "_Arrival") -> None:
        self._loop.create_task(self._handle(arrival))

    async def _handle(self, arrival: "_Arrival") -> None:
        self.simulator.later.catch_up(self.simulator.clock.wall())
        asked, worker = arrival.asked, arrival.worker
        self._asking = worker.name
        response: web.Response = await arrival.handler(asked)
        if arrival.departed.operation == "inventory":
            self.on_effect("posted", worker.name)
        if asked.transport.is_broken or (self.losing and self._chance.random() < self.losing / 2):
            self._break(worker, arrival.departed, arrival.answer)
            return
        body = response.body if isinstance(response.body, bytes) else b""
        told = Response(response.status, response.headers, body)
        if arrival.departed.operation == "token" and response.status == 200:
            refresh_token = dict(parse_qsl(asked.body)).get("refresh_token", "")
            self._merchants[json.loads(body)["access_token"]] = refresh_token.removeprefix("token-")
        self._timeline.after(self._way_s(), self._tell, worker, arrival.departed, arrival.answer, told)

    def _handler(self, asked: _Request) -> tuple[Handler, str]:
        if asked.path == "/auth/o2/token":
            return self._token, "token"
        if match := self._label_path.fullmatch(asked.path):
            asked.match_info = match.groupdict()
            return self._label, "label_file"
        for method, pattern, handler, operation in self._routes:
            if method == asked.method and (match := pattern.fullmatch(asked.path)):
                asked.match_info = {name: unquote(value) for name, value in match.groupdict().items()}
                return handler, operation
        return self._unknown, "unknown"

    def _break(self, worker: ProcessLoop, departed: Departed, answer: Any) -> None:
        """Either at once, or nobody hears of it."""
        if self._chance.random() < 0.7:
            fault = aiohttp.ClientPayloadError("reset")
            self._timeline.after(self._way_s(), self._tell, worker, departed, answer, fault)

    def _tell(self, worker: ProcessLoop, departed: Departed, answer: Any, told: Response | Exception) -> None:
        def hear() -> None:
            if answer.done():
                return
            departed.heard_at_s = self._timeline.now_s
            if isinstance(told, Exception):
                answer.set_exception(told)
                return
            departed.status, departed.date = told.status_code, told.headers.get("date", "")
            departed.retry_after = told.headers.get("retry-after", "")
            departed.limit = told.headers.get("x-amzn-ratelimit-limit", "")
            answer.set_result(told)

        worker.call_soon(hear)


class Wire:
    """One worker's, in place of AiohttpTransport: the request departs by the same rules."""

    def __init__(self, network: Network, loop: ProcessLoop) -> None:
        self._network = network
        self._loop = loop

    async def send(self, request: Request, departure: Departure) -> Response:
        departure.leave()
        self._loop.call_soon(departure.left)
        answer = self._loop.create_future()
        self._network.send(self._loop, request, answer)
        told: Response = await answer
        return told

    async def aclose(self) -> None: ...


@lru_cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


def _nothing(_: Any) -> Any:
    raise NotImplementedError("a path that the API does not have")
