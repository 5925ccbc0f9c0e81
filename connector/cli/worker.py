"""`connector worker`: run one worker; start as many as there is work for."""

import asyncio
import gc
import logging
import os
import signal
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import typer
import uvloop

from connector.cli.shared.merchants import unread_in_dotenv
from connector.cli.shared.renewals import Renewals
from connector.cli.shared.topics import require_topics
from connector.errors import ConnectorError, SettingsError
from connector.event_loop import made_to_last
from connector.logs import set_up_logging
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, load_settings, missing
from connector.settings.exposure import exposed
from connector.web.address import check_address

if TYPE_CHECKING:  # seconds on a busy machine
    from connector.worker import BoundedEnd, Worker

log = logging.getLogger(__name__)


def worker() -> None:
    """Run a worker until SIGTERM or SIGINT; exit code 1 after a surprise, for a supervisor to start it again.

    Its merchants go to the other workers at once. Alone, it keeps them: started again within the session timeout, under
    the same CONNECTOR_INSTANCE, it goes on without a rebalance.
    """
    # Loading Faust takes a second or more: a supervisor that gives up on a start meanwhile gets the exit code of a stop
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    remarks = list[str]()
    settings = load_settings(remarks.append)
    set_up_logging(settings.log_format, settings.log_level)
    for remark in (*remarks, *exposed(settings, os.environ)):
        log.warning(remark)
    try:
        _run(settings)
    except ConnectorError as error:
        for line in str(error).splitlines():
            log.critical(line.removeprefix("  - "))
        raise typer.Exit(error.exit_code) from None


def _run(settings: Settings) -> None:
    merchants = _checked(settings)
    # Loading it takes a second, on a busy machine some: meanwhile Kafka is asked, and what it has against us is told
    engine = threading.Thread(target=import_module, args=["connector.app"], name="load-engine")
    with made_to_last():
        engine.start()
        require_topics(settings)
        engine.join()
    from connector.app import build_worker
    from connector.worker import BoundedEnd

    async def run(settings: Settings) -> None:
        """Again and again, as secrets and certificates are replaced: Kafka's clients read theirs when they are made."""
        is_asked_to_end = False

        def end() -> None:
            nonlocal is_asked_to_end
            is_asked_to_end = True
            running.app.membership.keep_place = len(running.owned_merchants.owned) == settings.kafka.partitions
            stop.set()

        while True:
            renewals = Renewals(settings)
            stop, running = asyncio.Event(), build_worker(settings, merchants)
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, end)
            end_of_this = BoundedEnd()
            renewed = await _until_renewed(running, renewals, stop, end_of_this)
            if renewed is None or is_asked_to_end:
                return  # its end is bounded until the process is gone
            end_of_this.over()
            settings = renewed
            gc.unfreeze()  # what this worker froze
            gc.collect()

    uvloop.run(run(settings))


def _checked(settings: Settings) -> MerchantsFile:
    """Raises ConnectorError where a worker can't run by these settings."""
    merchants = MerchantsFile(settings.merchants_file)
    faults = missing(settings, "smartconnect.client_id", "smartconnect.client_secret")
    if faults := [*faults, *_directory_faults(settings.data_dir)]:
        raise SettingsError(faults)
    check_address(settings.web.host, settings.web.port)
    for unread in unread_in_dotenv(merchants.current):
        log.warning(unread)
    return merchants


async def _until_renewed(
    running: "Worker", renewals: Renewals, stop: asyncio.Event, end: "BoundedEnd"
) -> Settings | None:
    """Runs it until `stop`, then None, or until there are other secrets: the settings with them. Its place in the group
    is kept then, for the next one takes it at once."""
    renewed: asyncio.Task[Settings] = asyncio.create_task(renewals.wait())
    renewed.add_done_callback(lambda _: stop.set())
    try:
        await running.run(stop, end)
        return renewed.result() if renewed.done() else None
    finally:
        renewed.cancel()


def _directory_faults(directory: Path) -> list[str]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return []
    except OSError as error:
        return [f"CONNECTOR_DATA_DIR: {directory} is no directory that can be made and written ({error.strerror})"]
