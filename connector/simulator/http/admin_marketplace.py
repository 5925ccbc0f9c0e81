"""/simulator/...: the marketplace's actions, and what came of the callers' over HTTP."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from connector.simulator.amazon.returns.new import NewReturn
from connector.simulator.amazon.shipments.new import NewShipment
from connector.simulator.amazon.shipments.shipments import Shipment
from connector.simulator.simulator import Simulator


def marketplace_routes(simulator: Simulator) -> list[web.RouteDef]:
    admin = MarketplaceAdmin(simulator)
    shipment, returned = "/simulator/shipments/{id}", "/simulator/returns/{id}"
    return [
        web.get("/simulator/shipments", admin.shipments),
        web.post("/simulator/shipments", admin.create_shipment),
        web.get(shipment, admin.shipment),
        web.patch(shipment, admin.amend),
        web.post(f"{shipment}/{{action:cancel|cancel-units|report|replace|console|ship|deliver}}", admin.act),
        web.get("/simulator/returns", admin.returns),
        web.post("/simulator/returns", admin.create_return),
        web.post(f"{returned}/advance", admin.advance_return),
        web.get("/simulator/effects", admin.effects),
        web.get("/simulator/notifications", admin.notifications),
        web.post("/simulator/notifications", admin.notify),
        web.patch("/simulator/notifications", admin.set_delivery),
    ]


class MarketplaceAdmin:
    """Bodies that are answered are those of getShipment and getReturn."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._marketplace = simulator.marketplace

    async def shipments(self, request: web.Request) -> web.Response:
        """?merchant=&status="""
        merchant, status = request.query.get("merchant", ""), request.query.get("status", "")
        return web.json_response(
            [
                shipment.body
                for shipment in self._simulator.shipments
                if merchant in ("", shipment.merchant_id) and status in ("", shipment.status)
            ]
        )

    async def create_shipment(self, request: web.Request) -> web.Response:
        """The fields of NewShipment but `original`; "count": so many of them. A list of bodies."""
        facts = await _object(request)
        count = int(facts.pop("count", 1))
        return _done(lambda: [self._marketplace.create_shipment(NewShipment(**facts)).body for _ in range(count)])

    async def shipment(self, request: web.Request) -> web.Response:
        return _done(lambda: self._simulator.shipments[request.match_info["id"]].body)

    async def amend(self, request: web.Request) -> web.Response:
        """Facts of the body to change: {"shippingInfo": {"expectedShippingDateTimeInUTC": "..."}}"""
        patch = await _object(request)
        return _done(lambda: self._marketplace.amend(request.match_info["id"], patch).body)

    async def act(self, request: web.Request) -> web.Response:
        """cancel {"reason", "by"}, cancel-units {"line_item_id", "units"}, report {"sub_status"}, replace {"lines",
        "new_id"}, console {"status"}, ship {}, deliver {}; the shipment's body."""
        arguments, marketplace = await _object(request), self._marketplace
        actions: dict[str, Callable[..., Shipment]] = {
            "cancel": marketplace.cancel,
            "cancel-units": marketplace.cancel_units,
            "report": marketplace.report,
            "replace": marketplace.replace,
            "console": marketplace.work_in_console,
            "ship": marketplace.ship,
            "deliver": marketplace.deliver,
        }
        action = actions[request.match_info["action"]]
        return _done(lambda: action(request.match_info["id"], **arguments).body)

    async def returns(self, request: web.Request) -> web.Response:
        """?merchant="""
        wanted = request.query.get("merchant", "")
        found = self._simulator.returns.by_id.values()
        return web.json_response([each.body for each in found if wanted in ("", each.merchant_id)])

    async def create_return(self, request: web.Request) -> web.Response:
        """The fields of NewReturn."""
        facts = await _object(request)
        return _done(lambda: self._marketplace.create_return(NewReturn(**facts)).body)

    async def advance_return(self, request: web.Request) -> web.Response:
        """{"status": "PICKED_FROM_CUSTOMER", "patch": {...}}"""
        arguments = await _object(request)
        return _done(lambda: self._marketplace.advance_return(request.match_info["id"], **arguments).body)

    async def effects(self, request: web.Request) -> web.Response:
        """?merchant=&shipment=&name="""
        query = request.query
        found = self._simulator.effects.of(
            merchant=query.get("merchant", ""), shipment=query.get("shipment", ""), name=query.get("name", "")
        )
        return web.json_response([dataclasses.asdict(effect) for effect in found])

    async def notifications(self, _: web.Request) -> web.Response:
        sender = self._simulator.notifications
        return web.json_response({"sent": sender.sent, "lost": sender.lost, "failed": sender.failed})

    async def notify(self, request: web.Request) -> web.Response:
        """{"message": "any text, garbage too"}"""
        body = await _object(request)
        return _done(lambda: self._simulator.notifications.send(str(body["message"])))

    async def set_delivery(self, request: web.Request) -> web.Response:
        """{"loss": 0.2, "duplication": 0.3, "copies": 2, "late_s": 5}"""
        changes = await _object(request)

        def change() -> dict[str, Any]:
            sender = self._simulator.notifications
            sender.delivery = dataclasses.replace(sender.delivery, **changes)
            return dataclasses.asdict(sender.delivery)

        return _done(change)


async def _object(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    try:
        body = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise web.HTTPBadRequest(text="the body is not JSON") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return body


def _done(action: Callable[[], Any]) -> web.Response:
    """The action's result, or 404 for an unknown id and 400 for arguments that it does not take."""
    try:
        return web.json_response(action())
    except KeyError as error:
        raise web.HTTPNotFound(text=f"unknown: {error}") from error
    except (TypeError, ValueError) as error:
        raise web.HTTPBadRequest(text=str(error)) from error
