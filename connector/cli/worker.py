"""`connector worker`: run one worker; start as many as there is work for."""

import asyncio
import signal
import sys

import uvloop

from connector.logs import set_up_logging
from connector.merchants_file import MerchantsFile
from connector.settings import load_settings


def worker() -> None:
    """Run a worker until SIGTERM or SIGINT; exit code 1 after a surprise, for a supervisor to start it again.

    Its merchants go to the other workers at once. Alone, it keeps them: started again within the session timeout, under
    the same CONNECTOR_INSTANCE, it goes on without a rebalance.
    """
    # Loading Faust takes a second or more: a supervisor that gives up on a start meanwhile gets the exit code of a stop
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    from connector.app import build_worker
    from connector.cli.shared.topics import require_topics

    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    merchants = MerchantsFile(settings.merchants_file)
    require_topics(settings)

    async def run() -> None:
        stop, running = asyncio.Event(), build_worker(settings, merchants)

        def end() -> None:
            running.app.membership.keep_place = len(running.owned_merchants.owned) == settings.kafka.partitions
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, end)
        await running.run(stop)

    uvloop.run(run())
