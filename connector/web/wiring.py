"""The web port, put together."""

from functools import partial

from connector.kafka.connection.clients import librdkafka
from connector.kafka.engine.app import BatchApp
from connector.kafka.members import GroupMembers
from connector.settings import Settings
from connector.telemetry import Telemetry, installed_version
from connector.web.api.commands import Commands
from connector.web.api.fleet import Fleet
from connector.web.api.reconciles import NowMs, Reconciles
from connector.web.api.router import ApiParts
from connector.web.api.told import OwnPart
from connector.web.server import Web
from connector.web.status import WorkerStatus


def wire_web(settings: Settings, app: BatchApp, telemetry: Telemetry, status: WorkerStatus, now_ms: NowMs) -> Web:
    """Connects to nothing."""
    worker, commands = settings.instance, Commands(settings.instance)
    return Web(
        settings=settings.web,
        metrics=telemetry.bounded,
        registry=telemetry.registry,
        is_healthy=app.holds_lease,
        status=partial(status, worker),
        api=ApiParts(
            own=OwnPart(worker, status, lag=app.lag, version=installed_version()),
            fleet=Fleet(worker, GroupMembers(librdkafka(settings.kafka), settings.app_id)),
            commands=commands,
            reconciles=Reconciles(worker, commands, now_ms),
            token=settings.web.token,
        ),
    )
