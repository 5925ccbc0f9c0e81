"""What every call goes through.

arrival logged -> access token -> the merchant's limit -> scripted fault before -> effect -> scripted fault after
"""

import asyncio
import copy
import math
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from wsgiref.handlers import format_date_time

import orjson
from aiohttp import web

from connector.simulator.base.calls import Call
from connector.simulator.base.faults import Fault
from connector.simulator.base.merchants import Merchant
from connector.simulator.http.answers import Answer, ApiError, error_answer
from connector.simulator.http.operations import ApiRequest, Operation
from connector.simulator.simulator import Simulator

HANG_S = 600.0  # "never answers" ends some day, so that a long run does not collect dead requests
LIMIT_DECLARED = (200, 204, 207, 400, 404)  # the answers that the model gives an x-amzn-RateLimit-Limit
GRANTLESS_SCOPE = "sellingpartnerapi::notifications"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pipeline:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._operation(request, operation)

        return handle

    async def token(self, request: web.Request) -> web.StreamResponse:
        """POST /auth/o2/token: logged and open to faults like any call, but with no limit."""
        simulator = self._simulator
        call = self._arrived(request, "token")
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        merchant = simulator.merchants.by_refresh_token(form.get("refresh_token", ""))
        call.merchant_id = merchant.merchant_id if merchant else ""
        fault = simulator.faults.pick(merchant=call.merchant_id, operation="token", text=call.path)
        return await self._answer(
            request, call, fault, lambda: simulator.tokens.grant(form, simulator.clock.monotonic())
        )

    async def label_file(self, request: web.Request) -> web.StreamResponse:
        """GET of a presigned URL: no token and no limit."""
        simulator, name = self._simulator, request.match_info["name"]
        call = self._arrived(request, "label_file")
        call.merchant_id = simulator.label_files.merchant_of(name)
        fault = simulator.faults.pick(merchant=call.merchant_id, operation="label_file", text=call.path)
        return await self._answer(
            request, call, fault, lambda: simulator.label_files.read(name, simulator.clock.monotonic())
        )

    async def _operation(self, request: web.Request, operation: Operation) -> web.StreamResponse:
        simulator = self._simulator
        call = self._arrived(request, operation.name)
        raw = await request.text()
        if simulator.calls.keep_bodies:
            call.request = raw
        try:
            merchant = self._admit(request, call, operation)
        except ApiError as error:
            return self._send(request, call, error_answer(error, simulator.switches))
        fault = simulator.faults.pick(merchant=call.merchant_id, operation=call.operation, text=f"{call.path} {raw}")
        if merchant.slow_s:
            await asyncio.sleep(merchant.slow_s)

        def effect() -> Answer:
            now, wall = simulator.clock.monotonic(), simulator.clock.wall()
            body = _parse(request, raw)
            origin = f"{request.scheme}://{request.host}"
            made = ApiRequest(merchant, request.match_info, request.query, body, now, wall, call, origin)
            return operation.handle(made)

        return await self._answer(request, call, fault, effect)

    def _arrived(self, request: web.Request, operation: str) -> Call:
        return self._simulator.calls.arrived(
            at=self._simulator.clock.monotonic(),
            wall=self._simulator.clock.wall(),
            operation=operation,
            method=request.method,
            path=request.path_qs,
            request_id=str(uuid.uuid4()),
        )

    def _admit(self, request: web.Request, call: Call, operation: Operation) -> Merchant:
        """Whose call it is, if it has access and its limit has room."""
        simulator = self._simulator
        access = simulator.tokens.access(request.headers.get("x-amz-access-token"), call.at)
        denied = ApiError(403, "Access to requested resource is denied.", code="Unauthorized")
        if not (access.scope == GRANTLESS_SCOPE if operation.grantless else access.merchant):
            raise denied
        merchant = access.merchant or simulator.application
        call.merchant_id = merchant.merchant_id
        if limit := merchant.limits.get(call.operation):
            key, tolerance_s = (merchant.merchant_id, call.operation), simulator.switches.limit_tolerance_s
            if wait_s := simulator.windows.admit(key, limit, call.at, tolerance_s):
                call.throttled = True
                message = "You exceeded your quota for the requested resource."
                raise ApiError(429, message, headers=self._retry_after(wait_s))
        if merchant.unauthorized or call.operation in merchant.not_enrolled:
            raise denied
        return merchant

    def _retry_after(self, wait_s: float) -> dict[str, str]:
        match self._simulator.switches.retry_after:
            case "seconds":
                return {"Retry-After": str(math.ceil(wait_s))}
            case "date":  # whole seconds: rounded up, so that it is never early
                return {"Retry-After": format_date_time(math.ceil(self._simulator.clock.wall() + wait_s))}
            case "none":
                return {}

    async def _answer(
        self, request: web.Request, call: Call, fault: Fault | None, effect: Callable[[], Answer]
    ) -> web.StreamResponse:
        if fault is None:
            return self._send(request, call, self._settle(effect))
        call.fault = fault.label
        if fault.phase == "before":
            if fault.kind != "slow":
                return await self._fail(request, call, fault, 200)
            await asyncio.sleep(fault.seconds)
            return self._send(request, call, self._settle(effect))
        answer = copy.deepcopy(self._settle(effect))  # a slow answer tells what was, not what has become of it
        if fault.kind != "slow":
            return await self._fail(request, call, fault, answer.status)
        await asyncio.sleep(fault.seconds)
        return self._send(request, call, answer)

    def _settle(self, effect: Callable[[], Answer]) -> Answer:
        try:
            return effect()
        except ApiError as error:
            return error_answer(error, self._simulator.switches)

    async def _fail(self, request: web.Request, call: Call, fault: Fault, status: int) -> web.StreamResponse:
        if fault.kind == "timeout":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._simulator.closing.wait(), HANG_S)
        if fault.kind in ("timeout", "close"):
            if request.transport:
                request.transport.abort()
            return web.Response()  # never reaches the caller: its connection is gone
        if fault.kind == "malformed":
            call.status = status
            return web.Response(status=status, text='{"responses": [{"sta', headers=self._headers(call))
        error = ApiError(int(fault.kind), "Scripted fault of the simulator.", code=fault.code)
        if error.status == 429:
            error.headers = self._retry_after(fault.seconds)
        return self._send(request, call, error_answer(error, self._simulator.switches))

    def _send(self, request: web.Request, call: Call, answer: Answer) -> web.Response:
        call.status = answer.status
        call.answered_at = self._simulator.clock.monotonic()
        if answer.raw is not None and request.transport:
            request.transport.write(answer.raw)
            request.transport.close()
            return web.Response()  # never reaches the caller: its connection is closed
        headers = ({} if answer.bare else self._headers(call)) | answer.headers
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        if isinstance(answer.body, bytes):
            return web.Response(status=answer.status, body=answer.body, headers=headers)
        body = orjson.dumps(answer.body)
        if self._simulator.calls.keep_bodies:
            call.response = body.decode()
        return web.Response(status=answer.status, body=body, headers=headers)

    def _headers(self, call: Call) -> dict[str, str]:
        wall = self._simulator.clock.wall()
        headers = {"x-amzn-RequestId": call.request_id, "Date": format_date_time(wall)}
        if call.status != 204:
            headers["Content-Type"] = "application/json"
        shown = self._simulator.switches.limit_header
        if shown == "never" or (shown == "declared" and call.status not in LIMIT_DECLARED) or not call.merchant_id:
            return headers
        limit = self._simulator.merchants[call.merchant_id].limits.get(call.operation)
        return headers | ({"x-amzn-RateLimit-Limit": limit.header} if limit else {})


def _parse(request: web.Request, raw: str) -> object:
    if not raw:
        return None
    if request.content_type != "application/json":
        raise ApiError(415, "The content type must be application/json.")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "The request body is not JSON.") from error
