"""/simulator/...: the state and the controls over HTTP, for tests whose simulator is another process."""

import dataclasses
from collections import defaultdict
from typing import Any

from aiohttp import web

from connector.simulator.base.fault_syntax import parse_fault
from connector.simulator.base.limits import Limit
from connector.simulator.base.merchants import Merchant
from connector.simulator.simulator import Simulator


def admin_routes(simulator: Simulator) -> list[web.RouteDef]:
    admin = Admin(simulator)
    return [
        web.get("/simulator/state", admin.state),
        web.get("/simulator/calls", admin.calls),
        web.get("/simulator/inventory", admin.inventory),
        web.post("/simulator/faults", admin.add_fault),
        web.delete("/simulator/faults", admin.clear_faults),
        web.patch("/simulator/switches", admin.set_switches),
        web.get("/simulator/manners", admin.manners),
        web.post("/simulator/manners", admin.set_manner),
        web.delete("/simulator/manners", admin.clear_manners),
        web.patch("/simulator/merchants/{merchant}", admin.set_merchant),
        web.post("/simulator/actionable-errors", admin.set_actionable_errors),
        web.post("/simulator/expire-tokens", admin.expire_tokens),
    ]


class Admin:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def state(self, _: web.Request) -> web.Response:
        """Switches, faults, what should be empty, and per merchant and operation: calls, throttled, most in 1 s."""
        simulator = self._simulator
        merchants = {m.merchant_id: _merchant_json(m) | {"calls": self._summary(m)} for m in simulator.merchants}
        reused = [
            {**dataclasses.asdict(key), "sequence": sequence, "quantities": quantities}
            for key, sequence, quantities in simulator.inventory.reused_sequences()
        ]
        return web.json_response(
            {
                "switches": dataclasses.asdict(simulator.switches),
                "faults": [dataclasses.asdict(fault) for fault in simulator.faults.active],
                "merchants": merchants,
                "reused_sequences": reused,
                "repeated_effects": simulator.effects.repeated(),
            }
        )

    def _summary(self, merchant: Merchant) -> dict[str, dict[str, int]]:
        log, merchant_id = self._simulator.calls, merchant.merchant_id
        operations = sorted({call.operation for call in log.of(merchant=merchant_id)})
        return {
            operation: {
                "count": len(log.of(merchant=merchant_id, operation=operation)),
                "throttled": log.throttled(merchant=merchant_id, operation=operation),
                "max_in_1s": log.max_in_window(merchant=merchant_id, operation=operation),
            }
            for operation in operations
        }

    async def calls(self, request: web.Request) -> web.Response:
        """?merchant=&operation=&after=NUMBER"""
        query = request.query
        try:
            after = int(query.get("after", 0))
        except ValueError as error:
            raise _refuse("after must be a call's number") from error
        found = self._simulator.calls.of(
            merchant=query.get("merchant", ""), operation=query.get("operation", ""), after=after
        )
        return web.json_response([dataclasses.asdict(call) for call in found])

    async def inventory(self, request: web.Request) -> web.Response:
        """?merchant=: every SKU's posted quantity, sequence, reserved units and history of effects."""
        inventory, wanted = self._simulator.inventory, request.query.get("merchant", "")
        return web.json_response(
            [
                dataclasses.asdict(key)
                | {
                    "posted": stock.posted,
                    "sequence": stock.sequence,
                    "reserved": inventory.reserved[key.merchant_id, key.location_id, key.sku],
                    "history": [dataclasses.asdict(applied) for applied in stock.history],
                }
                for key, stock in inventory.stock.items()
                if wanted in ("", key.merchant_id)
            ]
        )

    async def add_fault(self, request: web.Request) -> web.Response:
        """{"fault": "503,before,op=inventory,p=0.1"}"""
        try:
            fault = parse_fault(str((await request.json())["fault"]))
        except (KeyError, ValueError) as error:
            raise _refuse(str(error)) from error
        self._simulator.faults.add(fault)
        return web.json_response(dataclasses.asdict(fault))

    async def clear_faults(self, _: web.Request) -> web.Response:
        self._simulator.faults.clear()
        return web.json_response({})

    async def set_switches(self, request: web.Request) -> web.Response:
        """{"lower_sequence": "ignore", ...}"""
        try:
            for name, value in (await request.json()).items():
                self._simulator.switches.set(name, value)
        except ValueError as error:
            raise _refuse(str(error)) from error
        return web.json_response(dataclasses.asdict(self._simulator.switches))

    async def manners(self, _: web.Request) -> web.Response:
        """Those that are on, and how often each has shown, in how many objects or calls."""
        manners = self._simulator.manners
        shown: dict[str, dict[str, int]] = defaultdict(lambda: {"times": 0, "in": 0})
        for (name, _key), times in manners.shown.items():
            shown[name]["times"] += times
            shown[name]["in"] += 1
        active = {name: dataclasses.asdict(setting) for name, setting in manners.active.items()}
        return web.json_response({"active": active, "shown": shown})

    async def set_manner(self, request: web.Request) -> web.Response:
        """{"manner": "label-void=0.5,match=SHP1"}; a share of 0 switches it off, "odd" is all of them."""
        try:
            self._simulator.manner(str((await request.json())["manner"]))
        except (KeyError, ValueError) as error:
            raise _refuse(str(error)) from error
        return await self.manners(request)

    async def clear_manners(self, request: web.Request) -> web.Response:
        self._simulator.manners.active.clear()
        return await self.manners(request)

    async def set_merchant(self, request: web.Request) -> web.Response:
        """{"unauthorized": bool, "revoked": bool, "slow_s": s, "not_enrolled": [operation], "limits": {op: "6/0"}}"""
        merchant = self._simulator.merchants[request.match_info["merchant"]]
        body: dict[str, Any] = await request.json()
        try:
            limits = {operation: Limit.parse(str(text)) for operation, text in body.get("limits", {}).items()}
            merchant.slow_s = float(body.get("slow_s", merchant.slow_s))
        except ValueError as error:
            raise _refuse(str(error)) from error
        merchant.limits |= limits
        merchant.unauthorized = bool(body.get("unauthorized", merchant.unauthorized))
        merchant.revoked = bool(body.get("revoked", merchant.revoked))
        merchant.not_enrolled = set(body.get("not_enrolled", merchant.not_enrolled))
        return web.json_response(_merchant_json(merchant))

    async def set_actionable_errors(self, request: web.Request) -> web.Response:
        """{"merchant": id, "sku": sku, "errors": ["MISSING_DIMENSIONS"]}; an empty list clears them."""
        body = await request.json()
        self._simulator.inventory.actionable_errors[body["merchant"], body["sku"]] = tuple(body["errors"])
        return web.json_response(body)

    async def expire_tokens(self, _: web.Request) -> web.Response:
        self._simulator.tokens.expire_all()
        return web.json_response({})


def _merchant_json(merchant: Merchant) -> dict[str, Any]:
    return dataclasses.asdict(merchant) | {"not_enrolled": sorted(merchant.not_enrolled)}


def _refuse(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=message)
