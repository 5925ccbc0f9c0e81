"""The simulator as an aiohttp server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from connector.simulator.amazon.shipments.label_files import LABEL_PATH
from connector.simulator.http.admin import admin_routes
from connector.simulator.http.admin_marketplace import marketplace_routes
from connector.simulator.http.answers import Answer, ApiError
from connector.simulator.http.operations import ApiRequest, Operation
from connector.simulator.http.pipeline import Handler, Pipeline
from connector.simulator.simulator import Simulator


@asynccontextmanager
async def serve(simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves until the block ends; gives the base URL, of the API and of /auth/o2/token alike."""
    runner = web.AppRunner(build_app(simulator), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        simulator.closing.set()
        simulator.notifications.cancel()
        await runner.cleanup()


def build_app(simulator: Simulator) -> web.Application:
    app = web.Application(middlewares=[_catching_up(simulator)])
    pipeline = Pipeline(simulator)
    app.add_routes([*admin_routes(simulator), *marketplace_routes(simulator)])
    app.router.add_post("/auth/o2/token", pipeline.token)
    app.router.add_get(LABEL_PATH, pipeline.label_file)
    for operation in (*simulator.operations(), Operation("unknown", "*", "/{path:.*}", _no_such_resource)):
        app.router.add_route(operation.method, operation.path, pipeline.handler(operation))
    return app


def _catching_up(simulator: Simulator) -> Middleware:
    @web.middleware
    async def catch_up(request: web.Request, handler: Handler) -> web.StreamResponse:
        simulator.later.catch_up(simulator.clock.wall())
        return await handler(request)

    return catch_up


def _no_such_resource(_: ApiRequest) -> Answer:
    raise ApiError(404, "The requested resource does not exist.")
